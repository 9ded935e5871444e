//! Arguments of `pointsman replay`, and what to do with them.

use super::vectors::Embedding;
use super::{Error, Options, Regime, Report, plot, run};
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// Replay graded datasets through the router and its baselines.
#[derive(Clone, Debug, ClapArgs)]
pub struct Args {
    /// Datasets (.jsonl or .jsonl.zst): {"id", "task", "prompt", "m": {arm: [quality, cost, input tokens, output tokens]}}.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Regimes to play, with commas between them or given several times.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "cold")]
    pub regime: Vec<Regime>,
    /// Passes, each in another order.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Embedder: minilm, static, or auto (minilm where its runtime is installed, else static).
    #[arg(long, default_value = "auto")]
    pub embedder: String,
    /// Write the figures here as JSON.
    #[arg(long, value_name = "OUT")]
    pub json: Option<PathBuf>,
    /// Write frontiers and learning curves into this folder as SVG.
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    /// Keep embeddings here.
    #[arg(long, value_name = "DIR", default_value = ".pointsman-cache")]
    pub cache: PathBuf,
    /// Leave out the baselines that learn or choose online.
    #[arg(long)]
    pub no_baselines: bool,
    /// Play the router without each of its parts too: what does each contribute?
    #[arg(long)]
    pub ablate: bool,
    /// Prompts of a dataset at most; of a longer one a fixed sample is played.
    #[arg(long, value_name = "PROMPTS", default_value_t = 20_000)]
    pub limit: usize,
    /// Threads at most.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
}

/// A replay that cannot be run, or whose results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The replay.
    #[error(transparent)]
    Run(#[from] Error),
    /// The results.
    #[error("cannot write {path}: {source}")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Runs the replay and writes what was asked for. The report is returned to be printed.
///
/// # Errors
/// Where the replay cannot be run or a file cannot be written.
pub fn execute(args: &Args, embedder: &dyn Embedding) -> Result<Report, CliError> {
    let options = Options {
        regimes: args.regime.clone(),
        seeds: args.seeds,
        baselines: !args.no_baselines,
        ablate: args.ablate,
        limit: args.limit,
        threads: args.threads,
        ..Options::default()
    };
    let report = run(&args.files, embedder, Some(args.cache.clone()), &options)?;
    let write = |path: &PathBuf, text: String| {
        let write = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, text)
        };
        write().map_err(|source| CliError::Write {
            path: path.clone(),
            source,
        })
    };
    if let Some(path) = &args.json {
        // Names and numbers always serialise.
        write(
            path,
            serde_json::to_string_pretty(&report).unwrap_or_default(),
        )?;
    }
    if let Some(folder) = &args.plot {
        for dataset in &report.datasets {
            let name = format!("{}-{}", dataset.dataset, dataset.regime);
            write(
                &folder.join(format!("{name}-frontier.svg")),
                plot::frontier(dataset),
            )?;
            write(
                &folder.join(format!("{name}-curve.svg")),
                plot::curve(dataset),
            )?;
        }
    }
    Ok(report)
}
