//! What a deployment's calls came to since the start.

use crate::breaker::{CallResult, Transition};
use crate::domain::Fault;
use std::time::Duration;

/// Latencies kept for percentiles.
const KEPT: usize = 256;

/// Counts of one deployment since the start.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Whole answers.
    pub completed: u64,
    /// Failures that count against the deployment.
    pub failed: u64,
    /// Throttled by the upstream.
    pub throttled: u64,
    /// Ended by the caller's own fault.
    pub refused: u64,
    /// Given up by us or by the caller.
    pub cancelled: u64,
    /// Known cost in US dollars.
    pub cost_usd: f64,
    /// Times the breaker opened.
    pub trips: u64,
    /// The latest failure and when it was, in Unix milliseconds.
    pub last_fault: Option<(Fault, u64)>,
    latencies: Ring,
    first_tokens: Ring,
}

/// The latest values, in milliseconds.
#[derive(Clone, Debug, Default)]
struct Ring {
    values: Vec<f32>,
    next: usize,
}

impl Ring {
    fn add(&mut self, ms: f32) {
        if self.values.len() < KEPT {
            self.values.push(ms);
        } else {
            self.values[self.next] = ms;
        }
        self.next = (self.next + 1) % KEPT;
    }

    fn percentile(&self, percentile: f64) -> Option<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let place = (percentile.clamp(0.0, 1.0) * last as f64).round() as usize;
        sorted.get(place).map(|ms| f64::from(*ms))
    }
}

impl Statistics {
    /// All calls that ended.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.completed + self.failed + self.throttled + self.refused + self.cancelled
    }

    /// Share of failures among answered and failed calls, in [0, 1].
    #[must_use]
    pub fn error_rate(&self) -> f64 {
        let judged = self.completed + self.failed;
        if judged == 0 {
            0.0
        } else {
            self.failed as f64 / judged as f64
        }
    }

    /// A percentile in [0, 1] of the latest 256 whole answers, in milliseconds.
    #[must_use]
    pub fn latency_ms(&self, percentile: f64) -> Option<f64> {
        self.latencies.percentile(percentile)
    }

    /// The same of the time to the first token, where that was seen.
    #[must_use]
    pub fn first_token_ms(&self, percentile: f64) -> Option<f64> {
        self.first_tokens.percentile(percentile)
    }

    pub(super) fn completed(
        &mut self,
        took: Duration,
        first_token_ms: Option<f64>,
        cost_usd: Option<f64>,
    ) {
        self.completed += 1;
        self.cost_usd += cost_usd.unwrap_or(0.0);
        self.latencies.add(took.as_secs_f32() * 1e3);
        if let Some(ms) = first_token_ms {
            self.first_tokens.add(ms as f32);
        }
    }

    pub(super) fn failed(&mut self, fault: &Fault, health: CallResult, at_ms: u64) {
        match health {
            CallResult::Throttle(_) => self.throttled += 1,
            CallResult::Neutral | CallResult::Success => self.refused += 1,
            CallResult::Failure | CallResult::Hang => self.failed += 1,
        }
        self.last_fault = Some((fault.clone(), at_ms));
    }

    pub(super) fn cancelled(&mut self) {
        self.cancelled += 1;
    }

    pub(super) fn count_trip(&mut self, transition: &Transition) {
        self.trips += u64::from(matches!(transition, Transition::Tripped { .. }));
    }
}
