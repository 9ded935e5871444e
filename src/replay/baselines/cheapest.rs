//! Always the arm with the least expected cost.

use super::costs::Costs;
use crate::replay::{Ask, Router, Taught, World};

/// The cheapest arm: by list price at first, then by what calls cost.
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
