//! `server`, `embedding`, `memory`, `learning`, `tenants`, `logging`.

use crate::config::{
    Durability, EmbeddingKind, LogFormat, Secret,
    span::{Bytes, Span},
};
use serde::Deserialize;

/// Doors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawServer {
    /// gRPC.
    pub listen: Option<String>,
    /// HTTP, or `off`.
    pub http_listen: Option<String>,
    /// Admin, or `off` for the same door.
    pub admin_listen: Option<String>,
    /// Time to end after SIGTERM.
    pub drain: Option<Span>,
    /// Largest request.
    pub max_request_bytes: Option<Bytes>,
    /// Largest response.
    pub max_response_bytes: Option<Bytes>,
    /// All texts of one request.
    pub max_text_bytes: Option<Bytes>,
    /// Longest time of a request.
    pub max_request_time: Option<Span>,
    /// Requests in work at once.
    pub max_concurrent_requests: Option<u32>,
    /// Callers' keys.
    pub keys: Vec<RawKey>,
    /// Answer reflection requests.
    pub reflection: Option<bool>,
}

/// A caller's key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawKey {
    /// The key.
    pub key: Option<Secret>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// Opens the admin service.
    pub admin: bool,
}

/// Embedding.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawEmbedding {
    /// Which.
    pub kind: Option<EmbeddingKind>,
    /// Models.
    pub models_dir: Option<String>,
    /// The onnxruntime library.
    pub runtime_library: Option<String>,
    /// Threads.
    pub workers: Option<u32>,
    /// Waiting prompts.
    pub queue_limit: Option<u32>,
    /// Cache.
    pub cache_entries: Option<u64>,
    /// Longest wait in milliseconds.
    pub wait_ms: Option<u64>,
}

/// Memory.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawMemory {
    /// Directory, or `none`.
    pub path: Option<String>,
    /// When a write counts as done.
    pub durability: Option<Durability>,
    /// How long decisions wait for feedback.
    pub retention: Option<Span>,
    /// Decisions kept at most.
    pub max_decisions: Option<u64>,
    /// Snapshot after this many facts.
    pub snapshot_every_facts: Option<u64>,
    /// Keep prompt texts.
    pub store_prompts: Option<bool>,
}

/// Learning.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLearning {
    /// Switch.
    pub enabled: Option<bool>,
    /// Scale of exploration.
    pub exploration: Option<f64>,
    /// How far models differ between kinds of prompts.
    pub spread: Option<f64>,
    /// What is kept of old evidence.
    pub forgetting: Option<f64>,
    /// Detect silent changes.
    pub drift_detection: Option<bool>,
    /// Fine classes at most.
    pub max_classes: Option<u32>,
    /// Weight of imports.
    pub import_weight: Option<f64>,
    /// Prior of quality by price.
    pub price_prior: Option<f64>,
    /// Share of one caller.
    pub caller_share: Option<f64>,
    /// Signals that nobody had to send.
    pub implicit_feedback: RawImplicit,
    /// Money over time.
    pub budget: Option<RawBudget>,
    /// The arm that savings are counted against.
    pub baseline: Option<String>,
}

/// Signals that nobody had to send.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawImplicit {
    /// All of them at once; a single one's own `enabled` wins.
    pub enabled: Option<bool>,
    /// Agreement in a fan-out.
    pub agreement: RawSignal,
    /// Broken JSON schema.
    pub schema: RawSignal,
    /// Empty or cut.
    pub truncation: RawSignal,
    /// Asked again at once.
    pub quick_retry: RawSignal,
    /// Another arm judged.
    pub judge: RawSignal,
}

/// One signal.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSignal {
    /// Switch.
    pub enabled: Option<bool>,
    /// Weight.
    pub weight: Option<f64>,
}

/// Money over time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBudget {
    /// US dollars.
    pub usd: f64,
    /// Within this time.
    pub window: Span,
    /// Refuse when used up.
    #[serde(default)]
    pub hard: bool,
}

/// Tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawTenant {
    /// Policy.
    pub policy: Option<String>,
    /// Only these.
    pub allow: Vec<String>,
    /// Not these.
    pub deny: Vec<String>,
    /// Budgets.
    pub budgets: Vec<RawBudget>,
    /// Requests a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens a minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    pub concurrent_requests: Option<u32>,
    /// Cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
}

/// Logs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLogging {
    /// Form.
    pub format: Option<LogFormat>,
    /// Level or filter.
    pub level: Option<String>,
    /// Prompt texts in logs.
    pub prompts: Option<bool>,
}
