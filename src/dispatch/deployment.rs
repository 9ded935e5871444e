//! One deployment at run time: what admits a call, what a call leaves behind.

use super::limits::{CallLimits, Full, Meter, Reserved};
use super::load::Latency;
use super::observer::Notice;
use super::statistics::Statistics;
use crate::breaker::{self, Admission, Breaker, CallResult, Permit, Refusal, Transition};
use crate::domain::{ArmId, DeploymentId, Fault, FaultKind, Price, ProviderId, Usage};
use crate::provider::{Provider, Timeouts};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A deployment as dispatch is told it.
#[derive(Clone)]
pub struct DeploymentSpec {
    /// Its id.
    pub id: DeploymentId,
    /// The arm it serves.
    pub arm: ArmId,
    /// The provider's name.
    pub provider_id: ProviderId,
    /// The vendor's model name.
    pub model: Arc<str>,
    /// The dialect with its account.
    pub provider: Arc<dyn Provider>,
    /// List price, for what attempts cost.
    pub price: Option<Price>,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Breaker.
    pub breaker: breaker::Settings,
    /// Limits.
    pub limits: CallLimits,
    /// Share of traffic among the arm's deployments, greater than 0; 1 = as the others.
    pub weight: f64,
    /// Active checks.
    pub check: Option<super::checks::CheckSettings>,
    /// The model streams its answers; else they are asked for whole.
    pub streams: bool,
    /// Input and output tokens together at most; `None` = not known.
    pub context_tokens: Option<u32>,
}

/// What the operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// It takes calls.
    #[default]
    Enabled,
    /// No new calls; those under way end.
    Draining,
    /// No calls.
    Disabled,
}

/// A deployment with its state.
pub struct Deployment {
    /// What it was built from.
    pub spec: DeploymentSpec,
    pub(super) habits: super::habits::Habits,
    state: Mutex<State>,
}

pub(super) struct State {
    pub mode: Mode,
    pub breaker: Breaker,
    pub meter: Meter,
    pub latency: Latency,
    pub statistics: Statistics,
    /// What the last active check found wrong.
    pub check_fault: Option<Fault>,
}

/// Why a deployment does not take a call now.
#[derive(Clone, Debug, PartialEq)]
pub struct NotNow {
    /// When to ask again; `None` = waiting does not help.
    pub until: Option<Duration>,
    /// As a fault: `BreakerOpen`, `LimitReached`, or `RateLimited` by the upstream.
    pub kind: FaultKind,
    /// In plain words.
    pub why: String,
    /// The limit, where it is one of ours.
    pub limit: Option<&'static str>,
}

/// A call that was admitted. Dropped without [`Lease::end`] it counts as cancelled: the permit and
/// the room it took are given back whatever happens.
pub(super) struct Lease {
    pub deployment: Arc<Deployment>,
    permit: Permit,
    reserved: Reserved,
    pub started: Duration,
    open: bool,
}

/// How a leased call ended.
pub(super) enum End<'a> {
    Completed {
        usage: &'a Usage,
        first_token_ms: Option<f64>,
        cost_usd: Option<f64>,
    },
    Failed {
        fault: &'a Fault,
        health: CallResult,
    },
}

impl Deployment {
    pub(super) fn new(spec: DeploymentSpec) -> Self {
        let state = State {
            mode: Mode::default(),
            breaker: Breaker::new(spec.breaker),
            meter: Meter::new(spec.limits),
            latency: Latency::default(),
            statistics: Statistics::default(),
            check_fault: None,
        };
        Self {
            spec,
            habits: super::habits::Habits::default(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call would add itself to, for balancing: lower is better.
    pub(super) fn cost(&self, now: Duration) -> f64 {
        let state = self.state();
        let share = state.breaker.share(now).max(0.01) * self.spec.weight.max(0.001);
        (state.latency.cost_ms(state.meter.in_flight(), now) + 0.01) / share
    }

    /// Does it take a call of so many tokens?
    ///
    /// # Errors
    /// Why not, and when to ask again.
    pub fn admits(&self, tokens: u64, now: Duration) -> Result<(), NotNow> {
        let state = self.state();
        state.open_for_calls()?;
        state.meter.room(tokens, now).map_err(full)?;
        state.breaker.would_admit(now).map_err(refused)
    }

    pub(super) fn lease(self: &Arc<Self>, tokens: u64, now: Duration) -> Result<Lease, NotNow> {
        let mut state = self.state();
        state.open_for_calls()?;
        state.meter.room(tokens, now).map_err(full)?;
        let permit = match state.breaker.admit(now) {
            Admission::Admitted(permit) => permit,
            Admission::Rejected { until, why } => return Err(refused((until, why))),
        };
        let reserved = state.meter.reserve(tokens, now).map_err(full)?;
        drop(state);
        Ok(Lease {
            deployment: Arc::clone(self),
            permit,
            reserved,
            started: now,
            open: true,
        })
    }

    /// A breaker's change as a notice.
    pub(super) fn notice(&self, transition: Transition, now: Duration) -> Notice {
        let deployment = self.spec.id.clone();
        match transition {
            Transition::Tripped { reason, until } => Notice::Tripped {
                deployment,
                reason,
                wait: until.saturating_sub(now),
            },
            Transition::Recovered => Notice::Recovered { deployment },
            Transition::Throttled { until } => Notice::Throttled {
                deployment,
                wait: until.saturating_sub(now),
            },
        }
    }
}

impl State {
    fn open_for_calls(&self) -> Result<(), NotNow> {
        let why = match self.mode {
            Mode::Enabled => return Ok(()),
            Mode::Draining => "draining by an operator's wish",
            Mode::Disabled => "disabled by an operator",
        };
        Err(NotNow {
            until: None,
            kind: FaultKind::BreakerOpen,
            why: why.to_owned(),
            limit: None,
        })
    }
}

fn full(full: Full) -> NotNow {
    NotNow {
        until: Some(full.until),
        kind: FaultKind::LimitReached,
        why: format!("our limit of {} is reached", full.what),
        limit: Some(full.what),
    }
}

fn refused((until, why): (Duration, Refusal)) -> NotNow {
    let (kind, why) = match why {
        Refusal::Open(reason) => (FaultKind::BreakerOpen, format!("breaker open ({reason:?})")),
        Refusal::Probing => (
            FaultKind::BreakerOpen,
            "breaker half open, a probe is under way".into(),
        ),
        Refusal::Throttled => (FaultKind::RateLimited, "throttled by the upstream".into()),
    };
    NotNow {
        until: Some(until),
        kind,
        why,
        limit: None,
    }
}

impl Lease {
    /// Gives the permit back with the result.
    pub fn end(mut self, end: &End<'_>, at_ms: u64, now: Duration) -> Option<Notice> {
        self.open = false;
        let took = now.saturating_sub(self.started);
        let mut state = self.deployment.state();
        let (used, health) = match end {
            End::Completed {
                usage,
                first_token_ms,
                cost_usd,
            } => {
                state.latency.add(took, now);
                state.statistics.completed(took, *first_token_ms, *cost_usd);
                let used = usage.known.then(|| usage.input() + usage.output());
                (used, CallResult::Success)
            }
            End::Failed { fault, health } => {
                if matches!(health, CallResult::Failure | CallResult::Hang) {
                    state.latency.add(took.max(Duration::from_secs(1)), now);
                }
                state.statistics.failed(fault, *health, at_ms);
                (None, *health)
            }
        };
        state.meter.settle(self.reserved, used);
        let transition = state.breaker.record(self.permit, health, now)?;
        state.statistics.count_trip(&transition);
        drop(state);
        Some(self.deployment.notice(transition, now))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let mut state = self.deployment.state();
        state.statistics.cancelled();
        state.meter.settle(self.reserved, None);
        // A neutral result changes no state, whatever the time: the start's will do.
        state
            .breaker
            .record(self.permit, CallResult::Neutral, self.started);
    }
}
