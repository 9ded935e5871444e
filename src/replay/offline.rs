//! What the embedding can tell: a blend of kernel nearest neighbours, ridge regression and shrunken
//! class means, trained with **all** labels of all arms and tested on other prompts (five folds).
//! An upper anchor, not a router: no live router sees what it sees.

use super::parallel::parallel;
use super::regime::Random;
use super::world::World;
use crate::learn::context::dot;

const FOLDS: usize = 5;
const NEIGHBOURS: usize = 40;
/// Ridge penalties tried; the best by error is kept.
const PENALTIES: [f64; 3] = [3.0, 10.0, 30.0];
const CLUSTERS: usize = 48;
/// Prompts that neighbours are sought among, at most.
const MOST_COMPARED: usize = 8000;

/// Predicted quality by prompt and arm (row-major), each from folds that the prompt is not in.
#[must_use]
pub fn predict(world: &World, threads: usize) -> Vec<f64> {
    let folds = Folds::new(world);
    let done = parallel(FOLDS, threads, |f| {
        let mut models = vec![folds.neighbours(f), folds.clusters(f)];
        models.extend(folds.ridges(f));
        models
    });
    let mut all = folds.gather(&done);
    let ridges = all.split_off(2);
    let error = |p: &Vec<f64>| folds.error(p);
    let ridge = ridges
        .into_iter()
        .min_by(|a, b| error(a).total_cmp(&error(b)))
        .unwrap_or_default();
    all.push(ridge);
    folds.blend(&all)
}

/// Predictions of the prompts of one fold: (prompt, quality by arm).
type Predicted = Vec<(usize, Vec<f64>)>;

struct Folds<'a> {
    world: &'a World,
    fold: Vec<usize>,
}

impl<'a> Folds<'a> {
    fn new(world: &'a World) -> Self {
        let mut random = Random(7);
        let fold = world
            .prompts
            .iter()
            .map(|_| (random.bits() % FOLDS as u64) as usize)
            .collect();
        Self { world, fold }
    }

    fn arms(&self) -> usize {
        self.world.arms.len()
    }

    fn quality(&self, i: usize) -> impl Iterator<Item = f64> {
        let arms = self.arms();
        self.world.answers[i * arms..(i + 1) * arms]
            .iter()
            .map(|g| g.quality)
    }

    fn train(&self, f: usize) -> Vec<usize> {
        (0..self.fold.len())
            .filter(|&i| self.fold[i] != f)
            .collect()
    }

    fn test(&self, f: usize) -> Vec<usize> {
        (0..self.fold.len())
            .filter(|&i| self.fold[i] == f)
            .collect()
    }

    fn mean(&self, prompts: &[usize]) -> Vec<f64> {
        let mut mean = vec![0.0; self.arms()];
        for &i in prompts {
            mean.iter_mut()
                .zip(self.quality(i))
                .for_each(|(m, q)| *m += q / prompts.len() as f64);
        }
        mean
    }

    /// Predictions of all prompts by model, from those of each fold by model.
    fn gather(&self, folds: &[Vec<Predicted>]) -> Vec<Vec<f64>> {
        let models = folds.first().map_or(0, Vec::len);
        let mut all = vec![vec![0.0; self.world.answers.len()]; models];
        for fold in folds {
            for (all, predicted) in all.iter_mut().zip(fold) {
                for (i, predicted) in predicted {
                    all[i * self.arms()..(i + 1) * self.arms()].copy_from_slice(predicted);
                }
            }
        }
        all
    }

    /// Squared error of what matters: how arms compare on the same prompt.
    fn error(&self, predicted: &[f64]) -> f64 {
        let arms = self.arms();
        let mut sum = 0.0;
        for (i, row) in predicted.chunks_exact(arms).enumerate() {
            let residuals: Vec<f64> = row
                .iter()
                .zip(self.quality(i))
                .map(|(p, q)| q - p)
                .collect();
            let mean = residuals.iter().sum::<f64>() / arms as f64;
            sum += residuals.iter().map(|r| (r - mean).powi(2)).sum::<f64>();
        }
        sum
    }

    fn neighbours(&self, f: usize) -> Predicted {
        let mut train = self.train(f);
        let step = train.len().div_ceil(MOST_COMPARED).max(1);
        train = train.into_iter().step_by(step).collect();
        let mean = self.mean(&train);
        let predict = |&i: &usize| {
            let prompt = &self.world.prompts[i].vector;
            let mut near: Vec<(f32, usize)> = train
                .iter()
                .map(|&j| (dot(prompt, &self.world.prompts[j].vector), j))
                .collect();
            let k = NEIGHBOURS.min(near.len() - 1);
            near.select_nth_unstable_by(k, |a, b| b.0.total_cmp(&a.0));
            near.truncate(k);
            let mut total = 1.0;
            let mut sums = mean.clone();
            for (cosine, j) in near {
                let weight = ((f64::from(cosine) - 0.6) / 0.12).exp();
                total += weight;
                sums.iter_mut()
                    .zip(self.quality(j))
                    .for_each(|(s, q)| *s += weight * q);
            }
            (i, sums.iter().map(|s| s / total).collect())
        };
        self.test(f).iter().map(predict).collect()
    }

    /// One ridge regression a penalty.
    fn ridges(&self, f: usize) -> Vec<Predicted> {
        let train = self.train(f);
        let mean = self.mean(&train);
        let d = self.world.prompts[0].vector.len();
        let (mut gram, mut right) = (vec![0.0f32; d * d], vec![0.0f64; d * self.arms()]);
        for &i in &train {
            let x = &self.world.prompts[i].vector;
            for (row, xr) in gram.chunks_exact_mut(d).zip(x) {
                row.iter_mut().zip(x).for_each(|(g, xc)| *g += xr * xc);
            }
            for (a, q) in self.quality(i).enumerate() {
                let residual = q - mean[a];
                let column = &mut right[a * d..(a + 1) * d];
                column
                    .iter_mut()
                    .zip(x)
                    .for_each(|(r, x)| *r += residual * f64::from(*x));
            }
        }
        let solved = |&penalty: &f64| {
            let mut gram: Vec<f64> = gram.iter().map(|g| f64::from(*g)).collect();
            let mut right = right.clone();
            (0..d).for_each(|r| gram[r * d + r] += penalty);
            factorise(&mut gram, d);
            right
                .chunks_exact_mut(d)
                .for_each(|column| substitute(&gram, d, column));
            self.linear(f, &mean, &right)
        };
        PENALTIES.iter().map(solved).collect()
    }

    /// Predictions of a linear model of the residuals around the arms' means.
    fn linear(&self, f: usize, mean: &[f64], weights: &[f64]) -> Predicted {
        let predict = |&i: &usize| {
            let x = &self.world.prompts[i].vector;
            let of = |(mean, column): (&f64, &[f64])| {
                let terms = column.iter().zip(x).map(|(b, x)| b * f64::from(*x));
                mean + terms.sum::<f64>()
            };
            (
                i,
                mean.iter()
                    .zip(weights.chunks_exact(x.len()))
                    .map(of)
                    .collect(),
            )
        };
        self.test(f).iter().map(predict).collect()
    }

    fn clusters(&self, f: usize) -> Predicted {
        let train = self.train(f);
        let mean = self.mean(&train);
        let centroids = self.k_means(&train);
        let arms = self.arms();
        let mut sums = vec![0.0; centroids.len() * arms];
        let mut counts = vec![0.0; centroids.len()];
        for &i in &train {
            let c = nearest(&centroids, &self.world.prompts[i].vector);
            counts[c] += 1.0;
            let row = &mut sums[c * arms..(c + 1) * arms];
            row.iter_mut()
                .zip(self.quality(i))
                .for_each(|(s, q)| *s += q);
        }
        let predict = |&i: &usize| {
            let c = nearest(&centroids, &self.world.prompts[i].vector);
            let of = |a: usize| (sums[c * arms + a] + 8.0 * mean[a]) / (counts[c] + 8.0);
            (i, (0..arms).map(of).collect())
        };
        self.test(f).iter().map(predict).collect()
    }

    fn k_means(&self, train: &[usize]) -> Vec<Vec<f32>> {
        let step = (train.len() / CLUSTERS).max(1);
        let seeds = train.iter().step_by(step).take(CLUSTERS);
        let mut centroids: Vec<Vec<f32>> = seeds
            .map(|&i| self.world.prompts[i].vector.clone())
            .collect();
        for _ in 0..12 {
            let mut sums = vec![vec![0.0f32; centroids[0].len()]; centroids.len()];
            for &i in train {
                let x = &self.world.prompts[i].vector;
                let c = nearest(&centroids, x);
                sums[c].iter_mut().zip(x).for_each(|(s, x)| *s += x);
            }
            for (centroid, sum) in centroids.iter_mut().zip(sums) {
                let norm = dot(&sum, &sum).sqrt();
                if norm > 0.0 {
                    *centroid = sum.iter().map(|x| x / norm).collect();
                }
            }
        }
        centroids
    }

    /// The mix of predictions with the least error, in quarters.
    fn blend(&self, parts: &[Vec<f64>]) -> Vec<f64> {
        let mut best = (f64::INFINITY, Vec::new());
        for a in 0..=4 {
            for b in 0..=4 - a {
                let w = [a, b, 4 - a - b].map(|x| f64::from(x) / 4.0);
                let at = |i: usize| w[0] * parts[0][i] + w[1] * parts[1][i] + w[2] * parts[2][i];
                let mix: Vec<f64> = (0..parts[0].len()).map(at).collect();
                let error = self.error(&mix);
                if error < best.0 {
                    best = (error, mix);
                }
            }
        }
        best.1
    }
}

fn nearest(centroids: &[Vec<f32>], x: &[f32]) -> usize {
    let cosine = |c: &Vec<f32>| dot(c, x);
    let mut best = (0, f32::NEG_INFINITY);
    for (c, centroid) in centroids.iter().enumerate() {
        let now = cosine(centroid);
        if now > best.1 {
            best = (c, now);
        }
    }
    best.0
}

/// Cholesky factor of a positive definite matrix, in its lower half.
fn factorise(m: &mut [f64], d: usize) {
    for c in 0..d {
        for r in c..d {
            let (head, tail) = m.split_at(r * d);
            let row_c = if r == c {
                &tail[..c]
            } else {
                &head[c * d..c * d + c]
            };
            let sum: f64 = tail[..c].iter().zip(row_c).map(|(x, y)| x * y).sum();
            let value = m[r * d + c] - sum;
            m[r * d + c] = if r == c {
                value.max(1e-9).sqrt()
            } else {
                value / m[c * d + c]
            };
        }
    }
}

fn substitute(factor: &[f64], d: usize, b: &mut [f64]) {
    for r in 0..d {
        let sum: f64 = (0..r).map(|c| factor[r * d + c] * b[c]).sum();
        b[r] = (b[r] - sum) / factor[r * d + r];
    }
    for r in (0..d).rev() {
        let sum: f64 = (r + 1..d).map(|c| factor[c * d + r] * b[c]).sum();
        b[r] = (b[r] - sum) / factor[r * d + r];
    }
}
