//! What each part of the design contributes: the same passes with one part switched off. Parts are
//! switched by the learner's settings; surface features by taking them out of the contexts.

use super::figures::shares;
use super::parallel::parallel;
use super::pass::{Ground, SeedResult, own, points};
use super::progress::Progress;
use super::report::{bootstrap, mean};
use super::windows::{SECOND_HALF, WHOLE};
use crate::learn::Settings;
use serde::Serialize;

/// The router without one part.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What is missing or changed.
    pub without: &'static str,
    /// Share of the learnable gain, second half.
    pub g_second_half: f64,
    /// What the part adds to it, 95 % interval (paired by seed).
    pub adds_second_half: (f64, f64),
    /// Share of the learnable gain, whole stream.
    pub g_whole: f64,
    /// What the part adds to it, 95 % interval (paired by seed).
    pub adds_whole: (f64, f64),
}

/// Name of the part that is no setting.
const SURFACE: &str = "surface features";

type Switch = (&'static str, fn(&mut Settings));

/// All parts that can be switched.
const SWITCHES: [Switch; 11] = [
    (SURFACE, |_| ()),
    ("classes (one class for all)", |s| {
        (s.max_classes, s.max_groups) = (1, 1);
    }),
    ("groups of classes", |s| s.max_groups = 1),
    ("shrinkage (wide priors)", |s| {
        (s.spread_level, s.spread_difficulty) = (1.0, 1.0);
        (s.spread_group, s.spread_class) = (1.0, 1.0);
    }),
    ("difficulty of a class", |s| s.spread_difficulty = 1e-3),
    ("price prior", |s| s.price_slope = 0.0),
    ("exploration (the best estimate always)", |s| {
        (s.explore_level, s.explore_class) = (0.0, 0.0);
    }),
    ("tempered exploration (full posterior)", |s| {
        (s.explore_level, s.explore_class) = (1.0, 1.0);
    }),
    ("steady draws", |s| s.steady = false),
    ("drift detection", |s| s.detect_drift = false),
    ("probes of demoted arms", |s| s.probes = false),
];

/// Plays the router without each part, over the seeds of these results.
pub(super) fn parts(ground: &Ground<'_>, results: &[SeedResult]) -> Vec<Part> {
    let plain = ground.world.without_surface();
    let seeds = results.len();
    let progress = Progress::new("without each part", SWITCHES.len() * seeds);
    // Areas of the second half and the whole stream, by part and seed.
    let areas = parallel(SWITCHES.len() * seeds, ground.options.threads, |job| {
        let (name, switch) = SWITCHES[job / seeds];
        let result = &results[job % seeds];
        let mut settings = ground.options.settings.clone();
        switch(&mut settings);
        let world = if name == SURFACE {
            &plain
        } else {
            ground.world
        };
        let traces = own(&Ground { world, ..*ground }, &result.stream, &settings);
        let points = points(&result.windows, &result.scales, &traces);
        progress.step();
        [SECOND_HALF, WHOLE].map(|window| result.scales[window].aiq(&points[window]))
    });
    let part = |(i, areas): (usize, &[[f64; 2]])| part(SWITCHES[i].0, areas, results);
    areas.chunks(seeds.max(1)).enumerate().map(part).collect()
}

fn part(without: &'static str, areas: &[[f64; 2]], results: &[SeedResult]) -> Part {
    let share = |at: usize, window: usize| {
        let mut areas = areas.iter();
        let area = |_: &SeedResult| areas.next().map_or(0.0, |area| area[at]);
        shares(results, area, window)
    };
    let adds = |shares: &[f64], window: usize| {
        let full = super::figures::shares(results, |r| r.aiq(0, window), window);
        let adds: Vec<f64> = full.iter().zip(shares).map(|(f, s)| f - s).collect();
        bootstrap(&adds)
    };
    let (second, whole) = (share(0, SECOND_HALF), share(1, WHOLE));
    Part {
        without,
        adds_second_half: adds(&second, SECOND_HALF),
        g_second_half: mean(second),
        adds_whole: adds(&whole, WHOLE),
        g_whole: mean(whole),
    }
}
