//! What is remembered of one arm in one class: sums only, so that classes can be merged and
//! replicas added up.

use crate::domain::Ran;
use serde::{Deserialize, Serialize};

/// Sums of one arm in one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cell {
    /// Judgements (weighted, after forgetting).
    pub n: f64,
    /// Sum of their quality.
    pub quality: f64,
    /// Output tokens.
    pub tokens: Sum,
    /// Cost in US dollars.
    pub cost: Sum,
    /// Milliseconds to the last byte.
    pub latency: Sum,
}

/// A number of observations and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub n: f64,
    pub sum: f64,
}

/// Observations beyond which costs and latencies forget, so that they follow changes.
const RECENT: f64 = 400.0;

impl Sum {
    /// Takes a value in. What is negative, infinite or absurd is left out.
    pub fn take(&mut self, value: Option<f64>, largest: f64) {
        let Some(value) = value.filter(|v| v.is_finite() && *v >= 0.0 && *v <= largest) else {
            return;
        };
        if self.n >= RECENT {
            self.scale(1.0 - 1.0 / RECENT);
        }
        self.n += 1.0;
        self.sum += value;
    }

    pub fn scale(&mut self, factor: f64) {
        self.n *= factor;
        self.sum *= factor;
    }

    pub fn add(&mut self, other: Self) {
        self.n += other.n;
        self.sum += other.sum;
    }
}

/// Output tokens, US dollars and milliseconds of one call that are believed, at most.
const MOST_TOKENS: f64 = 1e7;
const MOST_USD: f64 = 1e3;
const MOST_MS: f64 = 3.6e6;

impl Cell {
    /// Takes in what a call showed. A failed call says nothing of the cost of a good one.
    pub fn ran(&mut self, ran: &Ran) {
        if ran.failed {
            return;
        }
        self.tokens
            .take(ran.output_tokens.map(|t| t as f64), MOST_TOKENS);
        self.cost.take(ran.cost_usd, MOST_USD);
        self.latency.take(ran.latency_ms, MOST_MS);
    }

    /// Takes in a judgement of this weight.
    pub fn judged(&mut self, quality: f64, weight: f64) {
        self.n += weight;
        self.quality += weight * quality;
    }

    /// Replaces an earlier judgement.
    pub fn corrected(&mut self, before: f64, after: f64, weight: f64) {
        self.quality = (self.quality + weight * (after - before)).clamp(0.0, self.n);
    }

    /// Makes every judgement better or worse by this much.
    pub fn shift(&mut self, by: f64) {
        self.quality = (self.quality + by * self.n).clamp(0.0, self.n);
    }

    /// Keeps this share of the judgements.
    pub fn forget(&mut self, keep: f64) {
        self.n *= keep;
        self.quality *= keep;
    }

    /// Adds another class's sums.
    pub fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.quality += other.quality;
        self.tokens.add(other.tokens);
        self.cost.add(other.cost);
        self.latency.add(other.latency);
    }

    /// Numbers that a person could have typed into the store: finite, none below 0.
    pub fn is_sound(&self) -> bool {
        [
            self.n,
            self.quality,
            self.tokens.n,
            self.tokens.sum,
            self.cost.n,
            self.cost.sum,
            self.latency.n,
            self.latency.sum,
        ]
        .iter()
        .all(|x| x.is_finite() && *x >= 0.0)
            && self.quality <= self.n + 1e-6
    }
}
