//! A paced budget: keeps mean cost near a ceiling by a price on cost that rises while spending is
//! above it (the dual variable of ParetoBandit, arXiv 2604.00136). Pure: told each cost as it comes.

use crate::domain::Weights;
use serde::{Deserialize, Serialize};

/// How fast the price moves with one request.
const STEP: f64 = 0.05;
/// The price at most, in units of the reference cost's weight.
const MOST: f64 = 5.0;
/// Weight of the newest cost in the running mean.
const NEWEST: f64 = 0.05;
/// While the price is positive, arms dearer than this many ceilings are out.
const HARD: f64 = 20.0;

/// The state of one budget; small enough to be kept with the budget's records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pacer {
    /// US dollars that a request may cost on average; above 0.
    ceiling_usd: f64,
    /// Running mean of costs in US dollars.
    mean_usd: f64,
    /// The price.
    lambda: f64,
}

impl Pacer {
    /// A budget of this many US dollars a request on average. `None` unless finite and above 0.
    #[must_use]
    pub fn new(ceiling_usd: f64) -> Option<Self> {
        let sound = ceiling_usd.is_finite() && ceiling_usd > 0.0;
        sound.then_some(Self {
            ceiling_usd,
            mean_usd: ceiling_usd,
            lambda: 0.0,
        })
    }

    /// What is left of a window's budget, spread over the requests still expected in it. The price
    /// and the running mean stay.
    pub fn spread(&mut self, left_usd: f64, requests_left: f64) {
        let ceiling = left_usd / requests_left.max(1.0);
        if ceiling.is_finite() {
            self.ceiling_usd = ceiling.max(1e-12);
        }
    }

    /// Counts what a request cost, fallbacks and fan-outs included.
    pub fn spent(&mut self, cost_usd: f64) {
        if !(cost_usd.is_finite() && cost_usd >= 0.0) {
            return;
        }
        self.mean_usd += NEWEST * (cost_usd - self.mean_usd);
        let over = (self.mean_usd / self.ceiling_usd - 1.0).clamp(-1.0, 10.0);
        self.lambda = (self.lambda + STEP * over).clamp(0.0, MOST);
    }

    /// The price of a reference cost that is added to a request's own.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The weights of a request under this budget.
    #[must_use]
    pub fn weigh(&self, weights: Weights) -> Weights {
        Weights {
            cost: weights.cost + self.lambda * weights.quality.max(1e-3),
            ..weights
        }
    }

    /// Expected cost in US dollars beyond which an arm is out; `None` while spending is in bounds.
    #[must_use]
    pub fn hard_ceiling_usd(&self) -> Option<f64> {
        (self.lambda > 0.0).then_some(HARD * self.ceiling_usd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two arms: a dear one that is better by .3, and a cheap one.
    #[test]
    fn spending_is_held_near_the_ceiling() {
        let mut pacer = Pacer::new(0.004).unwrap();
        let mut spent = 0.0;
        for _ in 0..4000 {
            let weights = pacer.weigh(Weights {
                quality: 1.0,
                cost: 0.0,
                latency: 0.0,
            });
            let dear = 0.3 - weights.cost * (0.009 / 0.010) > 0.0;
            let cost = if dear { 0.010 } else { 0.001 };
            pacer.spent(cost);
            spent += cost;
        }
        assert!((spent / 4000.0 / 0.004 - 1.0).abs() < 0.05, "{spent}");
    }

    #[test]
    fn absurd_numbers_change_nothing() {
        assert_eq!(Pacer::new(0.0), None);
        assert_eq!(Pacer::new(f64::NAN), None);
        let mut pacer = Pacer::new(1.0).unwrap();
        let before = pacer;
        pacer.spent(f64::NAN);
        pacer.spent(-1.0);
        assert_eq!(pacer, before);
        assert_eq!(pacer.hard_ceiling_usd(), None);
    }
}
