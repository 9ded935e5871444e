//! A deployment as people see it.

use super::deployment::{Deployment, Mode};
use super::statistics::Statistics;
use crate::breaker::{Reason, Status};
use crate::domain::{ArmId, DeploymentId, Fault, ProviderId};
use std::time::Duration;

/// One deployment as people see it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its id.
    pub id: DeploymentId,
    /// Its arm.
    pub arm: ArmId,
    /// Its provider.
    pub provider: ProviderId,
    /// The vendor's model name.
    pub model: String,
    /// What the operator asked for.
    pub mode: Mode,
    /// Health in one word.
    pub health: Health,
    /// State of the breaker.
    pub breaker: Status,
    /// Why it opened.
    pub reason: Option<Reason>,
    /// How long no call goes out, by the breaker's or the upstream's wish.
    pub wait: Option<Duration>,
    /// Share of its usual traffic, in [0, 1].
    pub share: f64,
    /// Calls under way.
    pub in_flight: u32,
    /// Peak-sensitive average latency in milliseconds.
    pub latency_ms: Option<f64>,
    /// What the last active check found wrong.
    pub check_fault: Option<Fault>,
    /// Counts since the start.
    pub statistics: Statistics,
}

/// Health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Takes calls as usual.
    Healthy,
    /// Takes fewer calls than usual, or none by the upstream's wish.
    Degraded,
    /// Takes none.
    Unhealthy,
}

impl Health {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

pub(super) fn shown(deployment: &Deployment, now: Duration) -> Snapshot {
    let spec = &deployment.spec;
    let state = deployment.state();
    let status = state.breaker.status(now);
    let throttled = state.breaker.throttled_until(now);
    let (open_until, reason) = match status {
        Status::Open { until, reason } => (Some(until), Some(reason)),
        _ => (None, None),
    };
    let health = match status {
        _ if state.mode == Mode::Disabled => Health::Unhealthy,
        Status::Open { .. } => Health::Unhealthy,
        Status::HalfOpen | Status::Recovering => Health::Degraded,
        Status::Closed if throttled.is_some() || state.check_fault.is_some() => Health::Degraded,
        Status::Closed if state.mode == Mode::Draining => Health::Degraded,
        Status::Closed => Health::Healthy,
    };
    let until = open_until.max(throttled);
    Snapshot {
        id: spec.id.clone(),
        arm: spec.arm.clone(),
        provider: spec.provider_id.clone(),
        model: spec.model.to_string(),
        mode: state.mode,
        health,
        breaker: status,
        reason,
        wait: until.map(|until| until.saturating_sub(now)),
        share: state.breaker.share(now),
        in_flight: state.meter.in_flight(),
        latency_ms: state.latency.average_ms(),
        check_fault: state.check_fault.clone(),
        statistics: state.statistics.clone(),
    }
}
