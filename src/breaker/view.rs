//! The machine looked at: nothing here changes it.

use super::{Breaker, Status, machine::State};
use std::time::Duration;

impl Breaker {
    /// The state as people see it.
    #[must_use]
    pub fn status(&self, now: Duration) -> Status {
        match &self.state {
            State::Open { until, reason } if *until > now => Status::Open {
                until: *until,
                reason: *reason,
            },
            State::Open { .. } | State::HalfOpen { .. } => Status::HalfOpen,
            State::Closed { .. } if self.share(now) < 1.0 => Status::Recovering,
            State::Closed { .. } => Status::Closed,
        }
    }

    /// The share of its usual traffic that the deployment should get, in [0, 1]: 0 while open,
    /// small while half open, growing from a tenth to 1 during the slow start.
    #[must_use]
    pub fn share(&self, now: Duration) -> f64 {
        match &self.state {
            State::Open { until, .. } if *until > now => 0.0,
            State::Open { .. } | State::HalfOpen { .. } => 0.05,
            State::Closed { recovered: None } => 1.0,
            State::Closed {
                recovered: Some(since),
            } => {
                let whole = self.settings.slow_start.as_secs_f64();
                let passed = now.saturating_sub(*since).as_secs_f64();
                if passed >= whole {
                    1.0
                } else {
                    0.1 + 0.9 * passed / whole
                }
            }
        }
    }

    /// Until when the upstream wants no calls, where it asked for that.
    #[must_use]
    pub fn throttled_until(&self, now: Duration) -> Option<Duration> {
        self.throttled_until.filter(|until| *until > now)
    }
}
