//! Spend and savings as operators are shown them.

use crate::domain::ArmId;

/// Which statistics.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StatisticsRange {
    /// From this moment, Unix milliseconds; `None` = since the memory began.
    pub from_ms: Option<u64>,
    /// Before this moment, Unix milliseconds; `None` = now.
    pub to_ms: Option<u64>,
    /// The arm that savings are measured against; `None` = as configured, else the best by quality.
    pub baseline: Option<ArmId>,
}

/// Spend and savings.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Statistics {
    /// Start of the range, Unix milliseconds.
    pub from_ms: u64,
    /// End of the range, Unix milliseconds.
    pub to_ms: u64,
    /// All requests.
    pub total: StatisticsRow,
    /// By arm that served, dearest first.
    pub by_arm: Vec<StatisticsRow>,
    /// By class, largest first.
    pub by_class: Vec<StatisticsRow>,
    /// By provider, dearest first.
    pub by_provider: Vec<StatisticsRow>,
    /// By tenant, dearest first.
    pub by_tenant: Vec<StatisticsRow>,
    /// Against always using one arm.
    pub savings: Option<Savings>,
    /// Classes known.
    pub classes: u32,
    /// Judgements taken in since the memory began.
    pub judgements: u64,
}

/// Requests of one group.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StatisticsRow {
    /// The group's name; empty for the total.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// With a whole answer.
    pub completed: u64,
    /// Failed or truncated.
    pub failed: u64,
    /// Known cost in US dollars.
    pub cost_usd: f64,
    /// Requests whose cost is not known.
    pub cost_unknown: u64,
    /// Mean judged quality.
    pub quality: Option<f64>,
    /// Judgements.
    pub judged: u64,
    /// Mean time to the last byte in milliseconds.
    pub latency_ms: Option<f64>,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
    /// Answered from a cache.
    pub cache_hits: u64,
    /// What those answers cost when they were made, in US dollars, where that is known.
    pub cache_saved_usd: f64,
}

/// What was saved against always using one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Savings {
    /// The arm.
    pub baseline: ArmId,
    /// What it would have cost, in US dollars.
    pub baseline_cost_usd: f64,
    /// That minus what was spent.
    pub saved_usd: f64,
    /// The quality it would have had.
    pub baseline_quality: Option<f64>,
}
