//! Gathers the figures of all seeds; prints them as a table and as JSON with stable keys.

use super::measure::{Point, cost_at, hull, quality_at};
use super::regime::{Random, Regime};
use super::run::{Options, SeedResult};
use super::world::World;
use serde::Serialize;
use std::collections::BTreeMap;

/// All datasets and regimes of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One entry for each dataset and regime.
    pub datasets: Vec<DatasetReport>,
}

/// One dataset in one regime. Areas and shares are means over seeds.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetReport {
    /// Name of the file.
    pub dataset: String,
    /// The regime.
    pub regime: &'static str,
    /// Passes.
    pub seeds: u64,
    /// Requests in each pass.
    pub n: usize,
    /// Arms.
    pub arms: usize,
    /// Prompts left out because not all arms answered them.
    pub incomplete: usize,
    /// Area of the router, second half.
    pub aiq_router: f64,
    /// Area of the zero router.
    pub aiq_hull: f64,
    /// Area of the offline blend with all labels.
    pub aiq_offline: f64,
    /// Area of the map by hidden task labels.
    pub aiq_tasks: f64,
    /// Area of the per-prompt oracle.
    pub aiq_oracle: f64,
    /// Share of the learnable gain, second half.
    pub g_second_half: f64,
    /// Its 95 % interval (paired bootstrap over seeds).
    pub g_second_half_interval: (f64, f64),
    /// Share of the learnable gain, whole stream.
    pub g_whole: f64,
    /// Its 95 % interval.
    pub g_whole_interval: (f64, f64),
    /// Area above the hull (in points of quality) in the first 300 requests.
    pub gain_first_300: f64,
    /// The same in requests 300 to 1000.
    pub gain_300_to_1000: f64,
    /// Least gain over the hull in a stretch of 500 requests after the first 500, in points.
    pub worst_stretch: f64,
    /// Quality short of the best single arm's where cost is no object, summed over the stream.
    pub regret: f64,
    /// Cost at 100, 99, 97 and 95 % of the best single arm's quality, in units of its cost.
    pub cost_at: BTreeMap<&'static str, Option<f64>>,
    /// Quality over the best available arm's, 150 requests after the halving until it ends.
    pub drift_quality_share: Option<f64>,
    /// Requests after which the returned or new arm gets half of the requests (cost no object).
    pub adopted_after: Option<f64>,
    /// Frontier of the second half: cost and quality.
    pub points: Vec<Point>,
    /// Single arms, second half.
    pub singles: Vec<Point>,
    /// Share of the best single arm's quality over the stream in twentieths, cost no object.
    pub curve: Vec<f64>,
    /// The others.
    pub baselines: BTreeMap<String, Baseline>,
}

/// A baseline's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Baseline {
    /// Area, second half.
    pub aiq: f64,
    /// Share of the learnable gain, second half.
    pub g_second_half: f64,
    /// Share of the learnable gain, whole stream.
    pub g_whole: f64,
    /// The router's `g_second_half` less this one's, 95 % interval (paired bootstrap).
    pub behind: (f64, f64),
    /// Frontier of the second half.
    pub points: Vec<Point>,
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (n, sum) = values
        .into_iter()
        .fold((0.0, 0.0), |(n, s), x| (n + 1.0, s + x));
    if n > 0.0 { sum / n } else { 0.0 }
}

/// 95 % interval of the mean over seeds.
fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut random = Random(11);
    let draw = |random: &mut Random| {
        mean((0..values.len()).map(|_| values[(random.bits() % values.len() as u64) as usize]))
    };
    let mut means: Vec<f64> = (0..2000).map(|_| draw(&mut random)).collect();
    means.sort_by(f64::total_cmp);
    (means[50], means[1949])
}

/// Share of the learnable gain of a router in a window, by seed. Where nothing can be learned
/// (the blend is no better than the hull) the gain is over a hundredth of a point.
fn shares(results: &[SeedResult], router: usize, window: usize) -> Vec<f64> {
    let share = |r: &SeedResult| {
        let seen = &r.seen[window];
        let gain = seen.scale.aiq(&r.routers[router].1[window]) - seen.hull;
        gain / (seen.offline - seen.hull).max(1e-4)
    };
    results.iter().map(share).collect()
}

fn mean_points(results: &[SeedResult], of: impl Fn(&SeedResult) -> &Vec<Point>) -> Vec<Point> {
    let count = results.first().map_or(0, |r| of(r).len());
    let at = |i: usize| Point {
        cost: mean(results.iter().map(|r| of(r)[i].cost)),
        quality: mean(results.iter().map(|r| of(r)[i].quality)),
    };
    (0..count).map(at).collect()
}

pub(super) fn gather(
    world: &World,
    regime: Regime,
    options: &Options,
    results: &[SeedResult],
) -> DatasetReport {
    let (second, whole) = (shares(results, 0, 0), shares(results, 0, 1));
    let points = mean_points(results, |r| &r.routers[0].1[0]);
    let best = mean(results.iter().map(|r| r.seen[0].scale.best));
    let frontier = hull(&points);
    let gain = |window: usize| {
        let gain = |r: &SeedResult| {
            r.seen[window].scale.aiq(&r.routers[0].1[window]) - r.seen[window].hull
        };
        100.0 * mean(results.iter().map(gain))
    };
    let aiq = |router: usize| {
        mean(
            results
                .iter()
                .map(|r| r.seen[0].scale.aiq(&r.routers[router].1[0])),
        )
    };
    let baseline = |router: usize| {
        let theirs = shares(results, router, 0);
        let ahead: Vec<f64> = second.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        Baseline {
            aiq: aiq(router),
            g_second_half: mean(theirs),
            g_whole: mean(shares(results, router, 1)),
            behind: bootstrap(&ahead),
            points: mean_points(results, |r| &r.routers[router].1[0]),
        }
    };
    let names = results
        .first()
        .map_or(&[][..], |r| &r.routers[..])
        .iter()
        .enumerate();
    DatasetReport {
        dataset: world.name.clone(),
        regime: regime.name(),
        seeds: options.seeds,
        n: results.first().map_or(0, |r| r.stream.order.len()),
        arms: world.arms.len(),
        incomplete: world.incomplete,
        aiq_router: aiq(0),
        aiq_hull: mean(results.iter().map(|r| r.seen[0].hull)),
        aiq_offline: mean(results.iter().map(|r| r.seen[0].offline)),
        aiq_tasks: mean(results.iter().map(|r| r.seen[0].tasks)),
        aiq_oracle: mean(results.iter().map(|r| r.seen[0].oracle)),
        g_second_half: mean(second.iter().copied()),
        g_second_half_interval: bootstrap(&second),
        g_whole: mean(whole.iter().copied()),
        g_whole_interval: bootstrap(&whole),
        gain_first_300: gain(2),
        gain_300_to_1000: gain(3),
        worst_stretch: worst_stretch(world, results),
        regret: mean(results.iter().map(regret)),
        cost_at: [("100", 1.0), ("99", 0.99), ("97", 0.97), ("95", 0.95)]
            .map(|(name, share)| (name, cost_at(&frontier, share * best)))
            .into(),
        drift_quality_share: drift_share(world, results),
        adopted_after: adopted(results),
        singles: mean_points(results, |r| &r.seen[0].scale.singles),
        curve: curve(world, results),
        baselines: names
            .skip(1)
            .map(|(i, r)| (r.0.clone(), baseline(i)))
            .collect(),
        points,
    }
}

/// How far a router with this trace is above the hull of the single arms over some steps.
fn above_hull(world: &World, r: &SeedResult, lambda: usize, from: usize, to: usize) -> f64 {
    let n = (to - from) as f64;
    let single = |a: usize| {
        (from..to).fold(
            Point {
                cost: 0.0,
                quality: 0.0,
            },
            |p, step| Point {
                cost: p.cost + world.cost(r.stream.order[step], a) / n,
                quality: p.quality + r.stream.quality(world, step, a) / n,
            },
        )
    };
    let singles: Vec<Point> = (0..world.arms.len())
        .filter(|a| Some(*a) != r.stream.closed(from))
        .map(single)
        .collect();
    let trace = &r.traces[lambda];
    let quality = trace.quality[from..to]
        .iter()
        .map(|q| f64::from(*q))
        .sum::<f64>()
        / n;
    let cost = trace.cost[from..to].iter().sum::<f64>() / n;
    quality - quality_at(&hull(&singles), cost)
}

/// The least, over stretches and trade-offs, of the mean over seeds; in points.
fn worst_stretch(world: &World, results: &[SeedResult]) -> f64 {
    let Some(first) = results.first() else {
        return 0.0;
    };
    let mut worst = f64::INFINITY;
    for from in (500..first.stream.order.len().saturating_sub(499)).step_by(500) {
        for lambda in 0..first.traces.len() {
            let above = results
                .iter()
                .map(|r| above_hull(world, r, lambda, from, from + 500));
            worst = worst.min(mean(above));
        }
    }
    if worst.is_finite() {
        100.0 * worst
    } else {
        0.0
    }
}

fn regret(r: &SeedResult) -> f64 {
    let got: f64 = r.traces[0].quality.iter().map(|q| f64::from(*q)).sum();
    r.seen[1].scale.best * r.stream.order.len() as f64 - got
}

fn drift_share(world: &World, results: &[SeedResult]) -> Option<f64> {
    let share = |r: &SeedResult| {
        let (from, to) = r.stream.halved?;
        let from = (from + 150).min(to - 1);
        let mean_of = |a: usize| mean((from..to).map(|s| r.stream.quality(world, s, a)));
        let best = (0..world.arms.len()).map(mean_of).fold(0.0, f64::max);
        let got = mean(r.traces[0].quality[from..to].iter().map(|q| f64::from(*q)));
        (best > 0.0).then(|| got / best)
    };
    let shares: Option<Vec<f64>> = results.iter().map(share).collect();
    shares.filter(|s| !s.is_empty()).map(mean)
}

/// Steps after the return or arrival until 25 of 50 requests in a row go to the arm; the length of
/// what is left where they never do.
fn adopted(results: &[SeedResult]) -> Option<f64> {
    let steps = |r: &SeedResult| {
        let from = r.stream.joins_at.or(r.stream.halved.map(|(_, to)| to))?;
        let arms = &r.traces[0].arms[from..];
        let arm = r.stream.newcomer as u16;
        let half = |w: &[u16]| 2 * w.iter().filter(|a| **a == arm).count() >= w.len();
        Some(
            arms.windows(50)
                .position(half)
                .map_or(arms.len(), |at| at + 25) as f64,
        )
    };
    let steps: Option<Vec<f64>> = results.iter().map(steps).collect();
    steps.filter(|s| !s.is_empty()).map(mean)
}

fn curve(world: &World, results: &[SeedResult]) -> Vec<f64> {
    let twentieth = |part: usize| {
        mean(results.iter().map(|r| {
            let n = r.stream.order.len();
            let range = part * n / 20..((part + 1) * n / 20).max(part * n / 20 + 1).min(n);
            let best = (0..world.arms.len())
                .map(|a| mean(range.clone().map(|s| r.stream.quality(world, s, a))))
                .fold(0.0, f64::max);
            mean(r.traces[0].quality[range].iter().map(|q| f64::from(*q))) / best.max(1e-9)
        }))
    };
    (0..20).map(twentieth).collect()
}
