//! `pointsman bench`: what the service costs, as ratios against bare floors measured in the same run.
//!
//! The service, the floors and the mock upstream are processes of their own; this process makes the
//! load. Rounds alternate between the contestants, so that a machine that grows slow is slow for
//! all of them, and medians over the rounds are printed. Absolute numbers are this machine's; the
//! ratios are what can be compared. Leaves out judgement beyond the bars that the project has set
//! itself, and whatever a network and a real model add.

mod bars;
mod capacity;
mod decide;
mod decision;
mod direct;
mod echo;
mod feedback;
mod floors;
mod machine;
mod path;
mod render;
mod results;
mod rounds;
mod route;
mod scaling;
mod server;
mod upstream;

pub use floors::Floor;
pub use path::walk;
pub use render::into_markdown;
pub use results::{Bar, Measure, Results};

use crate::clock::{Clock as _, SystemClock};
use std::{path::PathBuf, time::Duration};

/// What is to be measured, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Names of suites; empty = all.
    pub suites: Vec<String>,
    /// Alternating rounds.
    pub rounds: u32,
    /// Seconds that each contestant is measured in each round.
    pub seconds: f64,
    /// Decisions of the suite `capacity`.
    pub decisions: u64,
    /// The program to start as service and floors; `None` = this one.
    pub program: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            suites: Vec::new(),
            rounds: 5,
            seconds: 2.0,
            decisions: 1_000_000,
            program: None,
        }
    }
}

/// Names of the suites, in the order in which they run.
pub const SUITES: [&str; 6] = [
    "decision", "decide", "route", "feedback", "capacity", "scaling",
];

/// Why a benchmark could not go on.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A child process did not start or ended.
    #[error("{0}")]
    Child(String),
    /// A connection failed.
    #[error("connecting: {0}")]
    Connection(String),
    /// Calls failed, so that there is nothing to compare.
    #[error("{what}: {failed} calls failed ({names})")]
    Calls {
        /// What was called.
        what: String,
        /// How many failed.
        failed: u64,
        /// By which names.
        names: String,
    },
    /// The system refused a file or a process.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Where the program is, and what is told on the way.
pub(crate) struct Context<'a> {
    pub options: &'a Options,
    pub program: PathBuf,
    pub told: &'a mut dyn FnMut(&str),
}

impl Context<'_> {
    fn tell(&mut self, line: &str) {
        (self.told)(line);
    }

    /// How long a contestant is measured in a round.
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }
}

/// Runs the suites; `told` hears what is under way.
///
/// # Errors
/// A process that does not start, or calls that fail.
pub async fn run(options: &Options, told: &mut dyn FnMut(&str)) -> Result<Results, BenchError> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?,
    };
    let mut context = Context {
        options,
        program,
        told,
    };
    let mut results = Results {
        machine: machine::line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at_ms: SystemClock::new().now_ms(),
        rounds: options.rounds,
        seconds: options.seconds,
        measures: Vec::new(),
        bars: Vec::new(),
    };
    for suite in SUITES {
        if !options.suites.is_empty() && !options.suites.iter().any(|one| one == suite) {
            continue;
        }
        context.tell(&format!("== {suite}"));
        let measures = match suite {
            "decision" => decision::run(&mut context),
            "decide" => decide::run(&mut context).await?,
            "route" => route::run(&mut context).await?,
            "feedback" => feedback::run(&mut context).await?,
            "capacity" => capacity::run(&mut context).await?,
            _ => scaling::run(&mut context).await?,
        };
        results.measures.extend(measures);
    }
    results.bars = bars::held(&results.measures);
    Ok(results)
}

#[cfg(test)]
mod tests;
