//! What a call's end means for the rest of a request's way: stop, try again, go on.

use super::attempt::Ticket;
use super::backoff::draw;
use super::course::Course;
use super::open::Opened;
use crate::domain::{Attempt, AttemptResult, Blame, Fault, FaultKind};
use std::time::Duration;

impl Course {
    /// Takes a call's end in and decides what it means for the rest of the way.
    pub(super) fn ended(
        &mut self,
        place: usize,
        ticket: &Ticket,
        result: Result<Opened, Box<(Fault, Attempt)>>,
    ) -> Option<Opened> {
        self.finished(ticket);
        let (fault, attempt) = match result {
            Ok(opened) => return Some(opened),
            Err(failed) => *failed,
        };
        let deployment = ticket.deployment.spec.id.clone();
        self.attempts.push(attempt);
        self.tell(&fault);
        self.halted |= !self.may_fall_back(&fault);
        if fault.kind == FaultKind::ContextTooLong {
            self.only_larger_windows(ticket.deployment.spec.context_tokens);
        }
        let retry = self.may_try_again(&fault);
        let stage = &mut self.steps[place];
        if fault.kind.is_throttle() {
            // The breaker knows when to come back. Being early costs an attempt of the request,
            // but none of the deployment's.
            stage.tried.retain(|id| *id != deployment);
            return None;
        }
        let times = stage.tried.iter().filter(|id| **id == deployment).count() as u32;
        if !retry || times >= stage.per_deployment {
            stage.spent.push(deployment);
            return None;
        }
        let all = self.shared.registry.of_arm(&stage.arm);
        if all.iter().all(|one| stage.tried.contains(&one.spec.id)) {
            self.draws += 1;
            let jitter = draw(self.limits.seed, self.draws);
            let wait = self.shared.settings.backoff.wait(times - 1, jitter);
            let asked = Duration::from_millis(fault.retry_after_ms.unwrap_or(0));
            stage.backoff = Some(self.shared.registry.now() + wait.max(asked));
        }
        None
    }

    /// The deployment that broke off is not asked again by this request. May another one be, of the
    /// same arm or of the next?
    pub fn broke_off(&mut self, attempt: &Attempt, fault: &Fault) -> bool {
        self.tell(fault);
        for stage in self
            .steps
            .iter_mut()
            .filter(|stage| stage.arm == attempt.arm)
        {
            stage.spent.extend(attempt.deployment.clone());
        }
        self.may_fall_back(fault) && !self.past_deadline()
    }

    /// The fault to show for it all.
    pub fn telling(&self) -> Fault {
        let nobody = || {
            Fault::new(
                FaultKind::BreakerOpen,
                "no deployment takes calls at the moment",
            )
        };
        self.telling.clone().unwrap_or_else(nobody)
    }

    /// When a retry by the caller may help: the earliest of the waits known.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let now = self.shared.registry.now();
        let asked = self
            .attempts
            .iter()
            .filter_map(|attempt| match &attempt.result {
                AttemptResult::Failed(fault) => fault.retry_after_ms,
                AttemptResult::Completed | AttemptResult::Cancelled => None,
            });
        let waits = self.steps.iter().filter_map(|stage| stage.until);
        let waits = waits.map(|until| until.saturating_sub(now).as_millis() as u64);
        waits.chain(asked).min()
    }

    fn may_try_again(&self, fault: &Fault) -> bool {
        let codes = &self.shared.settings.retry_codes;
        match fault.status {
            Some(status) if !codes.is_empty() => codes.contains(&status),
            _ => fault.kind.may_retry(),
        }
    }

    fn may_fall_back(&self, fault: &Fault) -> bool {
        let settings = &self.shared.settings;
        match fault.kind {
            FaultKind::ContextTooLong => settings.fall_back_on_context_length,
            FaultKind::ContentFilter => settings.fall_back_on_content_filter,
            kind => kind.may_fall_back(),
        }
    }

    /// What was too long for one window is not sent to another that is no larger.
    fn only_larger_windows(&mut self, than: Option<u32>) {
        let Some(than) = than else { return };
        let registry = &self.shared.registry;
        for stage in &mut self.steps {
            let window = |arm| registry.of_arm(arm).first()?.spec.context_tokens;
            stage.over |= window(&stage.arm).is_some_and(|window| window <= than);
        }
    }

    /// Is the arm kept for when all else failed, and not for what failed?
    pub(super) fn held_back(&self, place: usize) -> bool {
        let settings = &self.shared.settings;
        if place == 0 || !settings.last_resort.contains(&self.steps[place].arm) {
            return false;
        }
        match self.telling.as_ref().map(|fault| fault.kind) {
            Some(FaultKind::RateLimited | FaultKind::QuotaExhausted | FaultKind::LimitReached) => {
                !settings.last_resort_on_rate_limit
            }
            // Whether these fall back at all was asked before.
            None | Some(FaultKind::ContextTooLong | FaultKind::ContentFilter) => false,
            Some(_) => !settings.last_resort_on_error,
        }
    }

    /// The caller's own fault tells most, then whatever an upstream said last.
    pub fn tell(&mut self, fault: &Fault) {
        let callers = self
            .telling
            .as_ref()
            .is_some_and(|told| told.kind.blame() == Blame::Caller);
        if !callers {
            self.telling = Some(fault.clone());
        }
    }
}
