//! One place that serves a model, as the configuration means it: dialect, address, keys, limits.

use super::{Secret, span};
use crate::domain::{ArmId, DeploymentId, ProviderId};
use serde::Serialize;
use std::time::Duration;

/// One place that serves a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentSpec {
    /// `provider/model`, or `provider/model#2` where one provider serves it in several arms.
    pub id: DeploymentId,
    /// The arm it belongs to.
    pub arm: ArmId,
    /// The provider it was configured under.
    pub provider: ProviderId,
    /// How to talk to it.
    pub dialect: Dialect,
    /// Address with scheme, without a slash at the end; empty for the simulated provider.
    pub base_url: String,
    /// The model's name as the upstream knows it, after mapping.
    pub model: String,
    /// Keys, used in turn; may be empty where the server asks for none.
    pub keys: Vec<Secret>,
    /// Headers added to each call. The values may be secret.
    pub headers: Vec<(String, Secret)>,
    /// Organisation, for vendors that bill by it.
    pub organization: Option<String>,
    /// Project, for vendors that bill by it.
    pub project: Option<String>,
    /// Parameters of the vendor sent with each call unless the request has its own.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Time-outs.
    pub timeouts: Timeouts,
    /// Limits that we hold ourselves to.
    pub limits: Limits,
    /// Circuit breaker.
    pub breaker: BreakerSettings,
    /// Active checks; `None` = calls alone tell.
    pub health_check: Option<HealthCheck>,
    /// Share under `weighted`, at least 0.
    pub weight: f64,
    /// Order under `priority`; lower comes first.
    pub priority: u32,
}

/// How an upstream talks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Chat completions as OpenAI has them, and whoever copies it.
    OpenAi(Flavour),
    /// Anthropic's messages.
    Anthropic {
        /// The `anthropic-version` header.
        version: String,
    },
    /// Google's generateContent with an API key.
    Gemini,
    /// Azure OpenAI.
    Azure {
        /// The `api-version` parameter; `None` = the path without versions.
        api_version: Option<String>,
        /// Send the key as a bearer token instead of the `api-key` header.
        bearer: bool,
    },
    /// Google Vertex AI with a service account.
    Vertex {
        /// Project of the resource.
        project: String,
        /// Region such as `us-central1`, or `global`.
        location: String,
        /// The service account's JSON file, as read.
        credentials: Secret,
        /// Whose model it is.
        publisher: Publisher,
    },
    /// Ollama's own chat API.
    Ollama {
        /// Context window to ask for; `None` = the server's default.
        num_ctx: Option<u32>,
        /// How long the model stays loaded, as Ollama writes it.
        keep_alive: Option<String>,
    },
    /// Inside this process; for demonstrations and tests.
    Simulated {
        /// Name of its profile.
        profile: String,
        /// Seed of everything by chance.
        seed: u64,
        /// Real seconds for each simulated one; 0 = do not wait.
        time_scale: f64,
        /// Let calls fail at the model's rate.
        failures: bool,
    },
}

impl Dialect {
    /// The dialect's name as in the configuration's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenAi(flavour) => flavour.name(),
            Self::Anthropic { .. } => "anthropic",
            Self::Gemini => "gemini",
            Self::Azure { .. } => "azure",
            Self::Vertex { .. } => "vertex",
            Self::Ollama { .. } => "ollama",
            Self::Simulated { .. } => "simulated",
        }
    }
}

/// Whose models a Vertex deployment serves; the paths and bodies differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Publisher {
    /// Gemini.
    Google,
    /// Claude.
    Anthropic,
}

/// Servers that speak chat completions, each with its habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// api.openai.com.
    OpenAi,
    /// Groq.
    Groq,
    /// Cerebras.
    Cerebras,
    /// Mistral.
    Mistral,
    /// xAI.
    Xai,
    /// DeepSeek.
    DeepSeek,
    /// Together.
    Together,
    /// vLLM.
    Vllm,
    /// LM Studio.
    LmStudio,
    /// Any other.
    Compatible,
}

impl Flavour {
    /// The flavour's name as in the configuration's `type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Groq => "groq",
            Self::Cerebras => "cerebras",
            Self::Mistral => "mistral",
            Self::Xai => "xai",
            Self::DeepSeek => "deepseek",
            Self::Together => "together",
            Self::Vllm => "vllm",
            Self::LmStudio => "lmstudio",
            Self::Compatible => "openai_compatible",
        }
    }
}

/// Time-outs of one attempt. Each is greater than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    #[serde(serialize_with = "span::text")]
    pub connect: Duration,
    /// From sending to the first token, of whole answers as well, which are asked for as streams. Only
    /// an answer that cannot be streamed is bounded by `total` alone.
    #[serde(serialize_with = "span::text")]
    pub first_token: Duration,
    /// Between two pieces of a stream or of a body.
    #[serde(serialize_with = "span::text")]
    pub idle: Duration,
    /// The whole attempt.
    #[serde(serialize_with = "span::text")]
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(600),
        }
    }
}

/// Limits of one deployment; `None` = no limit. Each is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Limits {
    /// Requests started within a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens, input and output, within a minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    pub concurrent_requests: Option<u32>,
}

/// Circuit breaker of one deployment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BreakerSettings {
    /// Failures in a row that trip it, at least 1.
    pub failure_threshold: u32,
    /// Successful probes that close it, at least 1.
    pub success_threshold: u32,
    /// Share of failures in the window that trips it, in (0, 1].
    pub failure_ratio: f64,
    /// Calls in the window before the share counts, at least 1.
    pub min_calls: u32,
    /// The window.
    #[serde(serialize_with = "span::text")]
    pub window: Duration,
    /// First time to stay open (the seeds' `timeout`).
    #[serde(serialize_with = "span::text")]
    pub cooldown: Duration,
    /// Longest time to stay open; each trip without a success between doubles the cooldown.
    #[serde(serialize_with = "span::text")]
    pub max_cooldown: Duration,
    /// Probes at once while half open, at least 1.
    pub half_open_requests: u32,
    /// Time over which a recovered deployment gets back its full share; 0 = at once.
    #[serde(serialize_with = "span::text")]
    pub slow_start: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            success_threshold: 2,
            failure_ratio: 0.5,
            min_calls: 20,
            window: Duration::from_secs(60),
            cooldown: Duration::from_secs(30),
            max_cooldown: Duration::from_secs(600),
            half_open_requests: 1,
            slow_start: Duration::from_secs(30),
        }
    }
}

/// Active health checks of one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthCheck {
    /// Time between two checks; the checker adds jitter.
    #[serde(serialize_with = "span::text")]
    pub interval: Duration,
    /// One check at most.
    #[serde(serialize_with = "span::text")]
    pub timeout: Duration,
    /// Path to ask for, from the root of the host; `None` = the dialect's own probe.
    pub endpoint: Option<String>,
}
