//! Scores the eligible arms, makes the distribution over them and draws the choice.

use super::distribution::{best_probabilities, draw};
use crate::domain::{ArmId, ArmScore, Context, Price, Ranking, Weights};
use crate::learn::{Classification, Estimate, Knowledge};

/// Everything a ranking may depend on.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// The prompt; `None` ranks by what holds over all classes.
    pub context: Option<&'a Context>,
    /// The eligible arms.
    pub candidates: &'a [Candidate],
    /// The trade-off.
    pub weights: Weights,
    /// Seed of the draw.
    pub seed: u64,
    /// Unix milliseconds.
    pub now_ms: u64,
    /// Estimated input tokens; 0 = not known.
    pub input_tokens: u64,
    /// May an arm be chosen that is not the best by estimate?
    pub explore: bool,
}

impl<'a> Inputs<'a> {
    /// Balanced weights, exploring, nothing known of the request.
    #[must_use]
    pub fn new(knowledge: &'a Knowledge, candidates: &'a [Candidate]) -> Self {
        Self {
            knowledge,
            context: None,
            candidates,
            weights: Weights::BALANCED,
            seed: 0,
            now_ms: 0,
            input_tokens: 0,
            explore: true,
        }
    }
}

/// An eligible arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The arm.
    pub arm: ArmId,
    /// List price.
    pub price: Option<Price>,
    /// Taken from the score, for what learning does not know (a busy deployment, a paced budget).
    pub penalty: f64,
}

impl Candidate {
    /// An arm without a penalty.
    #[must_use]
    pub fn new(arm: ArmId, price: Option<Price>) -> Self {
        Self {
            arm,
            price,
            penalty: 0.0,
        }
    }
}

/// One arm's score before exploration, part by part. Costs and latencies that are not known count
/// as the reference, so that the unknown is neither a bargain nor a luxury.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    pub quality: f64,
    pub failures: f64,
    pub cost: f64,
    pub latency: f64,
    pub penalty: f64,
}

impl Parts {
    pub fn of(estimate: &Estimate, inputs: &Inputs<'_>, penalty: f64) -> Self {
        let weights = &inputs.weights;
        let reference = inputs.knowledge.references();
        let share = |mean: Option<f64>, reference: f64| mean.map_or(1.0, |mean| mean / reference);
        let quality = weights.quality * estimate.quality.mean;
        Self {
            quality,
            failures: -quality * estimate.failure_rate,
            cost: -weights.cost * share(estimate.cost_usd.map(|c| c.mean), reference.cost_usd),
            latency: -weights.latency
                * share(estimate.latency_ms.map(|l| l.mean), reference.latency_ms),
            penalty: -penalty,
        }
    }

    pub fn score(&self) -> f64 {
        self.quality + self.failures + self.cost + self.latency + self.penalty
    }
}

/// Ranks the candidates. `None` where there are none.
/// `ArmScore::terms` stay empty: [`super::explain()`] fills them when a person asks.
#[must_use]
pub fn rank(inputs: &Inputs<'_>) -> Option<Ranking> {
    if inputs.candidates.is_empty() {
        return None;
    }
    let class = inputs
        .context
        .and_then(|context| inputs.knowledge.classify(context));
    let columns = columns(inputs);
    let estimates = estimates(inputs, &columns, class.as_ref());
    let means: Vec<f64> = inputs
        .candidates
        .iter()
        .zip(&estimates)
        .map(|(candidate, estimate)| Parts::of(estimate, inputs, candidate.penalty).score())
        .collect();
    let deviations: Vec<f64> = estimates
        .iter()
        .map(|e| {
            if inputs.explore {
                inputs.weights.quality * e.explore_sd
            } else {
                0.0
            }
        })
        .collect();
    let mut probabilities = best_probabilities(&means, &deviations);
    if inputs.explore {
        mix_probe(inputs, &columns, &means, &mut probabilities);
    }
    let chosen = draw(&probabilities, draw_seed(inputs, class.as_ref()))?;
    Some(ranking(
        inputs,
        class,
        &estimates,
        &means,
        &probabilities,
        chosen,
    ))
}

/// Gives a demoted arm that is due to be tried again, and would win if it were as good as it was,
/// a share of the choices.
fn mix_probe(
    inputs: &Inputs<'_>,
    columns: &[Option<usize>],
    means: &[f64],
    probabilities: &mut [f64],
) {
    let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let hope = |i: usize| {
        let hope = means[i] + inputs.weights.quality * inputs.knowledge.probe(columns[i]?);
        (hope > means[i] && hope > best && probabilities[i] < PROBE_SHARE).then_some(i)
    };
    let Some(due) = (0..means.len()).find_map(hope) else {
        return;
    };
    probabilities
        .iter_mut()
        .for_each(|p| *p *= 1.0 - PROBE_SHARE);
    probabilities[due] += PROBE_SHARE;
}

/// The seed of the draw: shared by all prompts of a class for an epoch, so that a paraphrase keeps
/// its arm although arms are chosen by chance. Probes need no sharing: what is due is soon done.
fn draw_seed(inputs: &Inputs<'_>, class: Option<&Classification>) -> u64 {
    match (class, inputs.knowledge.epoch()) {
        (Some(class), Some(epoch)) => {
            u64::from(class.class.0).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ epoch
        }
        _ => inputs.seed,
    }
}

/// Share of the choices that a probe gets while it is due.
const PROBE_SHARE: f64 = 0.25;

/// Estimates of all candidates, in their order.
pub(super) fn estimates(
    inputs: &Inputs<'_>,
    columns: &[Option<usize>],
    class: Option<&Classification>,
) -> Vec<Estimate> {
    let estimate = |(candidate, column): (&Candidate, &Option<usize>)| {
        let price = candidate.price.as_ref();
        inputs
            .knowledge
            .estimate(*column, class, price, inputs.input_tokens)
    };
    inputs
        .candidates
        .iter()
        .zip(columns)
        .map(estimate)
        .collect()
}

/// Columns of the candidates in what is known, looked up once.
pub(super) fn columns(inputs: &Inputs<'_>) -> Vec<Option<usize>> {
    let column = |candidate: &Candidate| inputs.knowledge.column(&candidate.arm);
    inputs.candidates.iter().map(column).collect()
}

fn ranking(
    inputs: &Inputs<'_>,
    class: Option<Classification>,
    estimates: &[Estimate],
    means: &[f64],
    probabilities: &[f64],
    chosen: usize,
) -> Ranking {
    let mut order: Vec<usize> = (0..means.len()).collect();
    let candidates = inputs.candidates;
    order.sort_by(|&a, &b| {
        let by_score = means[b].total_cmp(&means[a]);
        by_score.then_with(|| candidates[a].arm.cmp(&candidates[b].arm))
    });
    let score = |&a: &usize| ArmScore {
        arm: candidates[a].arm.clone(),
        quality: estimates[a].quality,
        cost_usd: estimates[a].cost_usd,
        latency_ms: estimates[a].latency_ms,
        failure_rate: estimates[a].failure_rate,
        evidence: estimates[a].evidence,
        score: means[a],
        propensity: probabilities[a],
        terms: Vec::new(),
    };
    Ranking {
        class: class.map(|c| c.class),
        similarity: class.map_or(0.0, |c| c.similarity),
        margin: class.map_or(0.0, |c| c.margin),
        scores: order.iter().map(score).collect(),
        chosen: candidates[chosen].arm.clone(),
        propensity: probabilities[chosen],
        explored: order
            .first()
            .is_some_and(|&best| means[best] > means[chosen]),
        knowledge_version: inputs.knowledge.version(),
    }
}
