//! Prepared request + knowledge -> ranking and plan: calls the pure deciders in the right order.
//! Depends on nothing but its arguments.

use super::{api::EngineError, prepare::Prepared};
use crate::{
    config::{Config, RoutingSettings},
    decide::{self, Candidate, Inputs, plan},
    domain::{ArmId, Context, Exclusion, Plan, Ranking, Routing, Weights},
    learn::Knowledge,
    strategy::{self, Order, Strategy},
};

/// What a choice depends on beside the request.
pub(crate) struct Surroundings<'a> {
    pub config: &'a Config,
    pub knowledge: &'a Knowledge,
    pub context: Option<&'a Context>,
    /// The arm that this session had last.
    pub session_arm: Option<ArmId>,
    /// Why an arm cannot be called just now (drained, breaker open), where it cannot.
    pub unavailable: &'a dyn Fn(&ArmId) -> Option<String>,
    /// Another order than the score's, where the strategy or a table wants one.
    pub order: &'a dyn Fn(&Ranking) -> Option<Order>,
    pub seed: u64,
    pub now_ms: u64,
}

/// The choice.
pub(crate) struct Chosen {
    pub ranking: Ranking,
    pub plan: Plan,
    pub excluded: Vec<Exclusion>,
}

/// Chooses an arm and makes the plan.
///
/// # Errors
/// No arm is left under the ceiling, or none can be called at all.
pub(crate) fn choose(
    prepared: &Prepared,
    routing: &Routing,
    around: &Surroundings<'_>,
) -> Result<Chosen, EngineError> {
    let mut excluded = prepared.excluded.clone();
    let candidates = affordable(prepared, around, &mut excluded);
    let candidates = available(candidates, around, &mut excluded);
    let inputs = Inputs {
        knowledge: around.knowledge,
        context: around.context,
        candidates: &candidates,
        weights: weights(prepared),
        seed: around.seed,
        now_ms: around.now_ms,
        input_tokens: prepared.input_tokens,
        explore: prepared.explore && prepared.strategy == Strategy::Adaptive,
    };
    let Some(mut ranking) = decide::rank(&inputs) else {
        return Err(EngineError::NoEligibleArm {
            exclusions: excluded,
        });
    };
    if let Some(order) = (around.order)(&ranking) {
        ranking = strategy::apply(ranking, &order);
    }
    keep_session(&mut ranking, around);
    let plan = plan::build(
        &ranking,
        &options(prepared, routing, &around.config.routing),
    );
    Ok(Chosen {
        ranking,
        plan,
        excluded,
    })
}

fn weights(prepared: &Prepared) -> Weights {
    match prepared.strategy {
        Strategy::Quality => Weights {
            quality: 1.0,
            cost: 0.0,
            latency: 0.0,
        },
        _ => prepared.weights,
    }
}

/// Arms whose estimated cost is under the ceiling. A cost that nobody knows is not under it.
fn affordable(
    prepared: &Prepared,
    around: &Surroundings<'_>,
    excluded: &mut Vec<Exclusion>,
) -> Vec<Candidate> {
    let specs = prepared
        .arms
        .iter()
        .filter_map(|&position| around.config.arms.get(position));
    let candidates = specs.map(|spec| Candidate::new(spec.arm.id.clone(), spec.arm.price));
    let Some(ceiling) = prepared.max_cost_usd else {
        return candidates.collect();
    };
    let class = around
        .context
        .and_then(|context| around.knowledge.classify(context));
    let mut kept = Vec::new();
    for candidate in candidates {
        let column = around.knowledge.column(&candidate.arm);
        let estimate = around.knowledge.estimate(
            column,
            class.as_ref(),
            candidate.price.as_ref(),
            prepared.input_tokens,
        );
        match estimate.cost_usd.map(|cost| cost.mean) {
            Some(cost) if cost <= ceiling => kept.push(candidate),
            cost => excluded.push(Exclusion {
                arm: candidate.arm,
                reason: too_dear(cost, ceiling),
            }),
        }
    }
    kept
}

fn too_dear(cost: Option<f64>, ceiling: f64) -> String {
    match cost {
        Some(cost) => format!("about {cost:.6} US dollars, over the ceiling of {ceiling:.6}"),
        None => format!("its cost is not known, and there is a ceiling of {ceiling:.6} US dollars"),
    }
}

/// Arms that can be called just now; all of them where none can, because waiting for one may pay.
fn available(
    candidates: Vec<Candidate>,
    around: &Surroundings<'_>,
    excluded: &mut Vec<Exclusion>,
) -> Vec<Candidate> {
    let reasons: Vec<Option<String>> = candidates
        .iter()
        .map(|candidate| (around.unavailable)(&candidate.arm))
        .collect();
    if reasons.iter().all(Option::is_some) {
        return candidates;
    }
    let mut kept = Vec::with_capacity(candidates.len());
    for (candidate, reason) in candidates.into_iter().zip(reasons) {
        match reason {
            None => kept.push(candidate),
            Some(reason) => excluded.push(Exclusion {
                arm: candidate.arm,
                reason,
            }),
        }
    }
    kept
}

/// Keeps a session on its arm where another is not better by more than the margin.
fn keep_session(ranking: &mut Ranking, around: &Surroundings<'_>) {
    let (Some(margin), Some(arm)) = (around.config.routing.session_margin, &around.session_arm)
    else {
        return;
    };
    let best = ranking.scores.first().map_or(0.0, |score| score.score);
    let kept = ranking
        .scores
        .iter()
        .any(|score| score.arm == *arm && score.score >= best - margin);
    if kept {
        choose_only(ranking, arm);
    }
}

/// Makes the choice certain.
fn choose_only(ranking: &mut Ranking, arm: &ArmId) {
    for score in &mut ranking.scores {
        score.propensity = f64::from(u8::from(score.arm == *arm));
    }
    ranking.chosen = arm.clone();
    ranking.propensity = 1.0;
    ranking.explored = ranking
        .scores
        .first()
        .is_some_and(|first| first.arm != *arm);
}

fn options(prepared: &Prepared, routing: &Routing, config: &RoutingSettings) -> plan::Options {
    let failover = &config.failover;
    plan::Options {
        attempts_per_arm: failover.attempts_per_arm.max(1),
        max_fallbacks: failover.max_retries as usize,
        max_attempts: failover.max_retries + 1,
        fallbacks: prepared.fallbacks.clone(),
        last: config
            .fallback
            .as_ref()
            .map_or_else(Vec::new, |fallback| fallback.arms.clone()),
        disable_fallbacks: routing.disable_fallbacks || !failover.enabled,
        fan_out: routing.fan_out,
        hedge_after_ms: None,
    }
}
