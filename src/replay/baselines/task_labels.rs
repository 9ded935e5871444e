//! The map by task labels, which no router sees: for each task the arm that is best on average over
//! all its prompts, the one at hand included.

use super::Bench;
use super::informed::Informed;
use crate::replay::{Ask, Router, World};

/// The best arm of each task.
pub fn router<'a>(bench: &Bench<'a>) -> impl Router + use<'a> {
    let (world, stream, arms) = (bench.world, bench.stream, bench.world.arms.len());
    let means = means(world);
    Informed::new(world, bench.unit_usd, move |ask: &Ask, a| {
        stream.factor(ask.step, a) * means[world.prompts[ask.prompt].task * arms + a]
    })
}

fn means(world: &World) -> Vec<f64> {
    let arms = world.arms.len();
    let tasks = world.prompts.iter().map(|p| p.task + 1).max().unwrap_or(1);
    let mut sums = vec![(0.0, 0.0); tasks * arms];
    for (i, prompt) in world.prompts.iter().enumerate() {
        for a in 0..arms {
            let sum = &mut sums[prompt.task * arms + a];
            *sum = (sum.0 + 1.0, sum.1 + world.answer(i, a).quality);
        }
    }
    sums.iter().map(|(n, s)| s / f64::max(*n, 1.0)).collect()
}
