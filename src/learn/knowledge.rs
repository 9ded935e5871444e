//! What is known, as an immutable snapshot that decisions are made with.
//!
//! Everything a decision needs is worked out here once per refresh, so that a decision only looks up.

use super::context::{dot, vector};
use crate::domain::{ArmId, ClassId, Context, Interval, Price};
use std::collections::HashMap;

/// Classes that a prompt is compared with when its estimates are blended.
pub const NEIGHBOURS: usize = 3;

/// Output tokens and input tokens of a call where nothing is known yet.
pub const TYPICAL_OUTPUT_TOKENS: f64 = 300.0;
/// See [`TYPICAL_OUTPUT_TOKENS`].
pub const TYPICAL_INPUT_TOKENS: f64 = 500.0;

/// Immutable snapshot of what the learner knows.
#[derive(Clone, Debug)]
pub struct Knowledge {
    pub(super) version: u64,
    pub(super) dimensions: usize,
    /// Unit-norm centroids, one after another.
    pub(super) centroids: Vec<f32>,
    pub(super) classes: Vec<ClassProfile>,
    pub(super) arms: Vec<ArmId>,
    pub(super) index: HashMap<ArmId, usize>,
    /// By class and arm, row-major; the last row holds over all classes.
    pub(super) entries: Vec<Entry>,
    pub(super) failure_rate: Vec<f32>,
    pub(super) references: References,
    /// What a stranger is taken for.
    pub(super) stranger: Entry,
    pub(super) temperature: f32,
    /// By arm: how much better it may have become since it was demoted, where a probe is due; else 0.
    pub(super) probes: Vec<f32>,
    pub(super) epoch: Option<u64>,
}

/// Estimates of one arm in one class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub quality: f32,
    /// Variance of the estimate.
    pub var: f32,
    /// Variance that exploration draws with.
    pub explore_var: f32,
    pub evidence: f32,
    /// Mean output tokens, US dollars and milliseconds; NaN where not known.
    pub tokens: f32,
    pub cost_usd: f32,
    pub latency_ms: f32,
    /// Calls that cost and latency rest on.
    pub calls: f32,
}

/// Where a prompt belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classification {
    /// The nearest class.
    pub class: ClassId,
    /// Cosine to its centroid.
    pub similarity: f64,
    /// Similarity minus that of the second nearest; equal to the similarity where there is only one.
    pub margin: f64,
    /// Rows of the nearest classes and their weights, which sum to 1.
    pub(super) nearest: [(u32, f32); NEIGHBOURS],
}

/// A class, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassProfile {
    /// Its id.
    pub class: ClassId,
    /// The name a person gave it, or empty.
    pub label: String,
    /// Prompts seen (after forgetting).
    pub prompts: f64,
    /// Mean resultant length of its prompts, 0 (scattered) to 1 (all alike).
    pub coherence: f64,
}

/// What is known of one arm in one class, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmClassProfile {
    /// The class; `None` = over all classes.
    pub class: Option<ClassId>,
    /// The arm.
    pub arm: ArmId,
    /// Quality in [0, 1].
    pub quality: Interval,
    /// Judgements that it rests on.
    pub evidence: f64,
    /// Mean cost in US dollars, where known.
    pub cost_usd: Option<f64>,
    /// Mean output tokens, where known.
    pub output_tokens: Option<f64>,
    /// Mean milliseconds to the last byte, where known.
    pub latency_ms: Option<f64>,
    /// Probability that a call fails.
    pub failure_rate: f64,
}

/// What the weights of a request are relative to: quadratic means over the declared arms, which lie
/// between the mean and the dearest, so that neither a crowd of cheap arms nor one absurdly dear
/// arm takes the meaning away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct References {
    /// Cost of a typical call in US dollars; above 0.
    pub cost_usd: f64,
    /// Milliseconds of a typical call; above 0.
    pub latency_ms: f64,
    /// Mean input tokens of a call.
    pub input_tokens: f64,
}

/// One arm's estimates for one prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Quality in [0, 1] with its standard error.
    pub quality: Interval,
    /// Deviation that exploration draws with; at most that of `quality`.
    pub explore_sd: f64,
    /// Judgements that the quality rests on.
    pub evidence: f64,
    /// Cost in US dollars.
    pub cost_usd: Option<Interval>,
    /// Milliseconds to the last byte.
    pub latency_ms: Option<Interval>,
    /// Probability that a call fails.
    pub failure_rate: f64,
}

impl Knowledge {
    /// Grows with each refresh.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What weights are relative to.
    #[must_use]
    pub fn references(&self) -> References {
        self.references
    }

    /// Changes every few choices. Draws that share it and the class are to be alike; `None`
    /// where each request draws for itself.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// How much better an arm may have become since it was demoted, where it is due to be tried
    /// again; else 0.
    #[must_use]
    pub fn probe(&self, column: usize) -> f64 {
        f64::from(self.probes[column])
    }

    /// The class of a prompt. `None` while there are no classes, or where the context was made by
    /// another embedder (another length) or says nothing.
    #[must_use]
    pub fn classify(&self, context: &Context) -> Option<Classification> {
        if context.units.len() + context.surface.len() != self.dimensions || self.dimensions == 0 {
            return None;
        }
        let mut prompt = Vec::with_capacity(self.dimensions);
        vector(context, &mut prompt);
        let mut best = [(f32::NEG_INFINITY, 0u32); NEIGHBOURS];
        for (row, centroid) in self.centroids.chunks_exact(self.dimensions).enumerate() {
            let cosine = dot(centroid, &prompt);
            if cosine > best[NEIGHBOURS - 1].0 {
                insert(&mut best, (cosine, row as u32));
            }
        }
        self.classification(&best)
    }

    fn classification(&self, best: &[(f32, u32); NEIGHBOURS]) -> Option<Classification> {
        let (first, row) = best[0];
        if !first.is_finite() {
            return None;
        }
        let mut nearest = best.map(|(cosine, row)| {
            let weight = ((cosine - first) / self.temperature).exp();
            (row, if cosine.is_finite() { weight } else { 0.0 })
        });
        let total: f32 = nearest.iter().map(|(_, weight)| weight).sum();
        nearest.iter_mut().for_each(|(_, weight)| *weight /= total);
        let second = if best[1].0.is_finite() {
            best[1].0
        } else {
            0.0
        };
        Some(Classification {
            class: self.classes[row as usize].class,
            similarity: f64::from(first),
            margin: f64::from(first - second),
            nearest,
        })
    }

    /// The column of an arm, for [`Self::estimate`]. `None` for an arm never declared.
    #[must_use]
    pub fn column(&self, arm: &ArmId) -> Option<usize> {
        self.index.get(arm).copied()
    }

    /// Estimates of an arm for a prompt of this class (`None`: over all classes).
    /// An arm without a column is taken for a stranger: average, and very uncertain.
    #[must_use]
    pub fn estimate(
        &self,
        column: Option<usize>,
        class: Option<&Classification>,
        price: Option<&Price>,
        input_tokens: u64,
    ) -> Estimate {
        let entry = match (column, class) {
            (None, _) => self.stranger,
            (Some(column), None) => self.entry(self.classes.len(), column),
            (Some(column), Some(class)) => self.blend(column, class),
        };
        let input = if input_tokens == 0 {
            self.references.input_tokens
        } else {
            input_tokens as f64
        };
        Estimate {
            quality: Interval {
                mean: f64::from(entry.quality).clamp(0.0, 1.0),
                sd: f64::from(entry.var).max(0.0).sqrt(),
            },
            explore_sd: f64::from(entry.explore_var).max(0.0).sqrt(),
            evidence: f64::from(entry.evidence),
            cost_usd: entry.cost(price, input),
            latency_ms: known(entry.latency_ms).map(|mean| entry.around(mean)),
            failure_rate: column.map_or(0.02, |c| f64::from(self.failure_rate[c])),
        }
    }

    fn entry(&self, row: usize, column: usize) -> Entry {
        self.entries[row * self.arms.len() + column]
    }

    /// Estimates of the nearest classes, weighted. Evidence and calls are those of the nearest.
    fn blend(&self, column: usize, class: &Classification) -> Entry {
        let mut blend = self.entry(class.nearest[0].0 as usize, column);
        let first = class.nearest[0].1;
        for value in blend.blended() {
            *value *= first;
        }
        for &(row, weight) in &class.nearest[1..] {
            if weight > 1e-3 {
                let mut other = self.entry(row as usize, column);
                for (sum, value) in blend.blended().into_iter().zip(other.blended()) {
                    *sum += weight * *value;
                }
            }
        }
        let lost: f32 = class.nearest[1..]
            .iter()
            .map(|n| if n.1 > 1e-3 { 0.0 } else { n.1 })
            .sum();
        if lost > 0.0 {
            for value in blend.blended() {
                *value /= 1.0 - lost;
            }
        }
        blend
    }

    /// All classes, in the order of their rows.
    #[must_use]
    pub fn classes(&self) -> &[ClassProfile] {
        &self.classes
    }

    /// What people call this class, where they call it something.
    #[must_use]
    pub fn label(&self, class: ClassId) -> Option<&str> {
        let known = self.classes.iter().find(|known| known.class == class)?;
        Some(known.label.as_str()).filter(|label| !label.is_empty())
    }

    /// All arms known, those that left included.
    #[must_use]
    pub fn arms(&self) -> &[ArmId] {
        &self.arms
    }

    /// Every arm in every class, then every arm over all classes.
    #[must_use]
    pub fn profiles(&self) -> Vec<ArmClassProfile> {
        let classes = self.classes.iter().map(|c| Some(c.class)).chain([None]);
        let mut profiles = Vec::with_capacity(self.entries.len());
        for (row, class) in classes.enumerate() {
            for (column, arm) in self.arms.iter().enumerate() {
                let entry = self.entry(row, column);
                profiles.push(ArmClassProfile {
                    class,
                    arm: arm.clone(),
                    quality: Interval {
                        mean: f64::from(entry.quality).clamp(0.0, 1.0),
                        sd: f64::from(entry.var).max(0.0).sqrt(),
                    },
                    evidence: f64::from(entry.evidence),
                    cost_usd: known(entry.cost_usd),
                    output_tokens: known(entry.tokens),
                    latency_ms: known(entry.latency_ms),
                    failure_rate: f64::from(self.failure_rate[column]),
                });
            }
        }
        profiles
    }
}

fn known(value: f32) -> Option<f64> {
    (!value.is_nan()).then_some(f64::from(value))
}

/// Keeps the best first; ties go to the lower row, which came first.
fn insert(best: &mut [(f32, u32); NEIGHBOURS], new: (f32, u32)) {
    let mut at = NEIGHBOURS - 1;
    while at > 0 && new.0 > best[at - 1].0 {
        best[at] = best[at - 1];
        at -= 1;
    }
    best[at] = new;
}

impl Entry {
    fn blended(&mut self) -> [&mut f32; 6] {
        [
            &mut self.quality,
            &mut self.var,
            &mut self.explore_var,
            &mut self.tokens,
            &mut self.cost_usd,
            &mut self.latency_ms,
        ]
    }

    /// List price times learned tokens where both are known, so that a new price counts at once;
    /// else what calls cost so far; else the list price of a typical answer.
    pub(super) fn cost(&self, price: Option<&Price>, input_tokens: f64) -> Option<Interval> {
        let list = |tokens: f64| price.map(|price| price.estimate_usd(input_tokens, tokens));
        known(self.tokens)
            .and_then(list)
            .or_else(|| known(self.cost_usd))
            .or_else(|| list(TYPICAL_OUTPUT_TOKENS))
            .filter(|mean| mean.is_finite() && *mean >= 0.0)
            .map(|mean| self.around(mean))
    }

    /// Costs and latencies scatter by about 60 % of their mean.
    fn around(&self, mean: f64) -> Interval {
        Interval {
            mean,
            sd: 0.6 * mean / (1.0 + f64::from(self.calls)).sqrt(),
        }
    }
}
