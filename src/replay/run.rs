//! Plays all routers over all seeds of a regime, in parallel over seeds, and gathers the figures.
//! The same options give the same figures, whatever the number of threads.

use super::baselines;
use super::field::{Trace, play};
use super::measure::Point;
use super::offline;
use super::regime::{Regime, Stream};
use super::report::{DatasetReport, Report, gather};
use super::router::Adaptive;
use super::vectors::{Embedding, VectorCache};
use super::windows::{Scale, Seen, WINDOWS};
use super::world::{World, WorldError};
use crate::learn::Settings;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Name of the product's own router in tables.
pub const SELF: &str = "pointsman";

/// What to replay.
#[derive(Clone, Debug)]
pub struct Options {
    /// Regimes, one table each.
    pub regimes: Vec<Regime>,
    /// Passes, each in another order; 1 to 1000.
    pub seeds: u64,
    /// Prices of a unit of cost, from "cost is no object" to "cheapest wins".
    pub lambdas: Vec<f64>,
    /// Settings of the learner.
    pub settings: Settings,
    /// Play the baselines too.
    pub baselines: bool,
    /// Threads at most.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            regimes: vec![Regime::Cold],
            seeds: 10,
            lambdas: vec![
                0.0, 0.01, 0.02, 0.04, 0.07, 0.12, 0.2, 0.35, 0.6, 1.2, 3.0, 8.0,
            ],
            settings: Settings::default(),
            baselines: true,
            threads: 2,
        }
    }
}

/// A replay that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A dataset cannot be made ready.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The options make no sense.
    #[error("{0}")]
    Options(String),
}

/// Replays these files.
///
/// # Errors
/// Where a file cannot be read or embedded, or the options make no sense.
pub fn run(
    files: &[PathBuf],
    embedder: &dyn Embedding,
    cache: Option<PathBuf>,
    options: &Options,
) -> Result<Report, Error> {
    if options.seeds == 0 || options.seeds > 1000 || options.lambdas.is_empty() {
        return Err(Error::Options(
            "seeds must be 1 to 1000, with one cost weight at least".into(),
        ));
    }
    let mut cache = VectorCache::open(embedder, cache);
    let mut datasets = Vec::new();
    for file in files {
        let world = World::read(file, &mut cache)?;
        let offline = offline::predict(&world);
        for &regime in &options.regimes {
            datasets.push(replay(&world, &offline, regime, options));
        }
    }
    Ok(Report { datasets })
}

/// Replays one dataset in one regime.
#[must_use]
pub fn replay(world: &World, offline: &[f64], regime: Regime, options: &Options) -> DatasetReport {
    let seeds = options.seeds as usize;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<SeedResult>>> = Mutex::new((0..seeds).map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..options.threads.clamp(1, seeds) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let result = play_seed(world, offline, regime, options, seed as u64);
                    if let Ok(mut done) = done.lock() {
                        done[seed] = Some(result);
                    }
                }
            });
        }
    });
    let results = done.into_inner().unwrap_or_default();
    gather(
        world,
        regime,
        options,
        &results.into_iter().flatten().collect::<Vec<_>>(),
    )
}

/// What all routers did in one pass.
#[derive(Clone, Debug)]
pub(super) struct SeedResult {
    /// Anchors and scale, by window.
    pub seen: Vec<Seen>,
    /// By router: name, then points by window.
    pub routers: Vec<(String, Vec<Vec<Point>>)>,
    /// The product's traces at the first lambda (cost is no object) and all others.
    pub traces: Vec<Trace>,
    pub stream: Stream,
}

fn play_seed(
    world: &World,
    offline: &[f64],
    regime: Regime,
    options: &Options,
    seed: u64,
) -> SeedResult {
    let stream = Stream::new(world, regime, seed);
    let unit = Scale::unit_usd(world);
    let adaptive = |lambda: f64| {
        let settings = Settings {
            root: stream.seed(0),
            ..options.settings.clone()
        };
        let mut router = Adaptive::new(world, settings, stream.closed(0), unit);
        play(world, &stream, lambda, &mut router)
    };
    let traces: Vec<Trace> = options.lambdas.iter().map(|l| adaptive(*l)).collect();
    let mut routers = vec![(SELF.to_owned(), traces.clone())];
    for name in baselines::NAMES.iter().filter(|_| options.baselines) {
        let one = |lambda: &f64| {
            let mut router = baselines::make(name, world, unit)?;
            Some(play(world, &stream, *lambda, router.as_mut()))
        };
        routers.push((
            (*name).to_owned(),
            options.lambdas.iter().filter_map(one).collect(),
        ));
    }
    let n = stream.order.len();
    let windows = WINDOWS.map(|window| window.range(n));
    let seen: Vec<Seen> = windows
        .iter()
        .map(|range| Seen::new(world, &stream, offline, range.clone()))
        .collect();
    let points = |traces: &[Trace]| {
        let of = |(range, seen): (&std::ops::Range<usize>, &Seen)| {
            traces
                .iter()
                .map(|trace| seen.scale.point(trace, range.clone()))
                .collect()
        };
        windows.iter().zip(&seen).map(of).collect()
    };
    let routers = routers
        .iter()
        .map(|(name, traces)| (name.clone(), points(traces)))
        .collect();
    SeedResult {
        seen,
        routers,
        traces,
        stream,
    }
}
