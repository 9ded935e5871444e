//! A request between its decision and its end: holds what was reserved for it, and makes sure that
//! it ends exactly once. A caller that leaves drops it, and that is recorded as cancelled.

use super::{
    api::EngineError, cache::Slot, core::Core, ended::outcome, events, facts, recorder::Receipt,
    tenants::Admitted,
};
use crate::{
    dispatch::Ran,
    domain::{Attempt, ChatRequest, Decision, Fact, Outcome, OutcomeStatus},
};
use std::sync::Arc;
use tokio::time::Instant;

/// A decision that is made and not yet over.
pub(crate) struct Begun {
    pub core: Arc<Core>,
    pub decision: Arc<Decision>,
    /// Upstream calls that were told of so far.
    pub attempts: Vec<Attempt>,
    /// What is asked instead of the request as it came, where something had to be left out.
    pub less: Option<Arc<ChatRequest>>,
    /// Where the answer is to be kept.
    pub slot: Option<Slot>,
    recorded: Option<Receipt<()>>,
    /// Held in the budgets until the request has ended, in US dollars.
    reserved_usd: f64,
    /// Held in the tenant's limits until this is dropped.
    admitted: Option<Admitted>,
    started: Instant,
    ended: bool,
}

impl Begun {
    /// Takes charge of a decision before it is queued for the memory.
    pub(super) fn new(
        core: &Arc<Core>,
        decision: Arc<Decision>,
        (reserved_usd, mut admitted): (f64, Option<Admitted>),
        started: Instant,
    ) -> Self {
        if let Some(admitted) = &mut admitted {
            admitted.begin();
        }
        Self {
            core: Arc::clone(core),
            decision,
            attempts: Vec::new(),
            less: None,
            slot: None,
            recorded: None,
            reserved_usd,
            admitted,
            started,
            ended: false,
        }
    }

    /// Queues the decision; waits only where the queue is full.
    pub(super) async fn record(&mut self) {
        let decision = Arc::clone(&self.decision);
        self.recorded = Some(self.core.recorder.decided(decision).await);
    }

    /// For a caller that makes the call itself: the decision as soon as it is durable.
    ///
    /// # Errors
    /// The memory could not write it.
    pub(crate) async fn decided(mut self) -> Result<Arc<Decision>, EngineError> {
        if let Some(recorded) = self.recorded.take() {
            recorded.durable().await?;
        }
        Ok(Arc::clone(&self.decision))
    }

    /// Ends the request with what a run yielded; returns when it is durable.
    pub(crate) async fn finish(mut self, ran: &Ran, chat: &ChatRequest) -> Outcome {
        let outcome = outcome(&self.decision, ran, elapsed_ms(self.started));
        let taught = self
            .core
            .taught(&self.decision, &chat.response_format, ran, &outcome);
        if let (Some(slot), Ok(completion)) = (self.slot.take(), &ran.completion) {
            let (core, of) = (&self.core, (&self.decision, &outcome));
            let now_ms = core.clock.now_ms();
            core.cache.keep(slot, of, (chat, completion), now_ms);
        }
        self.finish_with(outcome.clone(), taught).await;
        outcome
    }

    /// Ends the request: settles, queues the outcome and waits until decision and outcome are
    /// durable. A memory that cannot write does not take the answer from the caller: it is told in
    /// the log and by the metrics.
    pub(crate) async fn finish_with(mut self, outcome: Outcome, taught: Vec<Fact>) {
        self.ended = true;
        self.settle(&outcome);
        let core = &self.core;
        core.tell_end(&outcome);
        let decision = Arc::clone(&self.decision);
        let finished = core.recorder.finished(decision, outcome, taught).await;
        for receipt in self.recorded.take().into_iter().chain([finished]) {
            if let Err(error) = receipt.durable().await {
                tracing::error!(decision = %self.decision.id, %error, "an answered request is not remembered");
            }
        }
    }

    fn settle(&mut self, outcome: &Outcome) {
        if let Some(admitted) = &mut self.admitted {
            admitted.settle(outcome.calls());
        }
        let costs = outcome.calls().filter_map(|one| one.cost_usd);
        self.core.budgets.settle(
            self.decision.tenant.as_deref(),
            self.reserved_usd,
            costs.sum(),
        );
    }

    /// The caller left: the outcome is recorded without waiting.
    fn abandon(&mut self) {
        let outcome = Outcome {
            decision: self.decision.id,
            status: OutcomeStatus::Cancelled,
            served_by: None,
            attempts: std::mem::take(&mut self.attempts),
            latency_ms: elapsed_ms(self.started),
            agreement: None,
            judging: None,
        };
        self.settle(&outcome);
        let core = &self.core;
        let taught = facts::of_outcome(&self.decision, &outcome, core.clock.now_ms());
        let decision = Arc::clone(&self.decision);
        if !core.recorder.finished_now(decision, outcome, taught) {
            tracing::warn!(decision = %self.decision.id, "the recorder's queue is full: a cancelled request has no outcome");
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended && !self.decision.decide_only {
            self.abandon();
        }
    }
}

fn elapsed_ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

impl Core {
    fn tell_end(&self, outcome: &Outcome) {
        if self.events.receiver_count() == 0 {
            return;
        }
        let now_ms = self.clock.now_ms();
        for event in events::failures(now_ms, outcome) {
            let _ = self.events.send(event);
        }
        let _ = self.events.send(events::ended(now_ms, outcome));
    }
}
