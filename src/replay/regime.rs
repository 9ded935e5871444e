//! Regimes: what a stream of requests has in store for the routers.

use super::world::World;

/// Prompts scored in full before a warm stream.
pub const WARM_PROMPTS: usize = 500;
/// Share of requests that are judged in the sparse regime.
const JUDGED_SHARE: f64 = 0.3;

/// A regime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Regime {
    /// Nothing is known but list prices.
    Cold,
    /// 500 prompts with all arms' scores come first.
    Warm,
    /// In the middle third the best arm's quality halves, silently.
    Drift,
    /// The best arm joins at half time.
    Newcomer,
    /// Three requests in ten are judged.
    Sparse,
}

impl Regime {
    /// As in tables and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Drift => "drift",
            Self::Newcomer => "newcomer",
            Self::Sparse => "sparse",
        }
    }
}

/// One pass over a dataset in a random order.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The regime.
    pub regime: Regime,
    /// Prompts shown in full before.
    pub warm: Vec<usize>,
    /// Prompts of the stream.
    pub order: Vec<usize>,
    /// The best single arm over the whole world, which drifts or joins late.
    pub newcomer: usize,
    /// When it joins.
    pub joins_at: Option<usize>,
    /// From and to which step its quality is halved.
    pub halved: Option<(usize, usize)>,
    seed: u64,
}

impl Stream {
    /// The stream of a seed.
    #[must_use]
    pub fn new(world: &World, regime: Regime, seed: u64) -> Self {
        let n = world.prompts.len();
        let mut order: Vec<usize> = (0..n).collect();
        let mut random = Random(seed.wrapping_mul(0x5851_F42D_4C95_7F2D) ^ 0x1405_7B7E_F767_814F);
        for i in (1..n).rev() {
            order.swap(i, (random.bits() % (i as u64 + 1)) as usize);
        }
        let warm = if regime == Regime::Warm {
            order.drain(..WARM_PROMPTS.min(n / 3)).collect()
        } else {
            Vec::new()
        };
        let all: Vec<usize> = (0..n).collect();
        let best =
            |a: &usize, b: &usize| world.means(*a, &all).0.total_cmp(&world.means(*b, &all).0);
        let steps = order.len();
        Self {
            regime,
            warm,
            order,
            newcomer: (0..world.arms.len()).max_by(best).unwrap_or(0),
            joins_at: (regime == Regime::Newcomer).then_some(steps / 2),
            halved: (regime == Regime::Drift).then_some((steps / 3, 2 * steps / 3)),
            seed,
        }
    }

    /// The arm that has not joined yet at this step.
    #[must_use]
    pub fn closed(&self, step: usize) -> Option<usize> {
        self.joins_at
            .is_some_and(|joins| step < joins)
            .then_some(self.newcomer)
    }

    /// Seed of a step's draws.
    #[must_use]
    pub fn seed(&self, step: usize) -> u64 {
        Random(
            self.seed
                .wrapping_mul(0x9E37_79B9)
                .wrapping_add(step as u64),
        )
        .bits()
    }

    /// Is this step judged, in the sparse regime?
    #[must_use]
    pub fn is_judged(&self, step: usize) -> bool {
        let draw = Random(self.seed(step) ^ 0xABCD).bits() >> 11;
        (draw as f64) < JUDGED_SHARE * (1u64 << 53) as f64
    }

    /// What an arm's quality is multiplied by at a step.
    #[must_use]
    pub fn factor(&self, step: usize, arm: usize) -> f64 {
        let halved = self
            .halved
            .is_some_and(|(from, to)| (from..to).contains(&step));
        if halved && arm == self.newcomer {
            0.5
        } else {
            1.0
        }
    }

    /// The quality that an arm has at a step.
    #[must_use]
    pub fn quality(&self, world: &World, step: usize, arm: usize) -> f64 {
        self.factor(step, arm) * world.answer(self.order[step], arm).quality
    }

    /// The arm that is best on average while the best one is away or halved.
    #[must_use]
    pub fn stand_in(&self, world: &World) -> usize {
        let all: Vec<usize> = (0..world.prompts.len()).collect();
        let others = (0..world.arms.len()).filter(|a| *a != self.newcomer);
        let means = others.map(|a| (a, world.means(a, &all).0));
        means
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(self.newcomer, |(a, _)| a)
    }
}

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal, mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
