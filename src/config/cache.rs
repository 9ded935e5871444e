//! Response caches, as the configuration means them.

use super::span;
use serde::Serialize;
use std::time::Duration;

/// The response caches; both off by default.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct CacheSettings {
    /// Answers to the same request; `None` = off.
    pub exact: Option<ExactCache>,
    /// Answers to prompts that say the same; `None` = off.
    pub semantic: Option<SemanticCache>,
    /// Also for requests with tools.
    pub tools: bool,
    /// Also for requests that ask for a temperature over 0.
    pub sampled: bool,
}

/// Bounds of the exact cache.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExactCache {
    /// Age of an answer at most.
    #[serde(serialize_with = "span::text")]
    pub ttl: Duration,
    /// Size at most, in bytes.
    pub max_bytes: u64,
}

/// Bounds of the semantic cache.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SemanticCache {
    /// Age of an answer at most.
    #[serde(serialize_with = "span::text")]
    pub ttl: Duration,
    /// Size at most, in bytes.
    pub max_bytes: u64,
    /// Least cosine of the two prompts' embeddings, in [0.5, 1].
    pub threshold: f64,
    /// Prompts that one is compared with at most: those of the same tenant, conversation so far and
    /// parameters; the oldest go first.
    pub per_scope: u32,
}
