//! Thompson sampling with Beta posteriors: one set of arms for all prompts, or one for each of a few
//! clusters (online k-means), flat, without any sharing between clusters.

use super::costs::Costs;
use crate::learn::context::dot;
use crate::replay::regime::Random;
use crate::replay::{Ask, Router, Taught, World};

/// Beta posteriors by cluster and arm, and the clusters' centroids.
pub struct Thompson {
    posterior: Vec<(f64, f64)>,
    arms: usize,
    costs: Costs,
    clusters: usize,
    centroids: Vec<(f32, Vec<f32>)>,
}

impl Thompson {
    /// Uniform posteriors.
    pub fn new(world: &World, costs: Costs, clusters: usize) -> Self {
        let arms = world.arms.len();
        Self {
            posterior: vec![(1.0, 1.0); clusters * arms],
            arms,
            costs,
            clusters,
            centroids: Vec::new(),
        }
    }

    /// The cluster of a prompt. The first prompts found the clusters.
    fn cluster(&mut self, x: &[f32], teach: bool) -> usize {
        if self.clusters == 1 {
            return 0;
        }
        if teach && self.centroids.len() < self.clusters {
            self.centroids.push((1.0, x.to_vec()));
            return self.centroids.len() - 1;
        }
        let mut best = (0, f32::NEG_INFINITY);
        for (c, (_, centroid)) in self.centroids.iter().enumerate() {
            let cosine = dot(centroid, x) / dot(centroid, centroid).sqrt().max(1e-9);
            if cosine > best.1 {
                best = (c, cosine);
            }
        }
        if let (true, Some((n, centroid))) = (teach, self.centroids.get_mut(best.0)) {
            *n += 1.0;
            centroid
                .iter_mut()
                .zip(x)
                .for_each(|(c, x)| *c += (x - *c) / *n);
        }
        best.0
    }
}

impl Router for Thompson {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        let row = self.cluster(&world.prompts[ask.prompt].vector, false) * self.arms;
        let mut random = Random(ask.seed);
        self.costs.best(ask, |a| {
            let (good, bad) = self.posterior[row + a];
            beta(&mut random, good, bad)
        })
    }

    fn learn(&mut self, world: &World, taught: &Taught) {
        self.costs.learn(taught.arm, taught.cost_usd);
        if let Some(quality) = taught.quality {
            let cluster = self.cluster(&world.prompts[taught.prompt].vector, true);
            let cell = &mut self.posterior[cluster * self.arms + taught.arm];
            cell.0 += quality;
            cell.1 += 1.0 - quality;
        }
    }
}

fn beta(random: &mut Random, a: f64, b: f64) -> f64 {
    let (x, y) = (gamma(random, a), gamma(random, b));
    x / (x + y).max(1e-300)
}

/// Marsaglia and Tsang (2000); for a shape of at least 1.
fn gamma(random: &mut Random, shape: f64) -> f64 {
    let d = shape.max(1.0) - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..64 {
        let x = random.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - random.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
    d
}
