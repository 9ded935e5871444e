//! The persisted twin of a breaker. Durations, not instants: a restart brings a new clock.

use super::{Breaker, Reason, Settings, machine::State};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is kept of a breaker over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The state.
    pub state: SavedState,
    /// Trips since a recovery lasted.
    pub trips: u32,
    /// How much longer the upstream wants no calls, in milliseconds.
    pub throttled_ms: u64,
}

/// A breaker's state with what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedState {
    /// Closed.
    Closed,
    /// Closed, its share growing.
    Recovering {
        /// Milliseconds since it recovered.
        since_ms: u64,
    },
    /// Open, or half open (then nothing is left).
    Open {
        /// Milliseconds until probes may begin.
        left_ms: u64,
        /// Why.
        reason: Reason,
    },
}

impl Breaker {
    /// What is to be kept.
    #[must_use]
    pub fn save(&self, now: Duration) -> Saved {
        let state = match &self.state {
            State::Closed { recovered: None } => SavedState::Closed,
            State::Closed {
                recovered: Some(since),
            } => SavedState::Recovering {
                since_ms: ms(now.saturating_sub(*since)),
            },
            State::Open { until, reason } => SavedState::Open {
                left_ms: ms(until.saturating_sub(now)),
                reason: *reason,
            },
            State::HalfOpen { .. } => SavedState::Open {
                left_ms: 0,
                reason: Reason::ProbeFailed,
            },
        };
        let throttled = self.throttled_until.map(|until| until.saturating_sub(now));
        Saved {
            state,
            trips: self.trips,
            throttled_ms: ms(throttled.unwrap_or_default()),
        }
    }

    /// A breaker as it was saved `ago` before now.
    #[must_use]
    pub fn restore(settings: Settings, saved: &Saved, ago: Duration, now: Duration) -> Self {
        let left = |left_ms| now + Duration::from_millis(left_ms).saturating_sub(ago);
        let mut breaker = Self::new(settings);
        breaker.trips = saved.trips;
        if saved.throttled_ms > 0 {
            breaker.throttled_until = Some(left(saved.throttled_ms));
        }
        breaker.state = match saved.state {
            SavedState::Closed => State::Closed { recovered: None },
            SavedState::Recovering { since_ms } => {
                let passed = Duration::from_millis(since_ms) + ago;
                // Where the clock is younger than the recovery, the rest of the slow start is spared.
                let recovered = now.checked_sub(passed);
                State::Closed { recovered }
            }
            SavedState::Open { left_ms, reason } => State::Open {
                until: left(left_ms),
                reason,
            },
        };
        breaker
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
