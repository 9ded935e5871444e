//! Strategies by name.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How arms are put in order for one request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Learned: quality, cost and latency of each arm for prompts of this kind.
    #[default]
    Adaptive,
    /// By configured priority, lower first.
    Priority,
    /// One after the other.
    RoundRobin,
    /// Evenly at random.
    Random,
    /// At random by configured weight.
    Weighted,
    /// Fewest requests in flight first.
    LeastConnections,
    /// Lowest estimated cost of this request first.
    Cost,
    /// Lowest percentile of latency in the window first.
    Latency,
    /// Highest estimated quality first, without exploration.
    Quality,
    /// Best of quality, cost and latency by the weights, without exploration.
    Balanced,
    /// By the model asked for.
    Model,
    /// By the rules of the configuration.
    Custom,
}

/// All strategies with their names.
pub const STRATEGIES: [(Strategy, &str); 12] = [
    (Strategy::Adaptive, "adaptive"),
    (Strategy::Priority, "priority"),
    (Strategy::RoundRobin, "round_robin"),
    (Strategy::Random, "random"),
    (Strategy::Weighted, "weighted"),
    (Strategy::LeastConnections, "least_connections"),
    (Strategy::Cost, "cost"),
    (Strategy::Latency, "latency"),
    (Strategy::Quality, "quality"),
    (Strategy::Balanced, "balanced"),
    (Strategy::Model, "model"),
    (Strategy::Custom, "custom"),
];

impl Strategy {
    /// Its name in configurations, requests and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        STRATEGIES
            .iter()
            .find(|(strategy, _)| *strategy == self)
            .map_or("adaptive", |(_, name)| name)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a strategy{hint}: expected one of {}", names())]
pub struct UnknownStrategy {
    /// The name as given.
    pub name: String,
    hint: String,
}

fn names() -> String {
    STRATEGIES.map(|(_, name)| name).join(", ")
}

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    /// Reads a name; `-` counts as `_`, and the seeds' longer names are understood.
    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        let folded = text.trim().to_ascii_lowercase().replace('-', "_");
        let name = match folded.as_str() {
            "cost_optimized" | "cost_optimised" => "cost",
            "quality_first" => "quality",
            "latency_optimized" => "latency",
            "model_based" => "model",
            "least_busy" => "least_connections",
            other => other,
        };
        STRATEGIES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(strategy, _)| *strategy)
            .ok_or_else(|| UnknownStrategy {
                name: text.chars().take(64).collect(),
                hint: crate::near::hint(text, STRATEGIES.map(|(_, name)| name)),
            })
    }
}
