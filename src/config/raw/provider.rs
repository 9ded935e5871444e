//! `providers` and what hangs on one: limits, breaker, checks, time-outs.

use super::arms::{RawCapabilities, RawCost, RawModel};
use super::flexible::Pairs;
use crate::config::{Secret, span::Span};
use serde::Deserialize;

/// How an upstream talks, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderType {
    /// OpenAI, or a server that talks like it.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Google with an API key.
    #[serde(alias = "google")]
    Gemini,
    /// Azure OpenAI.
    Azure,
    /// Google Vertex AI.
    Vertex,
    /// Ollama.
    Ollama,
    /// Groq.
    Groq,
    /// Cerebras.
    Cerebras,
    /// Mistral.
    Mistral,
    /// xAI.
    Xai,
    /// DeepSeek.
    Deepseek,
    /// Together.
    Together,
    /// vLLM.
    Vllm,
    /// LM Studio.
    Lmstudio,
    /// Any other server that talks like OpenAI.
    OpenaiCompatible,
    /// Inside this process.
    Simulated,
}

impl ProviderType {
    /// All names, as they are written.
    pub const NAMES: [&'static str; 16] = [
        "openai",
        "anthropic",
        "gemini",
        "azure",
        "vertex",
        "ollama",
        "groq",
        "cerebras",
        "mistral",
        "xai",
        "deepseek",
        "together",
        "vllm",
        "lmstudio",
        "openai_compatible",
        "simulated",
    ];

    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The type of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        use serde::de::{IntoDeserializer, value::Error};
        Self::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok()
    }
}

/// One upstream.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawProvider {
    /// Its name.
    pub name: String,
    /// How it talks; by its name where that is a known vendor's.
    #[serde(rename = "type")]
    pub kind: Option<ProviderType>,
    /// False leaves it out.
    pub enabled: Option<bool>,
    /// The key.
    pub api_key: Option<Secret>,
    /// Several keys, used in turn.
    pub api_keys: Vec<Secret>,
    /// A file with one key a line.
    pub api_key_file: Option<String>,
    /// Address.
    pub base_url: Option<String>,
    /// Organisation.
    pub organization: Option<String>,
    /// Project (OpenAI).
    pub project: Option<String>,
    /// Azure's `api-version`.
    pub api_version: Option<String>,
    /// Azure: the key is a bearer token.
    pub bearer: Option<bool>,
    /// Azure: model to deployment.
    pub deployments: Pairs<String>,
    /// Vertex: project.
    pub project_id: Option<String>,
    /// Vertex: region.
    pub location: Option<String>,
    /// Vertex: service account file.
    pub credentials_file: Option<String>,
    /// Anthropic: the version header.
    pub anthropic_version: Option<String>,
    /// Ollama: context window to ask for.
    pub num_ctx: Option<u32>,
    /// Ollama: how long a model stays loaded.
    pub keep_alive: Option<String>,
    /// Simulated: seed, speed, failures.
    pub simulation: Option<RawSimulation>,
    /// Headers added to each call.
    pub headers: Pairs<Secret>,
    /// Models; absent = the catalogue's usual ones.
    pub models: Option<Vec<RawModel>>,
    /// List price of all its models.
    pub cost: Option<RawCost>,
    /// What all its models are able to do.
    pub capabilities: RawCapabilities,
    /// Labels of all its models.
    pub tags: Vec<String>,
    /// Share under `weighted`.
    pub weight: Option<f64>,
    /// Order under `priority`.
    pub priority: Option<u32>,
    /// Vendor parameters sent with each call.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Limits, for each of its models.
    pub rate_limit: RawLimits,
    /// Active checks.
    pub health_check: Option<RawHealthCheck>,
    /// Breaker, where it differs from `routing.failover.circuit_breaker`.
    pub circuit_breaker: RawBreaker,
    /// Time-outs, where they differ from `routing.timeouts`.
    pub timeouts: RawTimeouts,
}

/// How the simulated models behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSimulation {
    /// Seed of everything by chance.
    pub seed: Option<u64>,
    /// Real seconds for each simulated one.
    pub time_scale: Option<f64>,
    /// Let calls fail.
    pub failures: Option<bool>,
}

/// Limits we hold ourselves to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Requests a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens a minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    pub concurrent_requests: Option<u32>,
}

/// Active checks.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawHealthCheck {
    /// Switch.
    pub enabled: Option<bool>,
    /// Time between checks.
    pub interval: Option<Span>,
    /// One check at most.
    pub timeout: Option<Span>,
    /// Path to ask for.
    pub endpoint: Option<String>,
}

/// Breaker settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawBreaker {
    /// Failures in a row that trip it.
    pub failure_threshold: Option<u32>,
    /// Successful probes that close it.
    pub success_threshold: Option<u32>,
    /// Share of failures that trips it.
    pub failure_ratio: Option<f64>,
    /// Calls before the share counts.
    pub min_calls: Option<u32>,
    /// Window of the share.
    pub window: Option<Span>,
    /// First time to stay open.
    pub timeout: Option<Span>,
    /// Longest time to stay open.
    pub max_timeout: Option<Span>,
    /// Probes at once while half open.
    pub half_open_requests: Option<u32>,
    /// Time until the full share is back.
    pub slow_start: Option<Span>,
}

/// Time-outs of one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawTimeouts {
    /// Until the connection stands.
    pub connect: Option<Span>,
    /// Until the first token.
    pub first_token: Option<Span>,
    /// Between two pieces.
    pub idle: Option<Span>,
    /// The whole attempt.
    pub total: Option<Span>,
}
