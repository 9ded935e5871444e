//! The per-prompt oracle: it knows how good each arm's answer to this very prompt will be. No target,
//! since it also knows every arm's luck.

use super::Bench;
use super::informed::Informed;
use crate::replay::{Ask, Router};

/// The arm with the best answer.
pub fn router<'a>(bench: &Bench<'a>) -> impl Router + use<'a> {
    let (world, stream) = (bench.world, bench.stream);
    Informed::new(world, bench.unit_usd, move |ask: &Ask, a| {
        stream.quality(world, ask.step, a)
    })
}
