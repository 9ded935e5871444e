//! `policies`: the built-in ones, and those of the file.

use super::Build;
use crate::config::Policy;
use crate::config::problem::Trail;
use crate::config::raw::{Pairs, RawPolicy};
use crate::domain::Weights;
use crate::near;
use std::collections::BTreeMap;

/// Policies that are always there, with the seeds' names for them.
const BUILT_IN: [(&str, Weights); 6] = [
    ("balanced", Weights::BALANCED),
    ("quality", Weights::QUALITY),
    ("quality_first", Weights::QUALITY),
    ("cost", Weights::COST),
    ("cost_optimized", Weights::COST),
    ("latency", Weights::LATENCY),
];

impl Build<'_> {
    pub(super) fn policies(&mut self, raw: &Pairs<RawPolicy>) -> BTreeMap<String, Policy> {
        let mut policies: BTreeMap<String, Policy> = BUILT_IN
            .into_iter()
            .map(|(name, weights)| (name.to_owned(), plain(weights)))
            .collect();
        let trail = Trail::root().key("policies");
        for (name, written) in &raw.0 {
            let at = trail.key(name);
            let weights = Weights {
                quality: written.quality.unwrap_or(1.0),
                cost: written.cost.unwrap_or(0.0),
                latency: written.latency.unwrap_or(0.0),
            };
            if let Err(error) = weights.checked() {
                self.problem(&at, error.to_string(), "");
            }
            let policy = Policy {
                weights,
                max_cost_usd: self.money(&at.key("max_cost_usd"), written.max_cost_usd),
                explore: written.explore.unwrap_or(true),
                degrade: written.degrade,
            };
            policies.insert(name.clone(), policy);
        }
        policies
    }

    /// Notes a policy that is not there.
    pub(super) fn known_policy(
        &mut self,
        trail: &Trail,
        name: Option<&String>,
        policies: &BTreeMap<String, Policy>,
    ) {
        if let Some(name) = name
            && !policies.contains_key(name)
        {
            let names = || policies.keys().map(String::as_str);
            let what = format!("{name:?} is not a policy{}", near::hint(name, names()));
            let known: Vec<&str> = names().collect();
            self.problem(trail, what, format!("expected one of {}", known.join(", ")));
        }
    }
}

fn plain(weights: Weights) -> Policy {
    Policy {
        weights,
        max_cost_usd: None,
        explore: true,
        degrade: None,
    }
}
