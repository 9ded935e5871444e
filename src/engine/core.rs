//! What all calls of the engine share, and the first half of each request: prepare, embed, choose,
//! record.

use super::{
    api::{EngineError, Event, RouteRequest},
    begun::Begun,
    budgets::Budgets,
    cache::ResponseCache,
    choose::{self, Chosen, Surroundings},
    events, facts, judge,
    prepare::{self, Prepared},
    recorder::Recorder,
    retries::QuickRetries,
    sessions::Sessions,
    strategies,
    tenants::{Admitted, Tenants},
};
use crate::{
    clock::Clock,
    config::Config,
    dispatch::Dispatcher,
    domain::{ArmId, Context, Decision, DecisionId, Degradation},
    embed::EmbedService,
    learn::context,
    memory::Memory,
    rng::Seeds,
    strategy::Tables,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::{sync::broadcast, time::Instant};

/// Bytes of a prompt in the log at most, where prompts are logged at all.
const LOGGED_BYTES: usize = 4096;

/// The parts of a running engine.
pub(crate) struct Core {
    pub config: Config,
    pub embed: Arc<EmbedService>,
    pub dispatcher: Dispatcher,
    pub recorder: Recorder,
    pub memory: Arc<Memory>,
    pub clock: Arc<dyn Clock>,
    pub seeds: Seeds,
    pub ordinal: AtomicU64,
    pub events: broadcast::Sender<Event>,
    pub sessions: Sessions,
    pub tables: Tables,
    /// Requests of `round_robin`.
    pub turns: AtomicU64,
    pub budgets: Budgets,
    pub tenants: Tenants,
    pub retries: QuickRetries,
    pub cache: ResponseCache,
    pub draining: AtomicBool,
    pub started_at_ms: u64,
}

/// What the learner sees of a prompt, or why it sees nothing.
type Seen = (Option<Context>, Option<Degradation>);

/// What a decision is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller makes the call itself.
    DecideOnly,
    /// One whole answer.
    Whole,
    /// An answer in pieces.
    Streamed,
}

impl Core {
    /// Decides and queues the record; waits for nothing but the embedding.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        request: &RouteRequest,
        kind: Kind,
    ) -> Result<Begun, EngineError> {
        let started = Instant::now();
        if self.draining.load(Ordering::Relaxed) {
            return Err(EngineError::Draining);
        }
        self.recorder.check()?;
        let prepared = Box::new(prepare::prepare(&self.config, request)?);
        let admitted = self.admit(&prepared, request)?;
        let prompt = request.chat.prompt();
        let seen = self.context(&prompt).await;
        let held = (admitted, started);
        let mut begun = self.decide(request, kind, (prepared, &prompt, seen), held)?;
        self.record(&mut begun, &prompt).await;
        Ok(begun)
    }

    /// What is decided once the prompt is understood. Waits for nothing: what it needs on its way
    /// takes no room in the requests that wait.
    fn decide(
        self: &Arc<Self>,
        request: &RouteRequest,
        kind: Kind,
        (mut prepared, prompt, (context, degradation)): (Box<Prepared>, &str, Seen),
        (admitted, started): (Option<Admitted>, Instant),
    ) -> Result<Begun, EngineError> {
        let now_ms = self.clock.now_ms();
        self.allow(&mut prepared, request, now_ms)?;
        let id = self
            .seeds
            .decision_id(now_ms, self.ordinal.fetch_add(1, Ordering::Relaxed));
        let seed = self.seeds.seed(id, "explore");
        let mut chosen = self.choose(
            &mut prepared,
            request,
            context.as_ref(),
            (id, seed, kind == Kind::Streamed),
        )?;
        if let Some(session) = &request.routing.session {
            self.sessions.keep(session, &chosen.ranking.chosen);
        }
        chosen.plan.hedge_after_ms = self.hedge_after_ms(&chosen);
        let amounts = (prepared.input_tokens, prepared.max_cost_usd);
        let judge = judge::of(&self.config, &request.routing, amounts)?;
        if let Some(fan_out) = &mut chosen.plan.fan_out {
            fan_out.judge = judge;
        }
        let decide_only = kind == Kind::DecideOnly;
        let reserved_usd = if decide_only {
            0.0
        } else {
            expected_usd(&chosen)
        };
        self.budgets
            .reserve(request.routing.tenant.as_deref(), reserved_usd);
        let stored = self.config.memory.store_prompts.then(|| prompt.to_owned());
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
            dropped: prepared.dropped,
            cached: None,
            seed,
            ranking: chosen.ranking,
            excluded: chosen.excluded,
            plan: chosen.plan,
            decide_only,
            prompt: stored,
        };
        let held = (reserved_usd, admitted);
        let mut begun = Begun::new(self, Arc::new(decision), held, started);
        begun.less = prepared.less.map(Arc::new);
        Ok(begun)
    }

    async fn record(&self, begun: &mut Begun, prompt: &str) {
        let decision = Arc::clone(&begun.decision);
        if self.config.logging.prompts {
            let prompt = &prompt[..prompt.floor_char_boundary(LOGGED_BYTES)];
            tracing::info!(decision = %decision.id, arm = %decision.ranking.chosen, prompt, "prompt");
        }
        if self.events.receiver_count() > 0 {
            let _ = self.events.send(events::decided(&decision));
        }
        begun.record().await;
        if self.config.learning.implicit_feedback.quick_retry.enabled
            && let Some(earlier) = self.retries.note(prompt, &decision)
        {
            self.recorder
                .teach(facts::asked_again(&earlier, decision.id.at_ms()));
        }
    }

    /// Asks the tenant's limits: what the request is expected to use, on each arm that it asks.
    fn admit(
        &self,
        prepared: &Prepared,
        request: &RouteRequest,
    ) -> Result<Option<Admitted>, EngineError> {
        let output_tokens = u64::from(request.chat.sampling.max_tokens.unwrap_or(0));
        let arms = request.routing.fan_out.map_or(1, |wish| wish.arms.max(1));
        let tokens = (prepared.input_tokens + output_tokens) * u64::from(arms);
        let tenant = request.routing.tenant.as_deref();
        self.tenants.admit(tenant, tokens, self.clock.monotonic())
    }

    /// Puts the budgets' prices and ceilings on a request.
    fn allow(
        &self,
        prepared: &mut Prepared,
        request: &RouteRequest,
        now_ms: u64,
    ) -> Result<(), EngineError> {
        let tenant = request.routing.tenant.as_deref();
        let allowance = self.budgets.allow(tenant, prepared.weights, now_ms)?;
        prepared.weights = allowance.weights;
        let ceilings = [prepared.max_cost_usd, allowance.max_cost_usd];
        prepared.max_cost_usd = ceilings.into_iter().flatten().reduce(f64::min);
        Ok(())
    }

    /// When to start a second attempt, where hedging is on.
    fn hedge_after_ms(&self, chosen: &Chosen) -> Option<u64> {
        let hedge = self.config.routing.hedge.as_ref()?;
        let after = hedge.after.map(|after| after.as_millis() as u64);
        let after = after.or_else(|| self.usual_latency_ms(chosen, hedge.percentile))?;
        Some(after.max(1))
    }

    fn usual_latency_ms(&self, chosen: &Chosen, percentile: f64) -> Option<u64> {
        let snapshots = self.dispatcher.registry().snapshot();
        let of_arm = snapshots
            .iter()
            .filter(|one| one.arm == chosen.ranking.chosen);
        // Of what cannot be streamed the first token is the last.
        let latencies = of_arm.filter_map(|one| {
            let statistics = &one.statistics;
            let first = statistics.first_token_ms(percentile / 100.0);
            first.or_else(|| statistics.latency_ms(percentile / 100.0))
        });
        latencies.reduce(f64::max).map(|ms| ms as u64)
    }

    /// What the learner sees of the prompt, or why it sees nothing.
    pub(crate) async fn context(&self, prompt: &str) -> Seen {
        match self.embed.embed(prompt, self.config.embedding.wait).await {
            Ok(embedded) => {
                let context = embedded.context(|vector| context::build(vector, prompt));
                (Some(context), None)
            }
            Err(error) => {
                tracing::warn!(%error, "a prompt is routed without its embedding");
                (None, Some(error.into()))
            }
        }
    }

    fn choose(
        &self,
        prepared: &mut Prepared,
        request: &RouteRequest,
        context: Option<&Context>,
        (id, seed, streamed): (DecisionId, u64, bool),
    ) -> Result<Chosen, EngineError> {
        let knowledge = self.recorder.knowledge();
        let selection =
            strategies::select(self, prepared, request, (&knowledge, context), streamed)?;
        let prepared = &*prepared;
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
            order: &|ranking| self.order(&selection, ranking, seed),
            seed,
            now_ms: id.at_ms(),
        };
        choose::choose(prepared, &request.routing, &around)
    }
}

/// What the plan's calls are expected to cost together, in US dollars; unknown costs count as 0.
fn expected_usd(chosen: &Chosen) -> f64 {
    let cost = |arm: &ArmId| {
        let score = chosen.ranking.scores.iter().find(|score| score.arm == *arm);
        score
            .and_then(|score| score.cost_usd)
            .map_or(0.0, |cost| cost.mean)
    };
    match &chosen.plan.fan_out {
        Some(fan_out) => fan_out.arms.iter().map(cost).sum(),
        None => cost(&chosen.ranking.chosen),
    }
}
