//! Online nearest neighbours: the mean of an arm's outcomes on the most similar of the last thousand
//! prompts, one request in twenty at random.

use super::costs::Costs;
use super::random::now_and_then;
use crate::learn::context::dot;
use crate::replay::{Ask, Router, Taught, World};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Outcomes remembered.
const REMEMBERED: usize = 1000;
/// Similarity at which a neighbour counts fully, and how fast it fades.
const NEAR: f32 = 0.6;
const FADE: f32 = 0.12;

/// Weights of the remembered outcomes by step. Which prompts are remembered does not depend on the
/// arms that were chosen, so that all cost weights of a pass share them.
#[derive(Clone, Default)]
pub struct Kernels(Rc<RefCell<HashMap<usize, Rc<[f32]>>>>);

impl Kernels {
    fn row(&self, step: usize, make: impl FnOnce() -> Rc<[f32]>) -> Rc<[f32]> {
        let mut rows = self.0.borrow_mut();
        Rc::clone(rows.entry(step).or_insert_with(make))
    }
}

/// The last outcomes: prompt, arm, quality.
pub struct Knn {
    seen: VecDeque<(usize, usize, f64)>,
    arms: usize,
    costs: Costs,
    kernels: Kernels,
}

impl Knn {
    /// Nothing seen.
    pub fn new(world: &World, costs: Costs, kernels: Kernels) -> Self {
        Self {
            seen: VecDeque::new(),
            arms: world.arms.len(),
            costs,
            kernels,
        }
    }
}

impl Router for Knn {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        if let Some(arm) = now_and_then(world, ask) {
            return arm;
        }
        let prompt = &world.prompts[ask.prompt].vector;
        let weight = |&(other, ..): &(usize, usize, f64)| {
            ((dot(prompt, &world.prompts[other].vector) - NEAR) / FADE).exp()
        };
        let weights = self
            .kernels
            .row(ask.step, || self.seen.iter().map(weight).collect());
        let mut sums = vec![(1.0, 0.8); self.arms];
        for (&(_, arm, quality), weight) in self.seen.iter().zip(weights.iter()) {
            sums[arm].0 += f64::from(*weight);
            sums[arm].1 += f64::from(*weight) * quality;
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
