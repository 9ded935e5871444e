//! Configuration: what was written (`raw`) becomes what it means (`Config`).
//!
//! Only the edges of the program know these types; the core takes its own settings from them.

mod build;
mod cache;
mod defaults;
mod deployment;
mod discover;
mod layers;
mod load;
mod problem;
mod raw;
mod routing;
mod secret;
mod settings;
pub mod span;
mod yaml;

pub use build::glob;
pub use cache::{CacheSettings, ExactCache, SemanticCache};
pub use defaults::{GRPC_PORT, HTTP_PORT};
pub use deployment::{
    BreakerSettings, DeploymentSpec, Dialect, Flavour, HealthCheck, Limits, Publisher, Timeouts,
};
pub use discover::discover;
pub use layers::load as load_layers;
pub use load::{Env, environment, from_text, load};
pub use problem::{Problem, Problems, Trail};
pub use routing::{
    Alias, Failover, Fallback, Hedge, LatencyWindow, ModelRoutes, Policy, RoutingSettings, RuleSpec,
};
pub use secret::Secret;
pub use settings::{
    Budget, CallerKey, Durability, Embedding, EmbeddingKind, ImplicitFeedback, LearningSettings,
    LogFormat, Logging, MemorySettings, Server, Signal, Tenant,
};

use crate::catalogue::{Model, catalogue};
use crate::domain::{Arm, ArmId, ProviderId};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// The whole configuration, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// Where it comes from.
    pub origin: Origin,
    /// Doors.
    pub server: Server,
    /// Embedding.
    pub embedding: Embedding,
    /// Memory.
    pub memory: MemorySettings,
    /// Learning.
    pub learning: LearningSettings,
    /// Routing.
    pub routing: RoutingSettings,
    /// Policies by name; the built-in ones are always there.
    pub policies: BTreeMap<String, Policy>,
    /// Names that callers may use as `model`, beside arms and model names.
    pub aliases: BTreeMap<String, Alias>,
    /// Providers in the order of the file.
    pub providers: Vec<ProviderSummary>,
    /// All arms.
    pub arms: Vec<ArmSpec>,
    /// All deployments; each belongs to one arm.
    pub deployments: Vec<DeploymentSpec>,
    /// Tenants by name.
    pub tenants: BTreeMap<String, Tenant>,
    /// Response caches.
    pub cache: CacheSettings,
    /// Logs.
    pub logging: Logging,
    /// What is right but surprising; to be said at start.
    pub warnings: Vec<String>,
}

impl Config {
    /// The effective configuration, with secrets hidden.
    #[must_use]
    pub fn shown(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The arms that a request without a wish may go to.
    pub fn pool(&self) -> impl Iterator<Item = &Arm> {
        self.arms
            .iter()
            .filter(|spec| spec.pooled)
            .map(|spec| &spec.arm)
    }

    /// A warning, where arms have prices of the built-in catalogue and these are old.
    #[must_use]
    pub fn stale_prices(&self, now_ms: u64) -> Option<String> {
        let known = catalogue();
        let listed = |arm: &Arm| {
            let models = known.providers.iter().filter_map(|v| v.model(&arm.model));
            models
                .filter_map(Model::price)
                .any(|price| arm.price == Some(price))
        };
        let used = self.arms.iter().any(|spec| listed(&spec.arm));
        used.then(|| known.staleness(now_ms)).flatten()
    }

    /// The arm of this id.
    #[must_use]
    pub fn arm(&self, id: &ArmId) -> Option<&ArmSpec> {
        self.arms.iter().find(|spec| spec.arm.id == *id)
    }
}

/// An arm with what only the configuration knows of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSpec {
    /// The arm.
    pub arm: Arm,
    /// Expected quality in [0, 1] before anything was seen.
    pub prior_quality: Option<f64>,
    /// May a request without a wish go to it? False for models that only an alias names.
    pub pooled: bool,
    /// Share under `weighted`.
    pub weight: f64,
    /// Order under `priority`; lower comes first.
    pub priority: u32,
}

/// A provider as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderSummary {
    /// Its name.
    pub id: ProviderId,
    /// Its type, as [`Dialect::name`].
    pub kind: String,
    /// Address; empty for the simulated provider.
    pub base_url: String,
}

/// Where a configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Files laid over each other, and a profile over them.
    Files(Vec<PathBuf>, Option<String>),
    /// Keys in the environment and what runs on this machine, by these names.
    Discovered(Vec<String>),
    /// Nothing was found: simulated models, no real upstream.
    Simulated,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "configuration file {}", path.display()),
            Self::Files(paths, profile) => {
                let paths: Vec<String> = paths.iter().map(|one| one.display().to_string()).collect();
                write!(f, "configuration files {}", paths.join(", "))?;
                match profile {
                    Some(profile) => write!(f, " with profile {profile}"),
                    None => Ok(()),
                }
            }
            Self::Discovered(found) => write!(
                f,
                "no configuration file; providers found by {}",
                found.join(", ")
            ),
            Self::Simulated => f.write_str(
                "no configuration file, no API key and no local server: SIMULATED models only, no real model answers",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
