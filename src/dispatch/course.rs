//! The way of one request through the steps of its plan: which deployment next, when to wait, when
//! to stop. All counting of attempts is here.

use super::attempt::Ticket;
use super::deployment::{Lease, NotNow};
use super::open::Opened;
use super::{Limits, Notice, Shared};
use crate::domain::{ArmId, Attempt, AttemptResult, ChatRequest, DeploymentId, Fault, Plan};
use crate::provider::{Call, Told};
use std::sync::{Arc, PoisonError, atomic::Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Tokens of output that a call without a limit is expected to use, for the reservation.
const EXPECTED_OUTPUT_TOKENS: u64 = 500;

/// Where a request stands in its plan.
pub(super) struct Course {
    pub shared: Arc<Shared>,
    pub request: Arc<ChatRequest>,
    pub limits: Limits,
    pub streamed: bool,
    pub(super) steps: Vec<Stage>,
    pub(super) attempts_left: u32,
    pub(super) hedge_after: Option<Duration>,
    /// Records in the order of their end.
    pub attempts: Vec<Attempt>,
    /// Faults that speak for the whole, the caller's own first.
    pub(super) telling: Option<Fault>,
    /// Calls under way; recorded as cancelled where the request is given up.
    pub(super) running: Vec<Ticket>,
    /// A fault was met that no other attempt can mend.
    pub(super) halted: bool,
    input_tokens: u64,
    pub(super) draws: u64,
    made: u32,
    /// The next retry is taken from the service's budget already.
    paid: bool,
}

pub(super) struct Stage {
    pub arm: ArmId,
    pub per_deployment: u32,
    /// Deployments called so far, once for each call.
    pub tried: Vec<DeploymentId>,
    /// Deployments not to be called again.
    pub spent: Vec<DeploymentId>,
    /// Refused until then; other steps come first.
    pub until: Option<Duration>,
    /// The same deployment is tried again then, before any other step.
    pub backoff: Option<Duration>,
    /// Called at least once.
    pub called: bool,
    pub over: bool,
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
        shared.hedges.0.fetch_add(1, Ordering::Relaxed);
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

    fn choose(&mut self) -> Choice {
        if self.halted || self.attempts_left == 0 || self.past_deadline() || !self.may_retry() {
            return Choice::Stop;
        }
        let now = self.shared.registry.now();
        for place in 0..self.steps.len() {
            let stage = &mut self.steps[place];
            let backoff = stage.backoff.take().filter(|at| *at > now);
            if stage.over || stage.until.is_some_and(|until| until > now) || self.held_back(place) {
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

    /// The first attempt is free; each further one is taken from the service's budget, once.
    fn may_retry(&mut self) -> bool {
        if self.made > 0 && !self.paid {
            self.paid = lock(&self.shared).spend(self.shared.registry.now());
        }
        self.made == 0 || self.paid
    }

    pub(super) fn start(&mut self, place: usize, lease: &Lease) -> Ticket {
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
            told: Told::default(),
        }
    }

    /// The call is not under way any more.
    pub fn finished(&mut self, ticket: &Ticket) {
        self.running
            .retain(|one| !Arc::ptr_eq(&one.mark, &ticket.mark));
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, super::RetryBudget> {
    shared
        .retries
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
