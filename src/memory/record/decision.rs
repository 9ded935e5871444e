//! The stored form of a decision, about 1.4 kB with ten arms: 400 bytes the context, 70 an arm.
//!
//! What a replay compares (weights, seed, scores, propensities) is exact. Estimates and the terms of
//! a score are for people: they are kept in single precision.

use super::{
    Damage, context,
    kinds::{CacheHitV2, DegradationV1, ModeV1, NeedV2},
    names::{Name, Table, Texts},
};
use crate::domain::{
    ArmId, ArmScore, CacheHit, ClassId, Context, Decision, DecisionId, Degradation, Exclusion,
    FanOut, Interval, Need, Plan, Ranking, Step, Weights,
};
use serde::{Deserialize, Serialize};

/// Version 2: what a request was served without, an answer that was at hand, a judge.
#[derive(Serialize, Deserialize)]
pub(super) struct V2 {
    first: V1,
    dropped: Vec<NeedV2>,
    cached: Option<CacheHitV2>,
    judge: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    texts: Vec<String>,
    request_id: Option<String>,
    tenant: Option<String>,
    session: Option<String>,
    tags: Vec<(String, String)>,
    requested: Option<String>,
    policy: Name,
    strategy: Name,
    weights: (f64, f64, f64),
    input_tokens: u64,
    context: Option<context::V1>,
    degradation: Option<DegradationV1>,
    seed: u64,
    class: Option<u32>,
    similarity: f64,
    margin: f64,
    scores: Vec<ScoreV1>,
    chosen: Name,
    propensity: f64,
    explored: bool,
    knowledge_version: u64,
    excluded: Vec<(Name, Name)>,
    steps: Vec<(Name, u32)>,
    fan_out: Option<(Vec<Name>, ModeV1)>,
    max_attempts: u32,
    hedge_after_ms: Option<u64>,
    decide_only: bool,
    prompt: Option<String>,
}

/// Mean and standard deviation.
type IntervalV1 = (f32, f32);

#[derive(Serialize, Deserialize)]
struct ScoreV1 {
    arm: Name,
    quality: IntervalV1,
    cost_usd: Option<IntervalV1>,
    latency_ms: Option<IntervalV1>,
    failure_rate: f32,
    evidence: f32,
    score: f64,
    propensity: f64,
    terms: Vec<(Name, f32)>,
}

impl From<&Decision> for V1 {
    fn from(decision: &Decision) -> Self {
        // Destructured, so that a new field asks to be considered here.
        let Decision {
            id: _,
            request_id,
            tenant,
            session,
            tags,
            requested,
            policy,
            strategy,
            weights,
            input_tokens,
            context,
            degradation,
            dropped: _,
            cached: _,
            seed,
            ranking,
            excluded,
            plan,
            decide_only,
            prompt,
        } = decision;
        let mut table = Table::default();
        Self {
            request_id: request_id.clone(),
            tenant: tenant.clone(),
            session: session.clone(),
            tags: tags.clone(),
            requested: requested.clone(),
            policy: table.name(policy),
            strategy: table.name(strategy),
            weights: (weights.quality, weights.cost, weights.latency),
            input_tokens: *input_tokens,
            context: context.as_ref().map(context::V1::from),
            degradation: degradation.as_ref().map(DegradationV1::from),
            seed: *seed,
            class: ranking.class.map(|class| class.0),
            similarity: ranking.similarity,
            margin: ranking.margin,
            scores: scores(ranking, &mut table),
            chosen: table.name(ranking.chosen.as_str()),
            propensity: ranking.propensity,
            explored: ranking.explored,
            knowledge_version: ranking.knowledge_version,
            excluded: excluded
                .iter()
                .map(|out| (table.name(out.arm.as_str()), table.name(&out.reason)))
                .collect(),
            steps: plan
                .steps
                .iter()
                .map(|step| (table.name(step.arm.as_str()), step.attempts))
                .collect(),
            fan_out: plan.fan_out.as_ref().map(|fan_out| {
                let arms = fan_out.arms.iter().map(|arm| table.name(arm.as_str()));
                (arms.collect(), ModeV1::from(fan_out.mode))
            }),
            max_attempts: plan.max_attempts,
            hedge_after_ms: plan.hedge_after_ms,
            decide_only: *decide_only,
            prompt: prompt.clone(),
            texts: table.into_texts(),
        }
    }
}

fn scores<'a>(ranking: &'a Ranking, table: &mut Table<'a>) -> Vec<ScoreV1> {
    // Not infinite, however large: loading would take that for damage.
    let single = |value: f64| (value as f32).clamp(f32::MIN, f32::MAX);
    let narrow = |interval: Interval| (single(interval.mean), single(interval.sd));
    let score = |score: &'a ArmScore| ScoreV1 {
        arm: table.name(score.arm.as_str()),
        quality: narrow(score.quality),
        cost_usd: score.cost_usd.map(narrow),
        latency_ms: score.latency_ms.map(narrow),
        failure_rate: single(score.failure_rate),
        evidence: single(score.evidence),
        score: score.score,
        propensity: score.propensity,
        terms: score
            .terms
            .iter()
            .map(|(name, value)| (table.name(name), single(*value)))
            .collect(),
    };
    ranking.scores.iter().map(score).collect()
}

impl From<&Decision> for V2 {
    fn from(decision: &Decision) -> Self {
        let fan_out = decision.plan.fan_out.as_ref();
        Self {
            first: V1::from(decision),
            dropped: decision.dropped.iter().map(|need| (*need).into()).collect(),
            cached: decision.cached.map(CacheHitV2::from),
            judge: fan_out
                .and_then(|fan_out| fan_out.judge.as_ref())
                .map(ToString::to_string),
        }
    }
}

impl V2 {
    pub(super) fn into_domain(self, id: DecisionId) -> Result<Decision, Damage> {
        let mut decision = self.first.into_domain(id)?;
        decision.dropped = self.dropped.into_iter().map(Need::from).collect();
        decision.cached = self.cached.map(CacheHit::from);
        if let Some(fan_out) = &mut decision.plan.fan_out {
            fan_out.judge = self.judge.map(ArmId::from);
        }
        Ok(decision)
    }
}

impl V1 {
    pub(super) fn into_domain(self, id: DecisionId) -> Result<Decision, Damage> {
        let texts = Texts(self.texts);
        let (quality, cost, latency) = self.weights;
        let ranking = Ranking {
            class: self.class.map(ClassId),
            similarity: self.similarity,
            margin: self.margin,
            scores: self
                .scores
                .into_iter()
                .map(|score| score.into_domain(&texts))
                .collect::<Result<_, _>>()?,
            chosen: texts.arm(self.chosen)?,
            propensity: self.propensity,
            explored: self.explored,
            knowledge_version: self.knowledge_version,
        };
        let plan = Plan {
            steps: self
                .steps
                .into_iter()
                .map(|(arm, attempts)| texts.arm(arm).map(|arm| Step { arm, attempts }))
                .collect::<Result<_, _>>()?,
            fan_out: self
                .fan_out
                .map(|(arms, mode)| {
                    let mode = mode.into();
                    texts.arms(arms).map(|arms| FanOut {
                        arms,
                        mode,
                        judge: None,
                    })
                })
                .transpose()?,
            max_attempts: self.max_attempts,
            hedge_after_ms: self.hedge_after_ms,
        };
        Ok(Decision {
            id,
            request_id: self.request_id,
            tenant: self.tenant,
            session: self.session,
            tags: self.tags,
            requested: self.requested,
            policy: texts.text(self.policy)?,
            strategy: texts.text(self.strategy)?,
            weights: Weights {
                quality,
                cost,
                latency,
            },
            input_tokens: self.input_tokens,
            context: self.context.map(Context::from),
            degradation: self.degradation.map(Degradation::from),
            dropped: Vec::new(),
            cached: None,
            seed: self.seed,
            ranking,
            excluded: exclusions(self.excluded, &texts)?,
            plan,
            decide_only: self.decide_only,
            prompt: self.prompt,
        })
    }
}

fn exclusions(stored: Vec<(Name, Name)>, texts: &Texts) -> Result<Vec<Exclusion>, Damage> {
    let exclusion = |(arm, reason)| {
        Ok(Exclusion {
            arm: texts.arm(arm)?,
            reason: texts.text(reason)?,
        })
    };
    stored.into_iter().map(exclusion).collect()
}

impl ScoreV1 {
    fn into_domain(self, texts: &Texts) -> Result<ArmScore, Damage> {
        let widen = |(mean, sd): IntervalV1| Interval {
            mean: f64::from(mean),
            sd: f64::from(sd),
        };
        let term = |(name, value)| Ok((texts.text(name)?, f64::from(value)));
        Ok(ArmScore {
            arm: texts.arm(self.arm)?,
            quality: widen(self.quality),
            cost_usd: self.cost_usd.map(widen),
            latency_ms: self.latency_ms.map(widen),
            failure_rate: f64::from(self.failure_rate),
            evidence: f64::from(self.evidence),
            score: self.score,
            propensity: self.propensity,
            terms: self.terms.into_iter().map(term).collect::<Result<_, _>>()?,
        })
    }
}
