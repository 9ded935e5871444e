//! Calls that could not be made: what is written down of them, and whether to wait.

use super::course::Course;
use super::deployment::NotNow;
use super::observer::Notice;
use crate::domain::{ArmId, Attempt, AttemptResult, Fault, Usage};
use std::time::Duration;

impl Course {
    /// A refusal as a record without a deployment.
    pub fn refusal(&self, arm: &ArmId, refusal: &NotNow) -> Attempt {
        let registry = &self.shared.registry;
        let wait = refusal
            .until
            .map(|until| until.saturating_sub(registry.now()));
        let fault = Fault {
            retry_after_ms: wait.map(|wait| wait.as_millis() as u64),
            ..Fault::new(refusal.kind, refusal.why.clone())
        };
        Attempt {
            arm: arm.clone(),
            deployment: None,
            started_at_ms: registry.unix_ms(),
            first_token_ms: None,
            latency_ms: 0.0,
            result: AttemptResult::Failed(fault),
            usage: Usage::default(),
            cost_usd: None,
        }
    }

    pub(super) fn refused(&mut self, place: usize, refusal: &NotNow) {
        let stage = &mut self.steps[place];
        let first = stage.until.is_none() && !stage.called;
        stage.until = refusal.until;
        stage.over = refusal.until.is_none();
        if !first {
            return;
        }
        let arm = stage.arm.clone();
        let record = self.refusal(&arm, refusal);
        if let AttemptResult::Failed(fault) = &record.result {
            self.telling.get_or_insert_with(|| fault.clone());
        }
        self.attempts.push(record);
        let one = self.shared.registry.of_arm(&arm).first();
        if let (Some(what), Some(one)) = (refusal.limit, one) {
            let deployment = one.spec.id.clone();
            self.shared
                .observer
                .notice(Notice::LimitReached { deployment, what });
        }
    }

    pub(super) fn worth_waiting(&self, until: Duration, now: Duration) -> bool {
        let registry = &self.shared.registry;
        let in_time = self
            .limits
            .deadline
            .is_none_or(|end| registry.instant(until) < end);
        let wait = until.saturating_sub(now);
        self.shared.settings.wait_when_all_open && in_time && wait <= self.shared.settings.max_wait
    }
}
