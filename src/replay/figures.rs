//! One router's figures over all seeds.

use super::baselines::{OFFLINE, ORACLE, ZERO_ROUTER};
use super::measure::{Point, cost_at, hull};
use super::pass::SeedResult;
use super::report::{bootstrap, mean, mean_points};
use super::windows::{FIRST_300, SECOND_HALF, TO_1000, WHOLE};
use serde::Serialize;
use std::collections::BTreeMap;

/// Shares of the best single arm's quality whose cost is told.
pub(super) const SHARES: [(&str, f64); 4] =
    [("100", 1.0), ("99", 0.99), ("97", 0.97), ("95", 0.95)];

/// Figures of one router. Areas and shares are means over seeds; intervals are 95 %, by bootstrap
/// over seeds; points of quality are hundredths.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Area under the frontier, second half.
    pub aiq: f64,
    /// Share of the learnable gain, second half.
    pub g_second_half: f64,
    /// Its interval.
    pub g_second_half_interval: (f64, f64),
    /// Share of the learnable gain, whole stream.
    pub g_whole: f64,
    /// Its interval.
    pub g_whole_interval: (f64, f64),
    /// The product's `g_second_half` less this one's: interval, paired by seed.
    pub product_leads_by: (f64, f64),
    /// Area above the zero router in the first 300 requests, in points.
    pub gain_first_300: f64,
    /// The same in requests 300 to 1000.
    pub gain_300_to_1000: f64,
    /// The same in the second half.
    pub gain_second_half: f64,
    /// Least area over the zero router in a stretch of 500 requests after the first 500, in points.
    pub worst_stretch: f64,
    /// The same for the worst single trade-off instead of the area: quality over the zero router's
    /// at the same cost.
    pub worst_stretch_point: f64,
    /// Quality short of the best single arm's where cost is no object, summed over the stream.
    pub regret: f64,
    /// Its interval.
    pub regret_interval: (f64, f64),
    /// Quality short of the per-prompt oracle's where cost is no object, summed over the stream.
    pub regret_oracle: f64,
    /// Cost at 100, 99, 97 and 95 % of the best single arm's quality, in units of its cost.
    pub cost_at: BTreeMap<&'static str, Option<f64>>,
    /// Frontier of the second half: cost and quality.
    pub points: Vec<Point>,
    /// Area above the zero router over the segments of the stream, in points.
    pub curve: Vec<f64>,
    /// Their intervals.
    pub curve_interval: Vec<(f64, f64)>,
}

/// Share of the learnable gain of a router in a window, by seed. Where nothing can be learned
/// (the blend is no better than the hull) the gain is over a hundredth of a point.
pub(super) fn shares(
    results: &[SeedResult],
    mut aiq: impl FnMut(&SeedResult) -> f64,
    window: usize,
) -> Vec<f64> {
    let share = |r: &SeedResult| {
        let (hull, blend) = (r.hull(window), r.router(OFFLINE));
        let learnable = blend.map_or(0.0, |blend| r.aiq(blend, window) - hull);
        (aiq(r) - hull) / learnable.max(1e-4)
    };
    results.iter().map(share).collect()
}

impl Figures {
    pub(super) fn gather(results: &[SeedResult], router: usize) -> Self {
        let g = |router: usize, window| shares(results, |r| r.aiq(router, window), window);
        let (second, whole) = (g(router, SECOND_HALF), g(router, WHOLE));
        let ahead: Vec<f64> = g(0, SECOND_HALF)
            .iter()
            .zip(&second)
            .map(|(own, theirs)| own - theirs)
            .collect();
        let gains = |window: usize| -> Vec<f64> {
            let gain = |r: &SeedResult| 100.0 * (r.aiq(router, window) - r.hull(window));
            results.iter().map(gain).collect()
        };
        let gain = |window: usize| mean(gains(window));
        let points = mean_points(results, |r| &r.routers[router].points[SECOND_HALF]);
        let best = mean(results.iter().map(|r| r.scales[SECOND_HALF].best));
        let frontier = hull(&points);
        let windows = results.first().map(|r| r.windows.clone());
        let segments = windows.map_or(0..0, |windows| windows.segments);
        let regret: Vec<f64> = results.iter().map(|r| regret(r, router)).collect();
        Self {
            aiq: mean(results.iter().map(|r| r.aiq(router, SECOND_HALF))),
            g_second_half: mean(second.iter().copied()),
            g_second_half_interval: bootstrap(&second),
            g_whole: mean(whole.iter().copied()),
            g_whole_interval: bootstrap(&whole),
            product_leads_by: bootstrap(&ahead),
            gain_first_300: gain(FIRST_300),
            gain_300_to_1000: gain(TO_1000),
            gain_second_half: gain(SECOND_HALF),
            worst_stretch: worst(results, gain),
            worst_stretch_point: worst(results, |window| worst_point(results, router, window)),
            regret: mean(regret.iter().copied()),
            regret_interval: bootstrap(&regret),
            regret_oracle: mean(results.iter().map(|r| regret_oracle(r, router))),
            cost_at: SHARES
                .map(|(name, share)| (name, cost_at(&frontier, share * best)))
                .into(),
            points,
            curve: segments.clone().map(gain).collect(),
            curve_interval: segments.map(|window| bootstrap(&gains(window))).collect(),
        }
    }
}

/// Least of the stretches; 0 where there is none.
fn worst(results: &[SeedResult], of: impl Fn(usize) -> f64) -> f64 {
    let stretches = results
        .first()
        .map_or(0..0, |r| r.windows.stretches.clone());
    stretches.map(of).reduce(f64::min).unwrap_or(0.0)
}

/// Least, over trade-offs, of the mean over seeds; in points.
fn worst_point(results: &[SeedResult], router: usize, window: usize) -> f64 {
    let count = results
        .first()
        .map_or(0, |r| r.routers[router].points[window].len());
    if results.iter().any(|r| is_zero_router(r, router)) {
        return 0.0;
    }
    let above = |i: usize| {
        100.0
            * mean(
                results
                    .iter()
                    .map(|r| r.scales[window].above(&r.routers[router].points[window][i])),
            )
    };
    (0..count).map(above).reduce(f64::min).unwrap_or(0.0)
}

/// The zero router's points are single arms: it is the mix of them that counts.
fn is_zero_router(r: &SeedResult, router: usize) -> bool {
    r.routers[router].name == ZERO_ROUTER
}

/// Quality where cost is no object (for the zero router, which has no such point: its best).
fn free_quality(r: &SeedResult, router: usize) -> f64 {
    let points = &r.routers[router].points[WHOLE];
    if is_zero_router(r, router) {
        return r.scales[WHOLE].best;
    }
    points.first().map_or(0.0, |p| p.quality)
}

fn regret(r: &SeedResult, router: usize) -> f64 {
    (r.scales[WHOLE].best - free_quality(r, router)) * r.stream.order.len() as f64
}

fn regret_oracle(r: &SeedResult, router: usize) -> f64 {
    let oracle = r
        .router(ORACLE)
        .map_or(0.0, |oracle| free_quality(r, oracle));
    (oracle - free_quality(r, router)) * r.stream.order.len() as f64
}
