//! The smallest change of one weight that would have made another arm the best.

use super::rank::{Inputs, estimates};
use crate::domain::{ArmId, Ranking, Weights};
use crate::learn::Estimate;

/// A change of one weight under which another arm would have had the best score.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `quality`, `cost` or `latency`.
    pub weight: &'static str,
    /// Its value in the decision.
    pub from: f64,
    /// The value at which both arms are level; a little beyond, the other wins.
    pub to: f64,
    /// The arm that would win.
    pub arm: ArmId,
}

/// The smallest such change (relative to the weight, or to a tenth where the weight is less).
/// `None` where no change of a single weight does it.
#[must_use]
pub fn smallest_change(inputs: &Inputs<'_>, ranking: &Ranking) -> Option<Change> {
    let class = inputs
        .context
        .and_then(|context| inputs.knowledge.classify(context));
    let slopes: Vec<[f64; 3]> = estimates(inputs, class.as_ref())
        .iter()
        .map(|e| slopes(e, inputs))
        .collect();
    let best = ranking.scores.first()?;
    let at = inputs.candidates.iter().position(|c| c.arm == best.arm)?;
    let Weights {
        quality,
        cost,
        latency,
    } = inputs.weights;
    let score = |i: usize| {
        let [q, c, l] = slopes[i];
        quality * q + cost * c + latency * l - inputs.candidates[i].penalty
    };
    let mut least: Option<(f64, Change)> = None;
    for (i, other) in inputs
        .candidates
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != at)
    {
        let weights = [("quality", quality), ("cost", cost), ("latency", latency)];
        for (term, (weight, from)) in weights.into_iter().enumerate() {
            let to = from + (score(at) - score(i)) / (slopes[i][term] - slopes[at][term]);
            let size = (to - from).abs() / from.max(0.1);
            let better = least.as_ref().is_none_or(|(known, _)| size < *known);
            if to.is_finite() && to >= 0.0 && better {
                least = Some((
                    size,
                    Change {
                        weight,
                        from,
                        to,
                        arm: other.arm.clone(),
                    },
                ));
            }
        }
    }
    least.map(|(_, change)| change)
}

/// What one unit of each weight adds to an arm's score.
fn slopes(estimate: &Estimate, inputs: &Inputs<'_>) -> [f64; 3] {
    let reference = inputs.knowledge.references();
    [
        estimate.quality.mean * (1.0 - estimate.failure_rate),
        -estimate
            .cost_usd
            .map_or(1.0, |c| c.mean / reference.cost_usd),
        -estimate
            .latency_ms
            .map_or(1.0, |l| l.mean / reference.latency_ms),
    ]
}
