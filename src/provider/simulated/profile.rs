//! The five simulated models: what they cost, how fast they are and what they are good at.
//!
//! Each is the best trade-off for one of the five kinds of the demonstration under
//! `Weights::BALANCED`, whichever average of the models' costs is the reference (see the test). The
//! differences are larger than between most real models, so that a few hundred prompts show them.

use super::kind::Kind;
use crate::domain::{ArmId, Price};

/// A simulated model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// The model's name; its arm is `simulated/<name>`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// US dollars per million tokens of input and output.
    pub price: (f64, f64),
    /// Time to the first token in milliseconds, on average.
    pub first_token_ms: f64,
    /// Tokens a second after the first.
    pub tokens_per_s: f64,
    /// Probability that a call fails.
    pub failure_rate: f64,
    /// Mean quality in [0, 1] by [`Kind`].
    pub quality: [f64; Kind::ALL.len()],
}

impl Profile {
    /// The profile of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// The profile behind an arm: `simulated/<name>` or the bare name.
    #[must_use]
    pub fn of_arm(arm: &ArmId) -> Option<&'static Self> {
        let arm = arm.as_str();
        Self::named(arm.rsplit_once('/').map_or(arm, |(_, model)| model))
    }

    /// Its arm under the provider's usual name.
    #[must_use]
    pub fn arm(&self) -> ArmId {
        ArmId::from(format!("simulated/{}", self.name))
    }

    /// Its list price.
    #[must_use]
    pub fn list_price(&self) -> Price {
        Price {
            input_per_mtok: self.price.0,
            output_per_mtok: self.price.1,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None,
        }
    }

    /// Mean quality for a kind, in [0, 1].
    #[must_use]
    pub fn quality_of(&self, kind: Kind) -> f64 {
        self.quality[kind as usize]
    }
}

/// Output tokens of a whole answer by [`Kind`], on average.
pub(super) const OUTPUT_TOKENS: [f64; Kind::ALL.len()] =
    [240.0, 200.0, 90.0, 110.0, 260.0, 70.0, 80.0, 190.0];

/// All models.
// Qualities in the order of `Kind::ALL`:
//  code, mathematics, extraction, summarising, creative, factual, translation, planning
pub const PROFILES: [Profile; 5] = [
    Profile {
        name: "atlas",
        about: "large generalist: the best on average, and the dearest",
        price: (3.0, 12.0),
        first_token_ms: 700.0,
        tokens_per_s: 90.0,
        failure_rate: 0.01,
        quality: [0.74, 0.96, 0.78, 0.82, 0.66, 0.86, 0.82, 0.95],
    },
    Profile {
        name: "forge",
        about: "made for code",
        price: (1.6, 6.4),
        first_token_ms: 420.0,
        tokens_per_s: 120.0,
        failure_rate: 0.01,
        quality: [0.95, 0.48, 0.60, 0.45, 0.25, 0.50, 0.35, 0.38],
    },
    Profile {
        name: "quill",
        about: "made for prose",
        price: (1.8, 7.2),
        first_token_ms: 450.0,
        tokens_per_s: 110.0,
        failure_rate: 0.02,
        quality: [0.30, 0.22, 0.40, 0.74, 0.95, 0.68, 0.94, 0.36],
    },
    Profile {
        name: "sift",
        about: "made for reading documents",
        price: (0.8, 3.2),
        first_token_ms: 260.0,
        tokens_per_s: 160.0,
        failure_rate: 0.01,
        quality: [0.36, 0.26, 0.95, 0.92, 0.28, 0.60, 0.50, 0.25],
    },
    Profile {
        name: "wisp",
        about: "small, fast and cheap",
        price: (0.4, 1.6),
        first_token_ms: 160.0,
        tokens_per_s: 220.0,
        failure_rate: 0.02,
        quality: [0.34, 0.24, 0.48, 0.62, 0.36, 0.92, 0.66, 0.22],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Weights;

    fn cost(profile: &Profile, kind: Kind) -> f64 {
        let output = OUTPUT_TOKENS[kind as usize];
        profile.list_price().estimate_usd(30.0, output)
    }

    fn latency(profile: &Profile, kind: Kind) -> f64 {
        profile.first_token_ms + OUTPUT_TOKENS[kind as usize] / profile.tokens_per_s * 1e3
    }

    /// Median, mean, geometric mean and greatest of the models' mean values.
    fn references(value: fn(&Profile, Kind) -> f64) -> Vec<f64> {
        let mean = |profile| Kind::FIVE.iter().map(|k| value(profile, *k)).sum::<f64>() / 5.0;
        let mut means: Vec<f64> = PROFILES.iter().map(mean).collect();
        means.sort_by(f64::total_cmp);
        let logs: f64 = means.iter().map(|m| m.ln()).sum();
        let mean = means.iter().sum::<f64>() / 5.0;
        vec![means[2], mean, (logs / 5.0).exp(), means[4]]
    }

    fn scores(kind: Kind, cost_usd: f64, latency_ms: f64) -> Vec<(f64, &'static str)> {
        let w = Weights::BALANCED;
        let mut scores: Vec<(f64, &str)> = PROFILES
            .iter()
            .map(|profile| {
                let money = w.cost * cost(profile, kind) / cost_usd;
                let time = w.latency * latency(profile, kind) / latency_ms;
                (profile.quality_of(kind) - money - time, profile.name)
            })
            .collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        scores
    }

    #[test]
    fn each_kind_has_one_clearly_best_model() {
        let best = [
            (Kind::Code, "forge"),
            (Kind::Mathematics, "atlas"),
            (Kind::Extraction, "sift"),
            (Kind::Summarising, "sift"),
            (Kind::Creative, "quill"),
            (Kind::Factual, "wisp"),
            (Kind::Translation, "quill"),
            (Kind::Planning, "atlas"),
        ];
        let times = references(latency);
        for (at, usd) in references(cost).into_iter().enumerate() {
            for (kind, name) in best {
                let scores = scores(kind, usd, times[at]);
                assert_eq!(scores[0].1, name, "{kind}: {scores:?}");
                assert!(scores[0].0 - scores[1].0 > 0.08, "{kind}: {scores:?}");
            }
        }
    }

    #[test]
    fn the_dearest_model_is_the_best_single_one() {
        let mean = |p: &Profile| Kind::FIVE.iter().map(|k| p.quality_of(*k)).sum::<f64>();
        let best = PROFILES.iter().max_by(|a, b| mean(a).total_cmp(&mean(b)));
        assert_eq!(best.map(|profile| profile.name), Some("atlas"));
    }
}
