//! `cache`.

use crate::config::span::{Bytes, Span};
use serde::Deserialize;

/// Response caches.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCache {
    /// The same request.
    pub exact: Option<RawExactCache>,
    /// A prompt that says the same.
    pub semantic: Option<RawSemanticCache>,
    /// Also requests with tools.
    pub tools: Option<bool>,
    /// Also requests with a temperature over 0.
    pub sampled: Option<bool>,
}

/// The exact cache.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawExactCache {
    /// Switch.
    pub enabled: Option<bool>,
    /// Age of an answer at most.
    pub ttl: Option<Span>,
    /// Size at most.
    pub max_bytes: Option<Bytes>,
}

/// The semantic cache.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSemanticCache {
    /// Switch.
    pub enabled: Option<bool>,
    /// Age of an answer at most.
    pub ttl: Option<Span>,
    /// Size at most.
    pub max_bytes: Option<Bytes>,
    /// Least cosine of two prompts.
    pub threshold: Option<f64>,
    /// Prompts compared with at most.
    pub per_scope: Option<u32>,
}
