//! LinUCB (Li et al. 2010) on a random projection of the context: zero-initialised, with centred
//! rewards, and centred with geometric forgetting.

use super::costs::Costs;
use crate::replay::regime::Random;
use crate::replay::{Ask, Router, Taught, World};

/// Components of the projected context, the constant included.
const D: usize = 33;
/// Width of the confidence bonus.
const ALPHA: f64 = 0.3;

/// How rewards are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// As they are.
    Zero,
    /// Less the running mean of all.
    Centred,
    /// Centred, and old ones fade by .997 a step.
    Forgetting,
}

/// The contexts of all prompts, projected at random to fewer components; the first is constant.
pub struct Projected(Vec<[f64; D]>);

impl Projected {
    /// Projects a world's prompts.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let mut random = Random(33);
        let length = world.prompts.first().map_or(0, |p| p.vector.len());
        let scale = 2.0 / ((D - 1) as f64).sqrt();
        let mut row = || std::array::from_fn(|_| (random.normal() * scale) as f32);
        let projection: Vec<[f32; D - 1]> = (0..length).map(|_| row()).collect();
        let project = |x: &[f32]| {
            let mut sums = [0.0f32; D - 1];
            for (x, row) in x.iter().zip(&projection) {
                sums.iter_mut().zip(row).for_each(|(s, p)| *s += x * p);
            }
            std::array::from_fn(|i| if i == 0 { 1.0 } else { f64::from(sums[i - 1]) })
        };
        Self(world.prompts.iter().map(|p| project(&p.vector)).collect())
    }
}

/// One ridge regression an arm.
pub struct LinUcb<'a> {
    projected: &'a Projected,
    inverse: Vec<Box<[[f64; D]; D]>>,
    right: Vec<[f64; D]>,
    mean: (f64, f64),
    costs: Costs,
    variant: Variant,
}

impl<'a> LinUcb<'a> {
    /// Nothing learned; a ridge of 1.
    pub fn new(world: &World, projected: &'a Projected, costs: Costs, variant: Variant) -> Self {
        let mut unit = Box::new([[0.0; D]; D]);
        (0..D).for_each(|i| unit[i][i] = 1.0);
        Self {
            projected,
            inverse: vec![unit; world.arms.len()],
            right: vec![[0.0; D]; world.arms.len()],
            mean: (0.0, 0.0),
            costs,
            variant,
        }
    }

    fn times(&self, arm: usize, x: &[f64; D]) -> [f64; D] {
        std::array::from_fn(|r| self.inverse[arm][r].iter().zip(x).map(|(a, b)| a * b).sum())
    }
}

fn inner(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl Router for LinUcb<'_> {
    fn choose(&mut self, _: &World, ask: &Ask) -> usize {
        let x = self.projected.0[ask.prompt];
        self.costs.best(ask, |a| {
            let ax = self.times(a, &x);
            inner(&ax, &self.right[a]) + ALPHA * inner(&ax, &x).max(0.0).sqrt()
        })
    }

    fn learn(&mut self, _: &World, taught: &Taught) {
        self.costs.learn(taught.arm, taught.cost_usd);
        let Some(quality) = taught.quality else {
            return;
        };
        let centre = match self.variant {
            Variant::Zero => 0.0,
            _ if self.mean.0 == 0.0 => 0.5,
            _ => self.mean.1 / self.mean.0,
        };
        self.mean = (self.mean.0 + 1.0, self.mean.1 + quality);
        let x = self.projected.0[taught.prompt];
        let arm = taught.arm;
        if self.variant == Variant::Forgetting {
            let fade = 0.997;
            self.right[arm].iter_mut().for_each(|b| *b *= fade);
            let trace: f64 = (0..D).map(|i| self.inverse[arm][i][i]).sum();
            if trace < D as f64 {
                self.inverse[arm]
                    .iter_mut()
                    .flatten()
                    .for_each(|v| *v /= fade);
            }
        }
        let ax = self.times(arm, &x);
        let scale = 1.0 / (1.0 + inner(&ax, &x));
        for (row, r) in self.inverse[arm].iter_mut().zip(ax) {
            row.iter_mut()
                .zip(ax)
                .for_each(|(v, c)| *v -= scale * r * c);
        }
        self.right[arm]
            .iter_mut()
            .zip(x)
            .for_each(|(b, x)| *b += x * (quality - centre));
    }
}
