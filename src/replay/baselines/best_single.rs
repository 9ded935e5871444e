//! The one arm that is best on average over the whole dataset, known in hindsight.

use super::Bench;
use super::informed::Informed;
use crate::replay::{Ask, Router};

/// Always the best of the arms that are there.
pub fn router<'a>(bench: &Bench<'a>) -> impl Router + use<'a> {
    let world = bench.world;
    let all: Vec<usize> = (0..world.prompts.len()).collect();
    let means: Vec<f64> = (0..world.arms.len())
        .map(|a| world.means(a, &all).0)
        .collect();
    // Its cost does not matter: the value is all that counts.
    Informed::new(world, f64::INFINITY, move |_: &Ask, a| means[a])
}
