//! What the audience knows and the service does not: how good each model really is for each kind,
//! and so which one is the best trade-off. The service has to find it out from feedback.

use super::traffic::Request;
use crate::domain::{ArmId, Weights};
use crate::provider::simulated::{Foreseen, Kind, PROFILES, foresee};

/// Means over some prompts, by arm in the order of [`PROFILES`].
#[derive(Clone, Debug)]
pub struct Truth {
    kinds: Vec<(Kind, Vec<Foreseen>)>,
    cost_usd: f64,
    latency_ms: f64,
}

impl Truth {
    /// The truth about this traffic.
    #[must_use]
    pub fn of(requests: &[Request], seed: u64) -> Self {
        let mut kinds: Vec<Kind> = requests.iter().map(|request| request.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let by_kind = |kind| {
            let of_kind: Vec<Request> = requests
                .iter()
                .filter(|r| r.kind == kind)
                .copied()
                .collect();
            let means = PROFILES.iter().map(|p| mean(&of_kind, &p.arm(), seed));
            (kind, means.collect())
        };
        let all = PROFILES.iter().map(|p| mean(requests, &p.arm(), seed));
        let all: Vec<Foreseen> = all.collect();
        let arms = all.len() as f64;
        Self {
            kinds: kinds.into_iter().map(by_kind).collect(),
            cost_usd: all.iter().map(|arm| arm.cost_usd).sum::<f64>() / arms,
            latency_ms: all.iter().map(|arm| arm.latency_ms).sum::<f64>() / arms,
        }
    }

    /// The arm with the best score for a kind under these weights, where references are the arms'
    /// mean cost and latency; `None` for a kind that did not occur.
    #[must_use]
    pub fn best(&self, kind: Kind, weights: &Weights) -> Option<ArmId> {
        let (_, means) = self.kinds.iter().find(|(one, _)| *one == kind)?;
        let score = |arm: &Foreseen| {
            weights.quality * arm.quality
                - weights.cost * arm.cost_usd / self.cost_usd
                - weights.latency * arm.latency_ms / self.latency_ms
        };
        let scored = PROFILES.iter().zip(means);
        scored
            .max_by(|(_, a), (_, b)| score(a).total_cmp(&score(b)))
            .map(|(profile, _)| profile.arm())
    }

    /// The arm with the best mean quality over all kinds: what one would take without a router.
    #[must_use]
    pub fn best_single(&self) -> ArmId {
        let quality =
            |at: usize| -> f64 { self.kinds.iter().map(|(_, arms)| arms[at].quality).sum() };
        (0..PROFILES.len())
            .max_by(|a, b| quality(*a).total_cmp(&quality(*b)))
            .map_or_else(|| PROFILES[0].arm(), |at| PROFILES[at].arm())
    }
}

/// Mean of what one arm would have done; zeros for no prompts.
#[must_use]
pub fn mean(requests: &[Request], arm: &ArmId, seed: u64) -> Foreseen {
    let mut sum = Foreseen {
        quality: 0.0,
        cost_usd: 0.0,
        latency_ms: 0.0,
    };
    let mut n = 0.0;
    for one in requests.iter().filter_map(|r| foresee(r.prompt, arm, seed)) {
        sum.quality += one.quality;
        sum.cost_usd += one.cost_usd;
        sum.latency_ms += one.latency_ms;
        n += 1.0;
    }
    let n = f64::max(n, 1.0);
    Foreseen {
        quality: sum.quality / n,
        cost_usd: sum.cost_usd / n,
        latency_ms: sum.latency_ms / n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::traffic::traffic;

    #[test]
    fn five_kinds_have_five_best_models_whatever_the_seed() {
        for seed in 0..11 {
            let truth = Truth::of(&traffic(&Kind::FIVE, 300, seed), seed);
            let best = Kind::FIVE.map(|kind| truth.best(kind, &Weights::BALANCED).unwrap());
            let names = ["forge", "atlas", "sift", "quill", "wisp"];
            assert_eq!(
                best,
                names.map(|name| ArmId::from(format!("simulated/{name}")))
            );
            assert_eq!(truth.best_single().as_str(), "simulated/atlas");
        }
    }
}
