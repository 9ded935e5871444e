//! What an arm is expected to cost: its list price, then the mean of what it cost.

use crate::replay::world::World;

/// Expected costs, in units of the replay.
#[derive(Clone, Debug)]
pub struct Costs {
    sums: Vec<(f64, f64)>,
    unit_usd: f64,
}

impl Costs {
    /// By list price alone.
    pub fn new(world: &World, unit_usd: f64) -> Self {
        let list = |price: &Option<crate::domain::Price>| {
            (
                1.0,
                price.map_or(unit_usd, |p| p.estimate_usd(500.0, 300.0)),
            )
        };
        Self {
            sums: world.prices.iter().map(list).collect(),
            unit_usd,
        }
    }

    /// The mean of all that each arm's calls will cost, known beforehand.
    pub fn known(world: &World, unit_usd: f64) -> Self {
        let all: Vec<usize> = (0..world.prompts.len()).collect();
        let mean = |a: usize| (1.0, world.means(a, &all).1);
        Self {
            sums: (0..world.arms.len()).map(mean).collect(),
            unit_usd,
        }
    }

    /// Takes a cost in.
    pub fn learn(&mut self, arm: usize, cost_usd: f64) {
        self.sums[arm].0 += 1.0;
        self.sums[arm].1 += cost_usd;
    }

    /// Expected cost of an arm.
    pub fn of(&self, arm: usize) -> f64 {
        self.sums[arm].1 / self.sums[arm].0 / self.unit_usd
    }

    /// The open arm with the highest `value(arm) - lambda * cost(arm)`.
    pub fn best(&self, ask: &crate::replay::Ask, mut value: impl FnMut(usize) -> f64) -> usize {
        let open = (0..self.sums.len()).filter(|a| Some(*a) != ask.closed);
        let scored = open.map(|a| (a, value(a) - ask.lambda * self.of(a)));
        scored
            .max_by(|x, y| x.1.total_cmp(&y.1))
            .map_or(0, |(a, _)| a)
    }
}
