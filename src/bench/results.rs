//! What a run found, as it is written to a file.

use serde::{Deserialize, Serialize};

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Processor, cores, memory, system.
    pub machine: String,
    /// Of the program.
    pub version: String,
    /// Unix milliseconds.
    pub at_ms: u64,
    /// Alternating rounds.
    pub rounds: u32,
    /// Seconds a contestant and round.
    pub seconds: f64,
    /// All numbers.
    pub measures: Vec<Measure>,
    /// The project's own bars, and whether they are held.
    pub bars: Vec<Bar>,
}

/// One number: the median over the rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// The suite.
    pub suite: String,
    /// What was measured, such as `Decide, static, 64 callers`.
    pub what: String,
    /// Of it, such as `per_second` or `p50_ms`.
    pub of: String,
    /// The median.
    pub value: f64,
    /// Least and greatest of the rounds.
    pub range: (f64, f64),
}

/// A bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What it is about.
    pub what: String,
    /// What was found.
    pub found: f64,
    /// At least (or at most) this.
    pub bar: f64,
    /// `found` is to be at most the bar; else at least.
    pub at_most: bool,
    /// Unit.
    pub unit: String,
    /// Is it held?
    pub held: bool,
}

/// The value of a measure.
pub(super) fn value(measures: &[Measure], suite: &str, what: &str, of: &str) -> Option<f64> {
    let same = |one: &&Measure| one.suite == suite && one.what == what && one.of == of;
    measures.iter().find(same).map(|one| one.value)
}
