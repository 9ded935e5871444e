//! How much a judgement weighs by who gives it.
//!
//! Each kind of source has a weight. Among named callers none may hold more than a share of the
//! evidence, so that one caller cannot capture the memory: what it says beyond counts less and less.

use super::Settings;
use crate::domain::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Evidence given by each named caller, fading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Callers {
    given: BTreeMap<String, f64>,
}

/// Evidence that every caller may give before shares are looked at.
const FREE: f64 = 50.0;
/// Total beyond which old evidence fades.
const REMEMBERED: f64 = 5000.0;

/// The weight of a kind of source, in [0, 1].
pub(super) fn kind_weight(source: &Source, settings: &Settings) -> f64 {
    let weights = &settings.sources;
    let weight = match source {
        Source::Caller(_) => weights.caller,
        Source::Agreement => weights.agreement,
        Source::Schema => weights.schema,
        Source::Truncation => weights.truncation,
        Source::QuickRetry => weights.quick_retry,
        Source::Judge => weights.judge,
    };
    if weight.is_finite() {
        weight.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

impl Callers {
    /// The weight of a new judgement, which is counted.
    pub fn take(&mut self, source: &Source, settings: &Settings) -> f64 {
        let weight = kind_weight(source, settings);
        let Source::Caller(name) = source else {
            return weight;
        };
        let total: f64 = self.given.values().sum();
        let own = self.given.get(name).copied().unwrap_or(0.0);
        let share = settings.max_caller_share.clamp(0.01, 1.0);
        let others = total - own;
        let alone = self.given.keys().all(|known| known == name);
        let allowed = FREE + others * share / (1.0 - share).max(1e-3);
        let factor = if alone || own <= allowed {
            1.0
        } else {
            allowed / own
        };
        self.count(name, weight, total, settings.max_callers.max(1));
        weight * factor
    }

    fn count(&mut self, name: &str, weight: f64, total: f64, max: usize) {
        if total > REMEMBERED {
            self.given.values_mut().for_each(|g| *g *= 0.5);
        }
        if !self.given.contains_key(name) && self.given.len() >= max {
            let least = self.given.iter().min_by(|a, b| a.1.total_cmp(b.1));
            if let Some(least) = least.map(|(name, _)| name.clone()) {
                self.given.remove(&least);
            }
        }
        *self.given.entry(name.to_owned()).or_default() += weight;
    }
}
