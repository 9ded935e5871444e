//! What was written: the keys of the file, one struct a section, nothing decided yet.
//!
//! Every key is optional here unless nothing can be said without it; `build` fills in and checks.

mod arms;
mod cache;
mod flexible;
mod provider;
mod routing;
mod service;

pub use arms::{RawAlias, RawArm, RawCapabilities, RawCost, RawModel, RawModelFull};
pub use cache::RawCache;
pub use flexible::{OneOrMany, Pairs};
pub use provider::{ProviderType, RawBreaker, RawHealthCheck, RawProvider, RawTimeouts};
pub use routing::{
    RawFailover, RawFallback, RawHedge, RawPolicy, RawRouting, RawRoutingProvider, RawRule,
};
pub use service::{
    RawBudget, RawEmbedding, RawImplicit, RawLearning, RawLogging, RawMemory, RawServer, RawSignal,
    RawTenant,
};

use serde::Deserialize;

/// The document, or what is under `ai_gateway`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// False switches the whole thing off.
    pub enabled: Option<bool>,
    /// Doors.
    pub server: RawServer,
    /// Embedding.
    pub embedding: RawEmbedding,
    /// Memory.
    pub memory: RawMemory,
    /// Learning.
    pub learning: RawLearning,
    /// Named trade-offs.
    pub policies: Pairs<RawPolicy>,
    /// Upstreams.
    pub providers: Vec<RawProvider>,
    /// Arms over several deployments.
    pub arms: Vec<RawArm>,
    /// Names for callers.
    pub aliases: Pairs<RawAlias>,
    /// The same, as the seeds name it.
    pub model_mapping: Pairs<RawAlias>,
    /// Routing.
    pub routing: RawRouting,
    /// Response caches.
    pub cache: RawCache,
    /// Tenants.
    pub tenants: Pairs<RawTenant>,
    /// Logs.
    pub logging: RawLogging,
}
