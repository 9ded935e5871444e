//! What is written down of one upstream call, and what its end means for the deployment: health,
//! cost.
//!
//! Costs of calls that ended without usage but after tokens (cut, cancelled, lost a race) are
//! estimated from the list price, because the upstream bills them; `usage.known` stays false.

use super::deployment::{End, Lease};
use super::{Shared, observer::Notice};
use crate::breaker::CallResult;
use crate::domain::{Attempt, AttemptResult, Completion, Fault, FaultKind, Usage};
use crate::provider::Told;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longest time that a deployment is left alone because its upstream says that nothing is left.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// What is needed to write an attempt down, apart from the call itself, so that a call that lost a
/// race can still be accounted for after it was dropped.
#[derive(Clone)]
pub(super) struct Ticket {
    pub shared: Arc<Shared>,
    pub deployment: Arc<super::Deployment>,
    pub started: Instant,
    pub started_at_ms: u64,
    pub input_tokens: u64,
    /// Tells this call from all others.
    pub mark: Arc<()>,
}

impl Ticket {
    pub fn new(shared: &Arc<Shared>, lease: &Lease, input_tokens: u64) -> Self {
        Self {
            shared: Arc::clone(shared),
            deployment: Arc::clone(&lease.deployment),
            started: shared.registry.instant(lease.started),
            started_at_ms: shared.registry.unix_ms(),
            input_tokens,
            mark: Arc::new(()),
        }
    }

    /// The record of a call that was given up.
    pub fn cancelled(&self, streamed_bytes: usize) -> Attempt {
        let cost_usd = self.estimate_usd(streamed_bytes);
        self.record(AttemptResult::Cancelled, Usage::default(), cost_usd, None)
    }

    fn record(
        &self,
        result: AttemptResult,
        usage: Usage,
        cost_usd: Option<f64>,
        first_token_ms: Option<f64>,
    ) -> Attempt {
        Attempt {
            arm: self.deployment.spec.arm.clone(),
            deployment: Some(self.deployment.spec.id.clone()),
            started_at_ms: self.started_at_ms,
            first_token_ms,
            latency_ms: self.started.elapsed().as_secs_f64() * 1e3,
            result,
            usage,
            cost_usd,
        }
    }

    /// Input and what was streamed, four bytes a token, at the list price.
    fn estimate_usd(&self, streamed_bytes: usize) -> Option<f64> {
        let price = self.deployment.spec.price?;
        Some(price.estimate_usd(self.input_tokens as f64, streamed_bytes as f64 / 4.0))
    }

    pub fn complete(
        &self,
        lease: Lease,
        answer: &Completion,
        first_token_ms: Option<f64>,
    ) -> Attempt {
        let price = self.deployment.spec.price;
        let listed = price.and_then(|price| price.cost_usd(&answer.usage));
        let cost_usd = answer.reported_cost_usd.or(listed);
        self.end(
            lease,
            &End::Completed {
                usage: &answer.usage,
                first_token_ms,
                cost_usd,
            },
        );
        self.record(
            AttemptResult::Completed,
            answer.usage,
            cost_usd,
            first_token_ms,
        )
    }

    /// `billed_bytes` is what had been streamed, `None` where nothing of the answer had come.
    pub fn fail(
        &self,
        lease: Lease,
        fault: &Fault,
        first_token_ms: Option<f64>,
        billed_bytes: Option<usize>,
    ) -> Attempt {
        let health = match fault.kind {
            FaultKind::FirstTokenTimeout | FaultKind::IdleTimeout => CallResult::Hang,
            kind if kind.is_throttle() => {
                CallResult::Throttle(fault.retry_after_ms.map(Duration::from_millis))
            }
            kind if kind.counts_against_deployment() => CallResult::Failure,
            _ => CallResult::Neutral,
        };
        self.shared.observer.notice(Notice::AttemptFailed {
            arm: self.deployment.spec.arm.clone(),
            deployment: self.deployment.spec.id.clone(),
            fault: fault.clone(),
        });
        self.end(lease, &End::Failed { fault, health });
        let cost_usd = billed_bytes.and_then(|bytes| self.estimate_usd(bytes));
        self.record(
            AttemptResult::Failed(fault.clone()),
            Usage::default(),
            cost_usd,
            first_token_ms,
        )
    }

    /// Leaves the deployment alone for as long as its upstream says that nothing is left, but for
    /// no longer than [`MAX_PAUSE`]: windows move, and headers are not always right.
    pub fn heed(&self, told: &Told) {
        let used_up = told.limits().and_then(|limits| limits.used_up_for_ms());
        let Some(ms) = used_up else { return };
        let now = self.shared.registry.now();
        let until = now + Duration::from_millis(ms).min(MAX_PAUSE);
        let paused = self.deployment.state().breaker.pause(until, now);
        if let Some(transition) = paused {
            let notice = self.deployment.notice(transition, now);
            self.shared.observer.notice(notice);
        }
    }

    fn end(&self, lease: Lease, end: &End<'_>) {
        let registry = &self.shared.registry;
        if let Some(notice) = lease.end(end, registry.unix_ms(), registry.now()) {
            self.shared.observer.notice(notice);
        }
    }

    /// The fault of a call that the request's deadline ended before any token. Where the upstream
    /// had had a fair time already, it is the upstream's fault: a short deadline must not hide a
    /// hanging upstream from its breaker.
    pub fn at_deadline(&self, own_limit: Duration) -> Fault {
        let waited = self.started.elapsed();
        let usual = self.deployment.state().latency.average_ms();
        let long = usual.map(|ms| Duration::from_secs_f64(ms / 250.0).max(Duration::from_secs(1)));
        if waited * 2 >= own_limit || long.is_some_and(|long| waited >= long) {
            let message = format!(
                "no answer within {} ms, the request's deadline",
                waited.as_millis()
            );
            Fault::new(FaultKind::FirstTokenTimeout, message)
        } else {
            Fault::new(FaultKind::Deadline, "the request's deadline passed")
        }
    }
}
