//! Thompson sampling with its probabilities worked out: how probable is it that each arm is the
//! best, when each score is normal around its mean? Making the distribution and drawing from it are
//! two functions, so that the propensity that is stored is exact, and not itself a sample.
//!
//! The density of the maximum is integrated over a grid; arms that are hopeless are left out first.

use std::sync::LazyLock;

/// Points of the grid.
const POINTS: usize = 24;
/// Deviations around a mean that are looked at.
const REACH: f64 = 3.0;
/// Probabilities below this are rounded to 0: a log cannot be evaluated on one pull in a thousand
/// requests, and the pull would be paid for.
const LEAST: f64 = 0.002;

/// Probability that each arm has the highest value, where values are independent and normal with
/// these means and deviations. Sums to 1. Empty for no arms. Values that are not numbers count as
/// hopeless, unless all are.
#[must_use]
pub fn best_probabilities(means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut probabilities = vec![0.0; means.len()];
    let Some(best) = first_best(means) else {
        if let Some(first) = probabilities.first_mut() {
            *first = 1.0;
        }
        return probabilities;
    };
    let floor = means
        .iter()
        .zip(deviations)
        .filter(|(mean, _)| mean.is_finite())
        .map(|(mean, sd)| mean - REACH * sound(*sd))
        .fold(f64::NEG_INFINITY, f64::max);
    let in_play: Vec<usize> = (0..means.len())
        .filter(|&a| means[a].is_finite() && means[a] + REACH * sound(deviations[a]) >= floor)
        .collect();
    integrate(means, deviations, &in_play, floor, &mut probabilities);
    settle(&mut probabilities, best);
    probabilities
}

fn first_best(means: &[f64]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (a, mean) in means.iter().enumerate() {
        if mean.is_finite() && best.is_none_or(|b| *mean > means[b]) {
            best = Some(a);
        }
    }
    best
}

fn sound(deviation: f64) -> f64 {
    if deviation.is_finite() {
        deviation.clamp(1e-9, 1e9)
    } else {
        1e-9
    }
}

/// Adds up, over the cells of a grid, the chance that an arm falls into the cell and all others
/// below its middle.
fn integrate(means: &[f64], deviations: &[f64], arms: &[usize], floor: f64, into: &mut [f64]) {
    let top = arms
        .iter()
        .map(|&a| means[a] + REACH * sound(deviations[a]))
        .fold(floor, f64::max);
    let step = (top - floor) / POINTS as f64;
    if arms.len() < 2 || step <= 0.0 {
        return;
    }
    let scaled: Vec<(f64, f64)> = arms
        .iter()
        .map(|&a| (means[a], 1.0 / sound(deviations[a])))
        .collect();
    let curve = &*CURVE;
    let mut below: Vec<f64> = scaled
        .iter()
        .map(|(m, k)| normal_cdf(curve, (floor - m) * k))
        .collect();
    let mut now = vec![0.0; arms.len()];
    for cell in 1..=POINTS {
        let upper = floor + step * cell as f64;
        let mut all = 1.0;
        for ((now, below), (m, k)) in now.iter_mut().zip(&below).zip(&scaled) {
            *now = normal_cdf(curve, (upper - m) * k);
            all *= (0.5 * (*now + below)).max(1e-12);
        }
        for (i, (now, below)) in now.iter().zip(&mut below).enumerate() {
            into[arms[i]] += (now - *below) * all / (0.5 * (now + *below)).max(1e-12);
            *below = *now;
        }
    }
}

/// Rounds the least away and lets the rest sum to 1.
fn settle(probabilities: &mut [f64], best: usize) {
    let total: f64 = probabilities.iter().sum();
    if total <= 0.0 || !total.is_finite() {
        probabilities.fill(0.0);
        probabilities[best] = 1.0;
        return;
    }
    let least = LEAST * total;
    probabilities
        .iter_mut()
        .filter(|p| **p < least)
        .for_each(|p| *p = 0.0);
    let total: f64 = probabilities.iter().sum();
    if total <= 0.0 {
        probabilities[best] = 1.0;
        return;
    }
    probabilities.iter_mut().for_each(|p| *p /= total);
}

/// Draws an index from a distribution. The same seed draws the same; distributions that are nearly
/// alike draw nearly always the same (each index has a waiting time of its own from the seed, the
/// shortest wins), which a draw along the cumulated distribution would not do.
/// `None` where nothing has a positive probability.
#[must_use]
pub fn draw(probabilities: &[f64], seed: u64) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (i, &p) in probabilities.iter().enumerate() {
        if p > 0.0 && p.is_finite() {
            let wait = -uniform(seed, i as u64).ln() / p;
            if best.is_none_or(|(_, least)| wait < least) {
                best = Some((i, wait));
            }
        }
    }
    best.map(|(i, _)| i)
}

/// A number in (0, 1) from a seed and a counter (SplitMix64 finaliser).
fn uniform(seed: u64, counter: u64) -> f64 {
    let mut z = seed ^ counter.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for _ in 0..2 {
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    ((z >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// The normal distribution function, to 2e-4: read from a table of the logistic curve, between
/// whose points the curve is nearly straight (to 1e-5).
#[inline]
fn normal_cdf(curve: &Curve, x: f64) -> f64 {
    if x >= END {
        return 1.0;
    }
    if x <= -END || x.is_nan() {
        return 0.0;
    }
    let place = (x + END) * STEPS;
    let low = place as u32;
    let below = curve[low as usize & LAST];
    let above = curve[(low as usize + 1) & LAST];
    below + (place - f64::from(low)) * (above - below)
}

const END: f64 = 6.0;
/// Points of the table in a unit.
const STEPS: f64 = 64.0;

/// A power of two, so that no index needs a check; the points beyond the end are never read.
type Curve = [f64; 1024];
const LAST: usize = 1023;

static CURVE: LazyLock<Box<Curve>> = LazyLock::new(|| {
    let mut curve = Box::new([1.0; 1024]);
    for (point, value) in curve.iter_mut().enumerate() {
        *value = logistic(point as f64 / STEPS - END);
    }
    curve
});

/// A logistic curve with a cubic term (Page 1977).
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-1.595_769_12 * x - 0.070_565_99 * x * x * x).exp())
}
