//! A load generator: calls on a fixed schedule (open loop), or each when the last has ended (closed
//! loop), measured in HDR histograms.
//!
//! In an open loop a call's latency counts from the moment it was *due*, so that a server that
//! stalls, and with it the sender, cannot hide the calls that it held back (Tene's "coordinated
//! omission"). A closed loop cannot know them: its report says so.
//!
//! Messages go out and come in as bytes, so that the generator takes as little of the machine from
//! the server as it can. Leaves out the server under test, and any judgement of what is fast.

mod drive;
mod grpc;
mod pacer;
mod plan;
mod prompts;
mod report;
mod tally;

pub use drive::drive;
pub use grpc::{Call, Raw, Router, Teaching};
pub use plan::{Pace, Plan};
pub use prompts::Prompts;
pub use report::{Percentiles, Report};

use std::future::Future;
use tokio::time::Instant;

/// What is called. Clones share a connection.
pub trait Target: Clone + Send + Sync + 'static {
    /// Makes call number `n` (from 0) and waits for its end.
    ///
    /// # Errors
    /// A short name of what went wrong; calls are counted by it.
    fn call(&self, n: u64) -> impl Future<Output = Result<Answer, String>> + Send;

    /// Calls that there are at most; `None` = as many as one likes.
    fn most(&self) -> Option<u64> {
        None
    }
}

/// What a call showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// When the first token came, where the answer came in pieces.
    pub first: Option<Instant>,
    /// Pieces of text.
    pub pieces: u64,
    /// Bytes of the answer.
    pub bytes: u64,
}

#[cfg(test)]
mod tests;
