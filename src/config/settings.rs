//! Settings of the service itself: doors, embedding, memory, learning, logs, tenants.

use super::{Secret, span};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// The service's doors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Server {
    /// gRPC.
    pub listen: SocketAddr,
    /// HTTP: the OpenAI-compatible face and metrics; `None` = off.
    pub http_listen: Option<SocketAddr>,
    /// The admin service on a door of its own; `None` = on `listen`.
    pub admin_listen: Option<SocketAddr>,
    /// Time for running requests to end after SIGTERM.
    #[serde(serialize_with = "span::text")]
    pub drain: Duration,
    /// Largest request in bytes.
    pub max_request_bytes: u64,
    /// Largest response in bytes.
    pub max_response_bytes: u64,
    /// All texts of one request together, in bytes.
    pub max_text_bytes: u64,
    /// Longest time of a request, whatever its caller's deadline; `None` = as long as the caller
    /// waits.
    #[serde(serialize_with = "span::optional")]
    pub max_request_time: Option<Duration>,
    /// Requests in work at once; more are refused with a hint to come back.
    pub max_concurrent_requests: u32,
    /// Keys of callers; empty = no key asked for.
    pub keys: Vec<CallerKey>,
    /// Answer reflection requests.
    pub reflection: bool,
}

/// A key that a caller shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallerKey {
    /// The key.
    pub key: Secret,
    /// The tenant its requests belong to.
    pub tenant: Option<String>,
    /// May it call the admin service?
    pub admin: bool,
}

/// Which embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingKind {
    /// MiniLM where the runtime library loads, else the static table.
    Auto,
    /// all-MiniLM-L6-v2 over onnxruntime.
    Minilm,
    /// The built-in static table.
    Static,
}

/// Embedding of prompts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Embedding {
    /// Which embedding.
    pub kind: EmbeddingKind,
    /// Directory with the models; `None` = beside the program, then `./models`.
    pub models_dir: Option<PathBuf>,
    /// The onnxruntime library; `None` = as the system finds it.
    pub runtime_library: Option<PathBuf>,
    /// Threads that embed, at least 1.
    pub workers: u32,
    /// Prompts that wait at most; more are routed without.
    pub queue_limit: u32,
    /// Embeddings kept at most; 0 = no cache.
    pub cache_entries: u64,
    /// Longest wait for an embedding before the request is routed without it.
    #[serde(serialize_with = "span::text")]
    pub wait: Duration,
}

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Acknowledged when it survives a kill of the process at any moment (group commit).
    Process,
    /// Acknowledged when it survives a power cut: each group of writes waits for an fsync.
    Power,
}

/// The durable memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemorySettings {
    /// Directory; `None` = in memory only, nothing survives a restart.
    pub path: Option<PathBuf>,
    /// When a write counts as done.
    pub durability: Durability,
    /// How long decisions wait for feedback.
    #[serde(serialize_with = "span::text")]
    pub retention: Duration,
    /// Decisions kept at most.
    pub max_decisions: u64,
    /// Write a snapshot of the knowledge after this many facts.
    pub snapshot_every_facts: u64,
    /// Keep prompt texts with the decisions.
    pub store_prompts: bool,
}

/// A signal that nobody had to send.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Signal {
    /// Learn from it?
    pub enabled: bool,
    /// Weight against a caller's own feedback of 1, in [0, 1].
    pub weight: f64,
}

/// Signals that nobody had to send, each with its switch and weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ImplicitFeedback {
    /// Agreement in a fan-out.
    pub agreement: Signal,
    /// The answer broke the JSON schema it was asked to follow.
    pub schema: Signal,
    /// The answer was empty or cut.
    pub truncation: Signal,
    /// The caller asked the same again at once.
    pub quick_retry: Signal,
    /// Another arm judged.
    pub judge: Signal,
}

/// Money to spend over time, for the pacer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// US dollars within one window, greater than 0.
    pub usd: f64,
    /// The window.
    #[serde(serialize_with = "span::text")]
    pub window: Duration,
    /// Refuse requests when it is used up; else only prefer cheaper arms.
    pub hard: bool,
}

/// Learning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearningSettings {
    /// Learn at all? Without, what is known stays as it is.
    pub enabled: bool,
    /// Scale of exploration: 0 = none, 1 = as the posterior says. `None` = the learner's own
    /// schedule.
    pub exploration: Option<f64>,
    /// How far models are expected to differ between kinds of prompts, as a multiple of what graded
    /// datasets of real models show. `None` = 1.
    pub spread: Option<f64>,
    /// What is kept of old evidence with each new observation, in (0, 1]; 1 = nothing fades.
    /// `None` = the learner's own.
    pub forgetting: Option<f64>,
    /// Detect silent changes of an arm's quality.
    pub drift_detection: bool,
    /// Fine classes at most, 1 to 4096. `None` = the learner's own.
    pub max_classes: Option<u32>,
    /// Weight of an imported score against a live judgement.
    pub import_weight: f64,
    /// Prior of quality by price: points for each doubling of the price. `None` = the learner's own.
    pub price_prior: Option<f64>,
    /// Feedback of one caller counts at most this share of an arm's evidence, in (0, 1].
    pub caller_share: f64,
    /// Signals that nobody had to send.
    pub implicit_feedback: ImplicitFeedback,
    /// Money to spend over time.
    pub budget: Option<Budget>,
    /// The arm that savings are counted against; `None` = the dearest.
    pub baseline: Option<crate::domain::ArmId>,
}

/// Form of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logging {
    /// Form.
    pub format: LogFormat,
    /// A level or a filter of `tracing`, such as `info` or `pointsman=debug,warn`.
    pub level: String,
    /// Write prompt texts to the logs.
    pub prompts: bool,
}

/// What one tenant may do.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Tenant {
    /// Its policy, where the request has none.
    pub policy: Option<String>,
    /// Only these arms, providers or `*` patterns; empty = all.
    pub allow: Vec<String>,
    /// Not these.
    pub deny: Vec<String>,
    /// Budgets; all hold.
    pub budgets: Vec<Budget>,
    /// Requests within a minute; `None` = no limit.
    pub requests_per_minute: Option<u32>,
    /// Tokens within a minute; `None` = no limit.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once; `None` = no limit.
    pub concurrent_requests: Option<u32>,
    /// Estimated cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
}
