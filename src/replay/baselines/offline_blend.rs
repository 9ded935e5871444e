//! The offline blend as a router: predictions from all labels of other prompts (`offline`), and a
//! change of an arm's quality is known to it the moment it happens.

use super::Bench;
use super::informed::Informed;
use crate::replay::{Ask, Router};

/// The arm with the best prediction.
pub fn router<'a>(bench: &Bench<'a>) -> impl Router + use<'a> {
    let (stream, offline, arms) = (bench.stream, bench.offline, bench.world.arms.len());
    Informed::new(bench.world, bench.unit_usd, move |ask: &Ask, a| {
        stream.factor(ask.step, a) * offline[ask.prompt * arms + a]
    })
}
