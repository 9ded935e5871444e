//! Online nearest neighbours: the mean of an arm's outcomes on the most similar of the last thousand
//! prompts, one request in twenty at random.

use super::costs::Costs;
use crate::learn::context::dot;
use crate::replay::{Ask, Router, Taught, World};
use std::collections::VecDeque;

/// Outcomes remembered.
const REMEMBERED: usize = 1000;
/// Similarity at which a neighbour counts fully, and how fast it fades.
const NEAR: f32 = 0.6;
const FADE: f32 = 0.12;

/// The last outcomes: prompt, arm, quality.
pub struct Knn {
    seen: VecDeque<(usize, usize, f64)>,
    arms: usize,
    costs: Costs,
}

impl Knn {
    /// Nothing seen.
    pub fn new(world: &World, costs: Costs) -> Self {
        Self {
            seen: VecDeque::new(),
            arms: world.arms.len(),
            costs,
        }
    }
}

impl Router for Knn {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        if ask.seed.is_multiple_of(20) {
            return super::simple::AtRandom.choose(
                world,
                &Ask {
                    seed: ask.seed / 20,
                    ..*ask
                },
            );
        }
        let prompt = &world.prompts[ask.prompt].vector;
        let mut sums = vec![(1.0, 0.8); self.arms];
        for &(other, arm, quality) in &self.seen {
            let cosine = dot(prompt, &world.prompts[other].vector);
            let weight = f64::from(((cosine - NEAR) / FADE).exp());
            sums[arm].0 += weight;
            sums[arm].1 += weight * quality;
        }
        self.costs.best(ask, |a| sums[a].1 / sums[a].0)
    }

    fn learn(&mut self, _: &World, taught: &Taught) {
        self.costs.learn(taught.arm, taught.cost_usd);
        if let Some(quality) = taught.quality {
            if self.seen.len() == REMEMBERED {
                self.seen.pop_front();
            }
            self.seen.push_back((taught.prompt, taught.arm, quality));
        }
    }
}
