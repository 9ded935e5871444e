//! What all calls of the engine share, and the first half of each request: prepare, embed, choose,
//! record.

use super::{
    api::{EngineError, Event, RouteRequest},
    choose::{self, Chosen, Surroundings},
    events,
    prepare::{self, Prepared},
    recorder::{Receipt, Recorder},
    sessions::Sessions,
};
use crate::{
    clock::Clock,
    config::Config,
    dispatch::Dispatcher,
    domain::{ArmId, Context, Decision, DecisionId, Degradation, Ranking},
    embed::EmbedService,
    learn::context,
    memory::Memory,
    rng::Seeds,
    strategy::Strategy,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::sync::broadcast;

/// The parts of a running engine.
pub(crate) struct Core {
    pub config: Config,
    pub embed: EmbedService,
    pub dispatcher: Dispatcher,
    pub recorder: Recorder,
    pub memory: Arc<Memory>,
    pub clock: Arc<dyn Clock>,
    pub seeds: Seeds,
    pub ordinal: AtomicU64,
    pub events: broadcast::Sender<Event>,
    pub sessions: Sessions,
    pub draining: AtomicBool,
    pub started_at_ms: u64,
}

/// A decision that is on its way to the memory.
pub(crate) struct Begun {
    pub decision: Arc<Decision>,
    pub recorded: Receipt<()>,
}

impl Core {
    /// Decides and queues the record; waits for nothing but the embedding.
    pub(crate) async fn begin(
        &self,
        request: &RouteRequest,
        decide_only: bool,
    ) -> Result<Begun, EngineError> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(EngineError::Draining);
        }
        let prepared = prepare::prepare(&self.config, request)?;
        let prompt = request.chat.prompt();
        let (context, degradation) = self.context(&prompt).await;
        let now_ms = self.clock.now_ms();
        let id = self
            .seeds
            .decision_id(now_ms, self.ordinal.fetch_add(1, Ordering::Relaxed));
        let seed = self.seeds.seed(id, "explore");
        let chosen = self.choose(&prepared, request, context.as_ref(), (id, seed))?;
        if let Some(session) = &request.routing.session {
            self.sessions.keep(session, &chosen.ranking.chosen);
        }
        let prompt = self.config.memory.store_prompts.then_some(prompt);
        let decision = Decision {
            id,
            request_id: request.request_id.clone(),
            tenant: request.routing.tenant.clone(),
            session: request.routing.session.clone(),
            tags: request.routing.tags.clone(),
            requested: request.routing.model.clone(),
            policy: prepared.policy,
            strategy: prepared.strategy.name().to_owned(),
            weights: prepared.weights,
            input_tokens: prepared.input_tokens,
            context,
            degradation,
            seed,
            ranking: chosen.ranking,
            excluded: chosen.excluded,
            plan: chosen.plan,
            decide_only,
            prompt,
        };
        Ok(self.record(Arc::new(decision)).await)
    }

    async fn record(&self, decision: Arc<Decision>) -> Begun {
        if self.events.receiver_count() > 0 {
            let _ = self.events.send(events::decided(&decision));
        }
        let recorded = self.recorder.decided(Arc::clone(&decision)).await;
        Begun { decision, recorded }
    }

    /// What the learner sees of the prompt, or why it sees nothing.
    pub(crate) async fn context(&self, prompt: &str) -> (Option<Context>, Option<Degradation>) {
        match self.embed.embed(prompt, self.config.embedding.wait).await {
            Ok(embedded) => (Some(context::build(&embedded.vector, prompt)), None),
            Err(error) => {
                tracing::warn!(%error, "a prompt is routed without its embedding");
                (None, Some(error.into()))
            }
        }
    }

    fn choose(
        &self,
        prepared: &Prepared,
        request: &RouteRequest,
        context: Option<&Context>,
        (id, seed): (DecisionId, u64),
    ) -> Result<Chosen, EngineError> {
        let knowledge = self.recorder.knowledge();
        let session = request.routing.session.as_deref();
        let around = Surroundings {
            config: &self.config,
            knowledge: &knowledge,
            context,
            session_arm: session.and_then(|session| self.sessions.arm(session)),
            unavailable: &|arm| {
                let registry = self.dispatcher.registry();
                registry
                    .available(arm, prepared.input_tokens)
                    .err()
                    .map(|not_now| not_now.why)
            },
            order: &|strategy, ranking| self.order(strategy, ranking, request, id),
            seed,
            now_ms: id.at_ms(),
        };
        choose::choose(prepared, &request.routing, &around)
    }

    /// Arms in the order of a strategy that does not learn.
    fn order(
        &self,
        _strategy: Strategy,
        ranking: &Ranking,
        _request: &RouteRequest,
        _id: DecisionId,
    ) -> Vec<ArmId> {
        ranking
            .scores
            .iter()
            .map(|score| score.arm.clone())
            .collect()
    }
}
