//! The way of one request through the steps of its plan: which deployment next, when to wait, when
//! to stop. All counting of attempts is here.

use super::attempt::{Opened, Ticket, open};
use super::deployment::{Lease, NotNow};
use super::{Limits, Notice, Shared, backoff::draw};
use crate::domain::{
    ArmId, Attempt, AttemptResult, ChatRequest, DeploymentId, Fault, FaultKind, Plan, Usage,
};
use crate::provider::Call;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Tokens of output that a call without a limit is expected to use, for the reservation.
const EXPECTED_OUTPUT_TOKENS: u64 = 500;

/// Where a request stands in its plan.
pub(super) struct Course {
    pub shared: Arc<Shared>,
    pub request: Arc<ChatRequest>,
    pub limits: Limits,
    pub streamed: bool,
    steps: Vec<Stage>,
    attempts_left: u32,
    hedge_after: Option<Duration>,
    /// Records in the order of their end.
    pub attempts: Vec<Attempt>,
    /// Faults that speak for the whole, the caller's own first.
    telling: Option<Fault>,
    /// Calls under way; recorded as cancelled where the request is given up.
    running: Vec<Ticket>,
    /// A fault was met that no other attempt can mend.
    halted: bool,
    input_tokens: u64,
    draws: u64,
    made: u32,
    /// The next retry is taken from the service's budget already.
    paid: bool,
}

struct Stage {
    arm: ArmId,
    per_deployment: u32,
    /// Deployments called so far, once for each call.
    tried: Vec<DeploymentId>,
    /// Deployments not to be called again.
    spent: Vec<DeploymentId>,
    /// Refused until then; other steps come first.
    until: Option<Duration>,
    /// The same deployment is tried again then, before any other step.
    backoff: Option<Duration>,
    /// Called at least once.
    called: bool,
    over: bool,
}

/// What to do next.
enum Choice {
    Go(usize, Lease),
    Wait(Duration),
    Stop,
}

impl Course {
    pub fn new(
        shared: &Arc<Shared>,
        plan: &Plan,
        request: &Arc<ChatRequest>,
        limits: Limits,
        streamed: bool,
    ) -> Self {
        let stage = |step: &crate::domain::Step| Stage {
            arm: step.arm.clone(),
            per_deployment: step.attempts.max(1),
            tried: Vec::new(),
            spent: Vec::new(),
            until: None,
            backoff: None,
            called: false,
            over: false,
        };
        lock(shared).earn(shared.registry.now());
        Self {
            shared: Arc::clone(shared),
            request: Arc::clone(request),
            limits,
            streamed,
            steps: plan.steps.iter().map(stage).collect(),
            attempts_left: plan.max_attempts.max(1),
            hedge_after: plan.hedge_after_ms.map(Duration::from_millis),
            attempts: Vec::new(),
            telling: None,
            running: Vec::new(),
            halted: false,
            input_tokens: request.estimated_input_tokens(),
            draws: 0,
            made: 0,
            paid: false,
        }
    }

    /// Leaves arms out that were tried elsewhere.
    pub fn skip(&mut self, arms: &[ArmId]) {
        for stage in &mut self.steps {
            stage.over |= arms.contains(&stage.arm);
        }
    }

    /// Goes on until a call yields its first token (or all of its answer), or nothing is left.
    pub async fn open(&mut self, mut told: impl FnMut(&Attempt)) -> Option<Opened> {
        loop {
            let seen = self.attempts.len();
            let choice = self.choose();
            self.attempts[seen..].iter().for_each(&mut told);
            match choice {
                Choice::Stop => return None,
                Choice::Wait(until) => {
                    tokio::time::sleep_until(self.shared.registry.instant(until)).await;
                }
                Choice::Go(stage, lease) => {
                    let seen = self.attempts.len();
                    let opened = self.race(stage, lease).await;
                    self.attempts[seen..]
                        .iter()
                        .filter(|attempt| matches!(attempt.result, AttemptResult::Failed(_)))
                        .for_each(&mut told);
                    if opened.is_some() {
                        return opened;
                    }
                }
            }
        }
    }

    /// The arm that broke off is not asked again by this request. May another one be?
    pub fn broke_off(&mut self, arm: &ArmId, fault: &Fault) -> bool {
        self.tell(fault);
        for stage in self.steps.iter_mut().filter(|stage| stage.arm == *arm) {
            stage.over = true;
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

    pub fn past_deadline(&self) -> bool {
        let deadline = self.limits.deadline;
        deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Tokens to reserve for one call.
    pub fn expected_tokens(&self) -> u64 {
        let output = self.request.sampling.max_tokens.map(u64::from);
        self.input_tokens + output.unwrap_or(EXPECTED_OUTPUT_TOKENS)
    }

    /// A deployment of the arm, rather not one of `tried`, none of `spent`.
    pub fn lease(
        &mut self,
        arm: &ArmId,
        tried: &[DeploymentId],
        spent: &[DeploymentId],
    ) -> Result<Lease, NotNow> {
        self.draws += 1;
        let seed = self.limits.seed.wrapping_add(self.draws << 32);
        self.shared
            .registry
            .lease(arm, self.expected_tokens(), tried, spent, seed)
    }

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

    fn choose(&mut self) -> Choice {
        if self.halted || self.attempts_left == 0 || self.past_deadline() || !self.may_retry() {
            return Choice::Stop;
        }
        let now = self.shared.registry.now();
        for place in 0..self.steps.len() {
            let stage = &mut self.steps[place];
            let backoff = stage.backoff.take().filter(|at| *at > now);
            if stage.over || stage.until.is_some_and(|until| until > now) {
                continue;
            }
            if let Some(at) = backoff.filter(|at| self.worth_waiting(*at, now)) {
                return Choice::Wait(at);
            }
            let stage = &self.steps[place];
            let (arm, tried, spent) = (stage.arm.clone(), stage.tried.clone(), stage.spent.clone());
            match self.lease(&arm, &tried, &spent) {
                Ok(lease) => return Choice::Go(place, lease),
                Err(refusal) => self.refused(place, &refusal),
            }
        }
        let waiting = self.steps.iter().filter(|stage| !stage.over);
        match waiting.filter_map(|stage| stage.until).min() {
            Some(until) if self.worth_waiting(until, now) => Choice::Wait(until),
            _ => Choice::Stop,
        }
    }

    fn refused(&mut self, place: usize, refusal: &NotNow) {
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

    fn worth_waiting(&self, until: Duration, now: Duration) -> bool {
        let registry = &self.shared.registry;
        let in_time = self
            .limits
            .deadline
            .is_none_or(|end| registry.instant(until) < end);
        let wait = until.saturating_sub(now);
        self.shared.settings.wait_when_all_open && in_time && wait <= self.shared.settings.max_wait
    }

    /// The first attempt is free; each further one is taken from the service's budget, once.
    fn may_retry(&mut self) -> bool {
        if self.made > 0 && !self.paid {
            self.paid = lock(&self.shared).spend(self.shared.registry.now());
        }
        self.made == 0 || self.paid
    }

    /// One call, and a second one beside it where the first is slow and the plan says so.
    async fn race(&mut self, place: usize, lease: Lease) -> Option<Opened> {
        let first = self.start(place, &lease);
        let mut running = pin!(open(
            first.clone(),
            lease,
            self.call_of(&first),
            self.streamed
        ));
        let hedge = self.hedge_after.filter(|_| self.attempts_left > 0);
        let Some(after) = hedge else {
            let result = running.await;
            return self.ended(place, &first, result);
        };
        let wait = pin!(sleep_until(first.started + after));
        if let Either::Left((result, _)) = select(running.as_mut(), wait).await {
            return self.ended(place, &first, result);
        }
        let Some((other_place, other_lease)) = self.hedge_target(place) else {
            let result = running.await;
            return self.ended(place, &first, result);
        };
        let second = self.start(other_place, &other_lease);
        let beside = open(
            second.clone(),
            other_lease,
            self.call_of(&second),
            self.streamed,
        );
        let beside = pin!(beside);
        let (first, second) = ((first, place), (second, other_place));
        let (result, won, lost, rest) = match select(running, beside).await {
            Either::Left((result, rest)) => (result, first, second, rest),
            Either::Right((result, rest)) => (result, second, first, rest),
        };
        let opened = self.ended(won.1, &won.0, result);
        if opened.is_some() || self.halted {
            self.give_up(&lost.0);
            return opened;
        }
        let result = rest.await;
        self.ended(lost.1, &lost.0, result)
    }

    /// Records a call that was or will be dropped before its end.
    fn give_up(&mut self, ticket: &Ticket) {
        self.finished(ticket);
        self.attempts.push(ticket.cancelled(0));
    }

    /// The request is given up: whatever is under way was cancelled.
    pub fn give_up_all(&mut self) {
        for ticket in std::mem::take(&mut self.running) {
            self.attempts.push(ticket.cancelled(0));
        }
    }

    /// A deployment for the second call: another arm of the plan, else another deployment.
    fn hedge_target(&mut self, place: usize) -> Option<(usize, Lease)> {
        let now = self.shared.registry.now();
        let others = (0..self.steps.len()).filter(|other| *other != place);
        for other in others.chain([place]).collect::<Vec<_>>() {
            let stage = &self.steps[other];
            if stage.over || stage.until.is_some_and(|until| until > now) {
                continue;
            }
            let (arm, tried) = (stage.arm.clone(), stage.tried.clone());
            if let Ok(lease) = self.lease(&arm, &[], &tried) {
                return Some((other, lease));
            }
        }
        None
    }

    fn start(&mut self, place: usize, lease: &Lease) -> Ticket {
        let stage = &mut self.steps[place];
        stage.until = None;
        stage.called = true;
        stage.tried.push(lease.deployment.spec.id.clone());
        let ticket = self.begin(lease);
        if self.made > 1 {
            self.switched(place);
        }
        ticket
    }

    /// Counts a call that starts now.
    pub fn begin(&mut self, lease: &Lease) -> Ticket {
        self.attempts_left = self.attempts_left.saturating_sub(1);
        self.made += 1;
        self.paid = false;
        let ticket = Ticket::new(&self.shared, lease, self.input_tokens);
        self.running.push(ticket.clone());
        ticket
    }

    fn switched(&self, place: usize) {
        let to = &self.steps[place].arm;
        let last = self
            .attempts
            .iter()
            .rev()
            .find_map(|attempt| match &attempt.result {
                AttemptResult::Failed(fault) => Some((&attempt.arm, fault.kind)),
                AttemptResult::Completed | AttemptResult::Cancelled => None,
            });
        if let Some((from, reason)) = last.filter(|(from, _)| *from != to) {
            let (from, to) = (from.clone(), to.clone());
            self.shared
                .observer
                .notice(Notice::Switched { from, to, reason });
        }
    }

    pub fn call_of(&self, ticket: &Ticket) -> Call {
        let spec = &ticket.deployment.spec;
        Call {
            request: Arc::clone(&self.request),
            model: Arc::clone(&spec.model),
            timeouts: spec.timeouts,
            deadline: self.limits.deadline,
        }
    }

    /// Takes a call's end in and decides what it means for the rest of the way.
    fn ended(
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

    /// The call is not under way any more.
    pub fn finished(&mut self, ticket: &Ticket) {
        self.running
            .retain(|one| !Arc::ptr_eq(&one.mark, &ticket.mark));
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

    /// The caller's own fault tells most, then whatever an upstream said last.
    pub fn tell(&mut self, fault: &Fault) {
        use crate::domain::Blame;
        let callers = self
            .telling
            .as_ref()
            .is_some_and(|told| told.kind.blame() == Blame::Caller);
        if !callers {
            self.telling = Some(fault.clone());
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, super::RetryBudget> {
    shared
        .retries
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
