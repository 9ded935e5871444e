//! What each part added to each score, for people. Apart from `rank`, because it costs more than the
//! decision itself.

use super::rank::{Inputs, Parts};
use crate::domain::Ranking;

/// Fills the `terms` of a ranking that was made from these inputs. Arms that are no candidates keep
/// theirs.
pub fn explain(inputs: &Inputs<'_>, ranking: &mut Ranking) {
    let class = inputs
        .context
        .and_then(|context| inputs.knowledge.classify(context));
    for score in &mut ranking.scores {
        let Some(candidate) = inputs.candidates.iter().find(|c| c.arm == score.arm) else {
            continue;
        };
        let estimate = inputs.knowledge.estimate(
            inputs.knowledge.column(&candidate.arm),
            class.as_ref(),
            candidate.price.as_ref(),
            inputs.input_tokens,
        );
        let parts = Parts::of(&estimate, inputs, candidate.penalty);
        score.terms = [
            ("quality", parts.quality),
            ("failures", parts.failures),
            ("cost", parts.cost),
            ("latency", parts.latency),
            ("penalty", parts.penalty),
        ]
        .into_iter()
        .filter(|(_, value)| *value != 0.0)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    }
}
