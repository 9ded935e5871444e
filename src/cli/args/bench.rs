//! Arguments of `bench`.

use crate::bench::{self, Floor, SUITES};
use clap::{Args, builder::PossibleValuesParser};
use std::path::PathBuf;

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure; absent = all.
    #[arg(value_parser = PossibleValuesParser::new(SUITES))]
    pub suites: Vec<String>,
    /// Rounds; the contestants alternate, and medians over the rounds are told.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Seconds of each contestant in each round.
    #[arg(long, default_value_t = 2.0, value_parser = super::seconds)]
    pub seconds: f64,
    /// Decisions that the memory of the suite `capacity` is filled with.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=1_000_000_000))]
    pub decisions: u64,
    /// Write the results as JSON.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Measure nothing; take the results of this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["suites", "out"])]
    pub from: Option<PathBuf>,
    /// Write the results between the marks of this Markdown file.
    #[arg(long, value_name = "FILE")]
    pub render: Option<PathBuf>,
    /// Walk the stages of a decision so often, to be counted by callgrind (scripts/instructions.sh).
    #[arg(long, hide = true)]
    pub walk: Option<u64>,
    /// And make so many decisions through the whole engine.
    #[arg(long, hide = true, default_value_t = 0)]
    pub whole: u64,
    /// Be one of the floors (the benchmark starts them).
    #[arg(long, hide = true, value_parser = floor)]
    pub floor: Option<Floor>,
}

impl BenchArgs {
    /// What to measure.
    pub fn options(&self) -> bench::Options {
        bench::Options {
            suites: self.suites.clone(),
            rounds: self.rounds,
            seconds: self.seconds,
            decisions: self.decisions,
            program: None,
        }
    }
}

fn floor(name: &str) -> Result<Floor, String> {
    Floor::named(name).ok_or_else(|| "there is no such floor".to_owned())
}
