//! Plays all routers over all seeds of a regime, in parallel over seeds, and gathers the figures.
//! The same options give the same figures, whatever the number of threads.

use super::ablate::{self, Part};
use super::baselines::Projected;
use super::offline;
use super::parallel::parallel;
use super::pass::{Ground, SeedResult, play_seed};
use super::progress::Progress;
use super::regime::Regime;
use super::report::{DatasetReport, Report, gather};
use super::vectors::{Embedding, VectorCache};
use super::world::{World, WorldError};
use crate::learn::Settings;
use std::path::PathBuf;

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
    /// Play the router without each of its parts too.
    pub ablate: bool,
    /// Prompts of a dataset at most.
    pub limit: usize,
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
            ablate: false,
            limit: 20_000,
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
        let world = World::read(file, &mut cache, options.limit)?;
        let offline = offline::predict(&world, options.threads);
        for &regime in &options.regimes {
            datasets.push(replay(&world, &offline, regime, options));
        }
    }
    Ok(Report {
        embedder: cache.fingerprint(),
        lambdas: options.lambdas.clone(),
        datasets,
    })
}

/// Replays one dataset in one regime.
#[must_use]
pub fn replay(world: &World, offline: &[f64], regime: Regime, options: &Options) -> DatasetReport {
    let seeds = options.seeds as usize;
    let projected = Projected::new(world);
    let ground = Ground {
        world,
        offline,
        projected: &projected,
        regime,
        options,
    };
    let progress = Progress::new(format!("{}, {}", world.name, regime.name()), seeds);
    let results: Vec<SeedResult> = parallel(seeds, options.threads, |seed| {
        let result = play_seed(&ground, seed as u64);
        progress.step();
        result
    });
    let without: Vec<Part> = if options.ablate {
        ablate::parts(&ground, &results)
    } else {
        Vec::new()
    };
    gather(&ground, &results, without)
}
