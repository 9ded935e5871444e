//! A ranking taken apart for people, from what is in it: no knowledge of today is mixed in. Apart
//! from `rank`, because it is only done when somebody asks.

use crate::domain::{ArmId, ArmScore, Ranking, Weights};

/// Fills the `terms` of each score: quality, failures, and what is left, which cost and latency (and
/// penalties of the moment) took. They add up to the score.
pub fn explain(ranking: &mut Ranking, weights: &Weights) {
    for score in &mut ranking.scores {
        let quality = weights.quality * score.quality.mean;
        let failures = -quality * score.failure_rate;
        let rest = score.score - quality - failures;
        score.terms = [
            ("quality", quality),
            ("failures", failures),
            (burden_name(weights), rest),
        ]
        .into_iter()
        .filter(|(_, value)| value.abs() > 1e-12)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    }
}

/// What stands against quality under these weights.
fn burden_name(weights: &Weights) -> &'static str {
    match (weights.cost > 0.0, weights.latency > 0.0) {
        (true, false) => "cost",
        (false, true) => "latency",
        _ => "cost and latency",
    }
}

/// A change of weights under which another arm would have had the best score.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What would weigh more or less: `cost`, `latency`, or both together.
    pub what: &'static str,
    /// How many times as much, at least 0. Both arms are level there; a little beyond, the other wins.
    pub factor: f64,
    /// The arm that would win.
    pub arm: ArmId,
}

/// The smallest such change. It is exact where only one of cost and latency has a weight. `None`
/// where no change of these weights does it.
#[must_use]
pub fn smallest_change(ranking: &Ranking, weights: &Weights) -> Option<Change> {
    let best = ranking.scores.first()?;
    let gain = |score: &ArmScore| score.quality.mean * (1.0 - score.failure_rate);
    let burden = |score: &ArmScore| score.score - weights.quality * gain(score);
    let factors = ranking.scores[1..].iter().filter_map(|other| {
        // best.score + x * (burden of best) = other.score + x * (burden of other)
        let slope = burden(best) - burden(other);
        let factor = 1.0 + (other.score - best.score) / slope;
        (factor.is_finite() && factor >= 0.0).then_some((other, factor))
    });
    let (other, factor) = factors.min_by(|a, b| a.1.ln().abs().total_cmp(&b.1.ln().abs()))?;
    Some(Change {
        what: burden_name(weights),
        factor,
        arm: other.arm.clone(),
    })
}
