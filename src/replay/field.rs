//! The field that routers play on: one pass over the prompts, one choice and one outcome each.

use super::regime::{Regime, Stream};
use super::world::World;

/// What a router is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Step of the stream, from 0.
    pub step: usize,
    /// The prompt.
    pub prompt: usize,
    /// Price of one unit of cost, in units of quality; costs are in units of the world's dearest.
    pub lambda: f64,
    /// A number for this step's draws.
    pub seed: u64,
    /// An arm that may not be chosen yet.
    pub closed: Option<usize>,
}

/// What a router is told after its choice.
#[derive(Clone, Copy, Debug)]
pub struct Taught {
    /// Step of the stream.
    pub step: usize,
    /// The prompt.
    pub prompt: usize,
    /// The arm.
    pub arm: usize,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// Quality; `None` where nobody judged.
    pub quality: Option<f64>,
}

/// A router in a replay.
pub trait Router {
    /// Chooses an arm.
    fn choose(&mut self, world: &World, ask: &Ask) -> usize;
    /// Is told what came of it.
    fn learn(&mut self, world: &World, taught: &Taught);
    /// Is shown all arms' answers to a prompt before the stream begins.
    fn warm_up(&mut self, world: &World, prompt: usize) {
        for arm in 0..world.arms.len() {
            let answer = world.answer(prompt, arm);
            let cost_usd = world.cost(prompt, arm);
            let quality = Some(answer.quality);
            self.learn(
                world,
                &Taught {
                    step: 0,
                    prompt,
                    arm,
                    cost_usd,
                    quality,
                },
            );
        }
    }
    /// A new arm may be chosen from now on.
    fn newcomer(&mut self, _world: &World, _arm: usize) {}
}

/// What one router did: the arm, quality and cost of each step.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Arm chosen.
    pub arms: Vec<u16>,
    /// Quality got (as the regime makes it).
    pub quality: Vec<f32>,
    /// Cost in US dollars.
    pub cost: Vec<f64>,
}

/// Plays a stream once.
pub fn play(world: &World, stream: &Stream, lambda: f64, router: &mut dyn Router) -> Trace {
    for &prompt in &stream.warm {
        router.warm_up(world, prompt);
    }
    let mut trace = Trace::default();
    for (step, &prompt) in stream.order.iter().enumerate() {
        if stream.joins_at == Some(step) {
            router.newcomer(world, stream.newcomer);
        }
        let closed = stream.closed(step);
        let ask = Ask {
            step,
            prompt,
            lambda,
            seed: stream.seed(step),
            closed,
        };
        let arm = router.choose(world, &ask);
        let quality = stream.quality(world, step, arm);
        let cost_usd = world.cost(prompt, arm);
        trace.arms.push(arm as u16);
        trace.quality.push(quality as f32);
        trace.cost.push(cost_usd);
        let judged = stream.regime != Regime::Sparse || stream.is_judged(step);
        let quality = judged.then_some(quality);
        router.learn(
            world,
            &Taught {
                step,
                prompt,
                arm,
                cost_usd,
                quality,
            },
        );
    }
    trace
}
