//! Routers that do not learn quality: at random, and always the cheapest.

use super::costs::Costs;
use crate::replay::{Ask, Router, Taught, World};

/// Any arm with the same probability.
pub struct AtRandom;

impl Router for AtRandom {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        let open: Vec<usize> = (0..world.arms.len())
            .filter(|a| Some(*a) != ask.closed)
            .collect();
        open[(ask.seed % open.len() as u64) as usize]
    }

    fn learn(&mut self, _: &World, _: &Taught) {}
}

/// The arm with the least expected cost.
pub struct Cheapest(pub Costs);

impl Router for Cheapest {
    fn choose(&mut self, _: &World, ask: &Ask) -> usize {
        let dear = Ask {
            lambda: 1.0,
            ..*ask
        };
        self.0.best(&dear, |_| 0.0)
    }

    fn learn(&mut self, _: &World, taught: &Taught) {
        self.0.learn(taught.arm, taught.cost_usd);
    }
}
