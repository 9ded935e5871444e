//! `pointsman demo`: the service learns before one's eyes, on simulated models and real gRPC.
//!
//! It sends prompts of several kinds, judges the answers as users would, shows how the share of each
//! model moves, kills the service and shows that it forgot nothing. What the audience knows (kinds,
//! true qualities) never reaches the service: it sees prompts and feedback, as in real life.

mod client;
mod ledger;
mod screen;
mod server;
mod story;
mod traffic;
mod truth;
mod words;

pub use ledger::{Entry, Ledger};
pub use screen::Screen;
pub use story::run;
pub use traffic::{Request, traffic};
pub use truth::Truth;

use crate::provider::simulated::Kind;
use std::path::PathBuf;

/// What may be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Seed of the traffic and of the models.
    pub seed: u64,
    /// How many prompts, at least 20.
    pub prompts: usize,
    /// `auto`, `minilm` or `static`.
    pub embedder: String,
    /// Eight kinds of prompts instead of five.
    pub all_kinds: bool,
    /// Leave the memory where it is at the end.
    pub keep: bool,
    /// Real seconds for each simulated one.
    pub time_scale: f64,
    /// The program to start as the service; `None` = this one.
    pub program: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            prompts: 400,
            embedder: "auto".into(),
            all_kinds: false,
            keep: false,
            time_scale: 0.02,
            program: None,
        }
    }
}

impl Options {
    /// The kinds of the prompts.
    #[must_use]
    pub fn kinds(&self) -> &'static [Kind] {
        if self.all_kinds {
            &Kind::ALL
        } else {
            &Kind::FIVE
        }
    }
}

/// Why the demonstration could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The service did not start or does not answer.
    #[error("the service: {0}")]
    Server(String),
    /// The service refused a call.
    #[error("the service refused {what}: {status}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Its answer.
        status: Box<tonic::Status>,
    },
    /// The terminal or the disk.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
