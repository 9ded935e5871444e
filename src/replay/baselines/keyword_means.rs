//! Keyword classes with learned means: the best arm of each class so far, with an optimistic start
//! and one request in twenty at random.

use super::costs::Costs;
use super::keywords::CLASSES;
use super::random::now_and_then;
use crate::replay::{Ask, Router, Taught, World};

/// Means by keyword class and arm.
pub struct KeywordMeans {
    sums: Vec<(f64, f64)>,
    arms: usize,
    costs: Costs,
}

impl KeywordMeans {
    /// Nothing learned; one imaginary success an arm and class.
    pub fn new(world: &World, costs: Costs) -> Self {
        let arms = world.arms.len();
        Self {
            sums: vec![(1.0, 1.0); CLASSES * arms],
            arms,
            costs,
        }
    }
}

impl Router for KeywordMeans {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        if let Some(arm) = now_and_then(world, ask) {
            return arm;
        }
        let row = world.prompts[ask.prompt].keyword * self.arms;
        self.costs
            .best(ask, |a| self.sums[row + a].1 / self.sums[row + a].0)
    }

    fn learn(&mut self, world: &World, taught: &Taught) {
        self.costs.learn(taught.arm, taught.cost_usd);
        if let Some(quality) = taught.quality {
            let row = world.prompts[taught.prompt].keyword * self.arms;
            self.sums[row + taught.arm].0 += 1.0;
            self.sums[row + taught.arm].1 += quality;
        }
    }
}
