//! A decision: domain -> wire.

use crate::{
    domain::{
        ArmId, ArmScore, CacheHit, Decision, Degradation, Exclusion, FanOut, FanOutMode, Interval,
        Plan, Step, Weights,
    },
    proto,
};

/// A decision for the wire.
#[must_use]
pub fn to_decision(decision: &Decision) -> proto::Decision {
    let ranking = &decision.ranking;
    proto::Decision {
        id: decision.id.to_string(),
        decided_at_ms: decision.id.at_ms(),
        request_id: decision.request_id.clone(),
        tenant: decision.tenant.clone(),
        session: decision.session.clone(),
        requested_model: decision.requested.clone(),
        policy: decision.policy.clone(),
        strategy: decision.strategy.clone(),
        weights: Some(to_weights(decision.weights)),
        input_tokens: decision.input_tokens,
        arm: ranking.chosen.to_string(),
        propensity: ranking.propensity,
        explored: ranking.explored,
        class_id: ranking.class.map(|class| class.to_string()),
        similarity: ranking.similarity,
        margin: ranking.margin,
        ranking: ranking.scores.iter().map(to_score).collect(),
        excluded: decision.excluded.iter().map(to_exclusion).collect(),
        plan: Some(to_plan(&decision.plan)),
        degraded: decision.degradation.as_ref().map(degradation_text),
        knowledge_version: ranking.knowledge_version,
        seed: decision.seed,
        decide_only: decision.decide_only,
        tags: decision.tags.iter().cloned().collect(),
        cached: decision.cached.map(to_hit),
        dropped: decision
            .dropped
            .iter()
            .map(|need| need.as_str().to_owned())
            .collect(),
    }
}

fn to_hit(hit: CacheHit) -> proto::CacheHit {
    proto::CacheHit {
        kind: hit.kind.as_str().to_owned(),
        source_decision_id: hit.source.to_string(),
        age_ms: hit.age_ms,
        similarity: hit.similarity,
        saved_usd: hit.saved_usd,
    }
}

/// Why knowledge was missing, in plain words.
fn degradation_text(degradation: &Degradation) -> String {
    match degradation {
        Degradation::EmbeddingFailed(words) => format!("the prompt could not be embedded: {words}"),
        Degradation::EmbeddingLate(ms) => {
            format!("the prompt's embedding was not there within {ms} ms")
        }
        Degradation::EmbeddingQueueFull => "the embedder's queue was full".to_owned(),
    }
}

fn to_weights(weights: Weights) -> proto::Weights {
    proto::Weights {
        quality: weights.quality,
        cost: weights.cost,
        latency: weights.latency,
    }
}

fn to_score(score: &ArmScore) -> proto::ArmScore {
    proto::ArmScore {
        arm: score.arm.to_string(),
        quality: Some(to_interval(score.quality)),
        cost_usd: score.cost_usd.map(to_interval),
        latency_ms: score.latency_ms.map(to_interval),
        failure_rate: score.failure_rate,
        evidence: score.evidence,
        score: score.score,
        propensity: score.propensity,
        terms: score
            .terms
            .iter()
            .map(|(name, value)| proto::ScoreTerm {
                name: name.clone(),
                value: *value,
            })
            .collect(),
    }
}

/// A mean and its uncertainty for the wire.
#[must_use]
pub fn to_interval(interval: Interval) -> proto::Interval {
    proto::Interval {
        mean: interval.mean,
        sd: interval.sd,
    }
}

fn to_exclusion(exclusion: &Exclusion) -> proto::Exclusion {
    proto::Exclusion {
        arm: exclusion.arm.to_string(),
        reason: exclusion.reason.clone(),
    }
}

fn to_plan(plan: &Plan) -> proto::Plan {
    proto::Plan {
        steps: plan.steps.iter().map(to_step).collect(),
        fan_out: plan.fan_out.as_ref().map(to_fan_out),
        max_attempts: plan.max_attempts,
        hedge_after_ms: plan.hedge_after_ms,
    }
}

fn to_step(step: &Step) -> proto::Step {
    proto::Step {
        arm: step.arm.to_string(),
        attempts: step.attempts,
    }
}

fn to_fan_out(fan_out: &FanOut) -> proto::FanOutPlan {
    let (mode, quorum) = match fan_out.mode {
        FanOutMode::First => (proto::FanOutMode::First, None),
        FanOutMode::Best => (proto::FanOutMode::Best, None),
        FanOutMode::Quorum(needed) => (proto::FanOutMode::Quorum, Some(needed)),
        FanOutMode::Majority => (proto::FanOutMode::Majority, None),
        FanOutMode::All => (proto::FanOutMode::All, None),
    };
    proto::FanOutPlan {
        arms: fan_out.arms.iter().map(ArmId::to_string).collect(),
        mode: mode.into(),
        quorum,
        judge: fan_out.judge.as_ref().map(ToString::to_string),
    }
}
