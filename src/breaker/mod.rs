//! One circuit breaker for each deployment: it stops calls to an upstream that is unwell, asks
//! carefully whether it is well again, and gives it back its share step by step.
//!
//! Three things end a call: success, failure, throttle. A throttle (429) says nothing of health: it
//! closes the door until the time the upstream named, and never earlier. Everything else, such as
//! the caller's own mistakes and cancellations, is neutral. Pure: `now` comes in as the time since
//! some fixed moment, and a transition is a returned value.

mod machine;
mod saved;
mod view;
mod window;

pub use machine::Breaker;
pub use saved::{Saved, SavedState};

use std::time::Duration;

/// When to trip, how long to stay open, how to come back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Failures in a row that trip it, at least 1.
    pub failure_threshold: u32,
    /// Share of failures in the window that trips it, in (0, 1].
    pub failure_ratio: f64,
    /// Calls in the window before the share counts, at least 1.
    pub min_calls: u32,
    /// The window.
    pub window: Duration,
    /// First time to stay open.
    pub cooldown: Duration,
    /// Longest time to stay open; it doubles with each trip until a recovery has lasted.
    pub max_cooldown: Duration,
    /// Successful probes that close it, at least 1.
    pub success_threshold: u32,
    /// Probes at once while half open, at least 1.
    pub half_open_probes: u32,
    /// A probe of which nothing was heard for so long is given up, so that it cannot keep the
    /// breaker half open forever.
    pub probe_lease: Duration,
    /// Time over which a recovered deployment gets back its full share; 0 = at once.
    pub slow_start: Duration,
    /// Wait after a throttle that names no time; doubles with each further one up to
    /// `max_cooldown`.
    pub throttle_wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            failure_ratio: 0.5,
            min_calls: 20,
            window: Duration::from_secs(60),
            cooldown: Duration::from_secs(30),
            max_cooldown: Duration::from_secs(600),
            success_threshold: 2,
            half_open_probes: 1,
            probe_lease: Duration::from_secs(120),
            slow_start: Duration::from_secs(30),
            throttle_wait: Duration::from_secs(1),
        }
    }
}

/// May a call go out?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes; the permit comes back with the result.
    Admitted(Permit),
    /// No, not before `until`.
    Rejected {
        /// When to ask again.
        until: Duration,
        /// Why.
        why: Refusal,
    },
}

/// Why a call was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The breaker is open.
    Open(Reason),
    /// Half open, and the probes are under way.
    Probing,
    /// The upstream asked for fewer calls.
    Throttled,
}

/// Proof of an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    number: u64,
    era: u64,
    probe: bool,
    at: Duration,
}

impl Permit {
    /// The call is a probe of a half-open breaker.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.probe
    }
}

/// How an admitted call ended, as far as the deployment's health is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallResult {
    /// A whole answer.
    Success,
    /// The upstream failed.
    Failure,
    /// The upstream was silent for a whole timeout. Trips at once where it answered nobody else
    /// meanwhile, so that a dead upstream costs one timeout and not one for each call.
    Hang,
    /// The upstream asked for fewer calls, perhaps saying for how long.
    Throttle(Option<Duration>),
    /// Nothing about the upstream: the caller's mistake, a cancellation.
    Neutral,
}

/// Why a breaker tripped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// So many failures in a row.
    Consecutive,
    /// Too large a share of failures.
    Ratio,
    /// Silent for a whole timeout.
    Hang,
    /// A probe failed.
    ProbeFailed,
    /// Active checks failed.
    HealthCheck,
    /// A person.
    Forced,
}

/// A change of state worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It opened.
    Tripped {
        /// Why.
        reason: Reason,
        /// When probes may begin.
        until: Duration,
    },
    /// It closed; the full share comes back over the slow start.
    Recovered,
    /// The upstream asked for fewer calls, until then.
    Throttled {
        /// No call before this.
        until: Duration,
    },
}

/// The state as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Admits.
    Closed,
    /// Admits, with a growing share.
    Recovering,
    /// Admits nothing until then.
    Open {
        /// When probes may begin.
        until: Duration,
        /// Why.
        reason: Reason,
    },
    /// Admits probes only.
    HalfOpen,
}

impl Status {
    /// The state's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Recovering => "recovering",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

#[cfg(test)]
mod tests;
