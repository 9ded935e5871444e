//! Any arm with the same probability.

use crate::replay::{Ask, Router, Taught, World};

/// The random router.
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

/// One request in twenty, at random.
pub(super) fn now_and_then(world: &World, ask: &Ask) -> Option<usize> {
    let rest = Ask {
        seed: ask.seed / 20,
        ..*ask
    };
    ask.seed
        .is_multiple_of(20)
        .then(|| AtRandom.choose(world, &rest))
}
