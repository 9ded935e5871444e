//! A request whose answer is at hand: a decision of its own, marked, that calls nobody, costs nothing
//! and teaches nothing.

use super::{Found, Slot, key::Scope};
use crate::{
    domain::{CacheKind, CacheWish, Decision, DecisionId, Outcome, OutcomeStatus, Plan, Step},
    engine::{
        api::{EngineError, RouteRequest, Routed},
        begun::Begun,
        core::Core,
        prepare,
        tenants::Admitted,
    },
};
use std::sync::{Arc, atomic::Ordering};
use tokio::time::Instant;

/// What the caches say of a request.
pub(crate) enum AtHand {
    /// Its answer.
    Answer(Box<Routed>),
    /// Nothing, and where its answer is to be kept, if anywhere.
    Nothing(Option<Slot>),
}

impl Core {
    /// Looks for an answer before anything is decided.
    ///
    /// # Errors
    /// Those of the names and limits of the request: a cached answer is none to a request that would
    /// be refused.
    pub(crate) async fn at_hand(
        self: &Arc<Self>,
        request: &RouteRequest,
    ) -> Result<AtHand, EngineError> {
        if !self.cache.is_on() {
            return Ok(AtHand::Nothing(None));
        }
        // In a box, so that requests carry no room for it where caches are off.
        Box::pin(self.look(request)).await
    }

    async fn look(self: &Arc<Self>, request: &RouteRequest) -> Result<AtHand, EngineError> {
        let started = Instant::now();
        self.recorder.check()?;
        if self.draining.load(Ordering::Relaxed) {
            return Err(EngineError::Draining);
        }
        let prepared = prepare::prepare(&self.config, request)?;
        let scope = Scope {
            routing: &request.routing,
            policy: &prepared.policy,
            tags_route: !self.config.routing.rules.is_empty(),
        };
        let Some(mut slot) = self.cache.slot(&request.chat, &scope) else {
            return Ok(AtHand::Nothing(None));
        };
        let prompt = request.chat.prompt();
        let again = self.retries.seen(&prompt, &request.routing);
        let look = !again && request.routing.cache != Some(CacheWish::Refresh);
        let now_ms = self.clock.now_ms();
        let mut found = look.then(|| self.cache.exact(&slot, now_ms)).flatten();
        if found.is_none() && self.cache.wants_vector(&slot) {
            // The embedder keeps it for the decision that follows.
            let embedded = self.embed.embed(&prompt, self.config.embedding.wait).await;
            slot.vector = embedded.ok().map(|embedded| embedded.vector);
            let vector = slot.vector.as_deref().filter(|_| look);
            found = vector.and_then(|vector| self.cache.semantic(&slot, vector, now_ms));
        }
        match found {
            Some(found) => {
                // A hit counts among the tenant's requests, with no tokens.
                let tenant = request.routing.tenant.as_deref();
                let admitted = self.tenants.admit(tenant, 0, self.clock.monotonic())?;
                let decided = (&prepared, admitted, started);
                let routed = self.serve(request, decided, found).await;
                Ok(AtHand::Answer(Box::new(routed)))
            }
            None => Ok(AtHand::Nothing(Some(slot))),
        }
    }

    /// A bad judgement evicts the answer, whether it came for the answer or for a repetition of it.
    pub(crate) fn judged_at_hand(self: &Arc<Self>, id: DecisionId, quality: Option<f64>) {
        let Some(quality) = quality.filter(|_| self.cache.is_on()) else {
            return;
        };
        let source = self.cache.source(id).unwrap_or(id);
        self.cache.judged(source, quality);
    }

    async fn serve(
        self: &Arc<Self>,
        request: &RouteRequest,
        (prepared, admitted, started): (&prepare::Prepared, Option<Admitted>, Instant),
        found: Found,
    ) -> Routed {
        let ordinal = self.ordinal.fetch_add(1, Ordering::Relaxed);
        let id = self.seeds.decision_id(self.clock.now_ms(), ordinal);
        let seed = self.seeds.seed(id, "explore");
        let decision = Arc::new(repeated(request, prepared, &found, (id, seed)));
        let mut begun = Begun::new(self, Arc::clone(&decision), (0.0, admitted), started);
        begun.record().await;
        let outcome = Outcome {
            decision: id,
            status: OutcomeStatus::Completed,
            served_by: Some(found.entry.served_by.clone()),
            attempts: Vec::new(),
            latency_ms: started.elapsed().as_secs_f64() * 1e3,
            agreement: None,
            judging: None,
        };
        begun.finish_with(outcome.clone(), Vec::new()).await;
        self.cache.repeated(id, found.hit.source);
        Routed {
            decision,
            outcome,
            completion: found.entry.completion.clone(),
        }
    }
}

/// The decision: this request's own marks over the ranking that made the answer.
fn repeated(
    request: &RouteRequest,
    prepared: &prepare::Prepared,
    found: &Found,
    (id, seed): (DecisionId, u64),
) -> Decision {
    let source = &found.entry.decision;
    let step = Step {
        arm: found.entry.served_by.clone(),
        attempts: 1,
    };
    Decision {
        id,
        request_id: request.request_id.clone(),
        tenant: request.routing.tenant.clone(),
        session: request.routing.session.clone(),
        tags: request.routing.tags.clone(),
        requested: request.routing.model.clone(),
        policy: prepared.policy.clone(),
        input_tokens: prepared.input_tokens,
        seed,
        plan: Plan {
            steps: vec![step],
            fan_out: None,
            max_attempts: 1,
            hedge_after_ms: None,
        },
        cached: Some(found.hit),
        // What the prompt was, not what it was taken for.
        context: source
            .context
            .clone()
            .filter(|_| found.hit.kind == CacheKind::Exact),
        prompt: self::stored(source, request),
        decide_only: false,
        ..Decision::clone(source)
    }
}

/// The prompt, where the configuration keeps prompts (as the source shows).
fn stored(source: &Decision, request: &RouteRequest) -> Option<String> {
    source.prompt.is_some().then(|| request.chat.prompt())
}
