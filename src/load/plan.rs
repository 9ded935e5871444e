//! How much load, and for how long.

use serde::Serialize;
use std::time::Duration;

/// When the next call begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Open loop: so many calls a second, evenly spaced, whatever the server does.
    Rate(f64),
    /// Closed loop: so many callers, each of which waits for its answer.
    Callers(usize),
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// When calls begin.
    pub pace: Pace,
    /// Calls before this time are not counted.
    pub warm_up: Duration,
    /// Calls are counted for this long.
    pub duration: Duration,
    /// Calls that are counted at most.
    pub requests: u64,
    /// Calls under way at most in an open loop. Beyond it calls wait to be sent, and the wait counts.
    pub in_flight_max: usize,
}

impl Plan {
    /// A run of ten seconds after one of warm-up.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            warm_up: Duration::from_secs(1),
            duration: Duration::from_secs(10),
            requests: u64::MAX,
            in_flight_max: 10_000,
        }
    }

    /// The whole run, the warm-up included.
    #[must_use]
    pub fn whole(&self) -> Duration {
        self.warm_up + self.duration
    }
}

/// When call `n` of an open loop is due, from the start. Worked out from `n`, so that no error adds up.
pub(super) fn due(n: u64, per_second: f64) -> Duration {
    Duration::from_secs_f64(n as f64 / per_second)
}
