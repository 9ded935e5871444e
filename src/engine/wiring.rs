//! Configuration -> running parts: deployments with their dialects, settings of the learner, the
//! memory, the embedder and the dispatcher.

use crate::{
    breaker,
    clock::Clock,
    config::{
        BreakerSettings, Config, DeploymentSpec, Dialect, Durability, EmbeddingKind, Failover,
        LearningSettings, Publisher, Secret as Configured, Signal,
    },
    dispatch::{self, Backoff, CallLimits, checks::CheckSettings},
    domain::Fault,
    embed, learn, memory,
    provider::{
        Provider, Secret, Timeouts,
        anthropic::Anthropic,
        azure::Azure,
        endpoint::Endpoint,
        gemini::Gemini,
        http::Http,
        ollama::Ollama,
        openai::{OpenAi, Quirks},
        rotation::Rotation,
        simulated::{self, Simulated},
        vertex::{self, Credentials, Place, Vertex},
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// All deployments, ready to be called.
///
/// # Errors
/// Names the deployment and what is wrong with it.
pub(crate) fn deployments(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<dispatch::DeploymentSpec>, String> {
    let mut clients = Clients::default();
    let specs = config.deployments.iter().map(|spec| {
        deployment(config, spec, clock, &mut clients)
            .map_err(|error| format!("deployment {}: {error}", spec.id))
    });
    specs.collect()
}

/// One HTTP client for each connection time-out, shared by all deployments that have it: they share
/// its connections, and the machine's certificates are read once.
#[derive(Default)]
struct Clients(HashMap<Duration, Http>);

impl Clients {
    fn of(&mut self, connect: Duration) -> Result<Http, String> {
        if let Some(http) = self.0.get(&connect) {
            return Ok(http.clone());
        }
        let http = Http::new(connect).map_err(said)?;
        self.0.insert(connect, http.clone());
        Ok(http)
    }
}

fn deployment(
    config: &Config,
    spec: &DeploymentSpec,
    clock: &Arc<dyn Clock>,
    clients: &mut Clients,
) -> Result<dispatch::DeploymentSpec, String> {
    let limits = &spec.limits;
    let arm = config.arm(&spec.arm);
    Ok(dispatch::DeploymentSpec {
        id: spec.id.clone(),
        arm: spec.arm.clone(),
        provider_id: spec.provider.clone(),
        model: Arc::from(spec.model.as_str()),
        provider: provider(spec, clock, clients)?,
        price: arm.and_then(|known| known.arm.price),
        streams: arm.is_none_or(|known| known.arm.capabilities.streaming),
        context_tokens: arm.and_then(|known| known.arm.capabilities.context_tokens),
        timeouts: Timeouts {
            first_token: spec.timeouts.first_token,
            idle: spec.timeouts.idle,
            total: spec.timeouts.total,
        },
        breaker: breaker(&spec.breaker),
        limits: CallLimits {
            requests_per_minute: limits.requests_per_minute,
            tokens_per_minute: limits.tokens_per_minute,
            concurrent: limits.concurrent_requests,
        },
        weight: if spec.weight > 0.0 { spec.weight } else { 1.0 },
        check: spec.health_check.as_ref().map(|check| CheckSettings {
            interval: check.interval,
            timeout: check.timeout,
            endpoint: check.endpoint.clone(),
        }),
    })
}

fn provider(
    spec: &DeploymentSpec,
    clock: &Arc<dyn Clock>,
    clients: &mut Clients,
) -> Result<Arc<dyn Provider>, String> {
    if let Dialect::Simulated {
        profile,
        seed,
        time_scale,
        failures,
    } = &spec.dialect
    {
        let settings = simulated::Settings {
            seed: *seed,
            time_scale: *time_scale,
            failures: *failures,
        };
        let simulated = Simulated::new(profile, settings).map_err(|error| error.to_string())?;
        return Ok(Arc::new(simulated));
    }
    let http = clients.of(spec.timeouts.connect)?;
    let keys: Vec<Option<&Configured>> = if spec.keys.is_empty() {
        vec![None]
    } else {
        spec.keys.iter().map(Some).collect()
    };
    let mut accounts = keys
        .into_iter()
        .map(|key| account(spec, &http, key, clock))
        .collect::<Result<Vec<_>, _>>()?;
    if accounts.len() == 1 {
        return Ok(accounts.remove(0));
    }
    Ok(Arc::new(Rotation::new(accounts)))
}

/// The dialect with one key.
fn account(
    spec: &DeploymentSpec,
    http: &Http,
    key: Option<&Configured>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Provider>, String> {
    let mut endpoint = Endpoint {
        base_url: spec.base_url.clone(),
        key: key.map(secret),
        headers: headers(spec),
        parameters: spec.parameters.clone(),
    };
    let http = http.clone();
    Ok(match &spec.dialect {
        Dialect::OpenAi(flavour) => {
            Arc::new(OpenAi::new(http, endpoint, Quirks::named(flavour.name())).map_err(said)?)
        }
        Dialect::Anthropic { version } => {
            Arc::new(Anthropic::new(http, endpoint, version).map_err(said)?)
        }
        Dialect::Gemini => Arc::new(Gemini::new(http, endpoint).map_err(said)?),
        Dialect::Azure {
            api_version,
            bearer,
        } => Arc::new(Azure::new(http, endpoint, api_version.clone(), *bearer).map_err(said)?),
        Dialect::Vertex {
            project,
            location,
            credentials,
            publisher,
        } => {
            let place = Place {
                project: project.clone(),
                location: location.clone(),
                publisher: match publisher {
                    Publisher::Google => vertex::Publisher::Google,
                    Publisher::Anthropic => vertex::Publisher::Anthropic,
                },
            };
            let credentials =
                Credentials::parse(&secret(credentials)).map_err(|error| error.to_string())?;
            Arc::new(
                Vertex::new(http, Arc::clone(clock), endpoint, place, credentials).map_err(said)?,
            )
        }
        Dialect::Ollama {
            num_ctx,
            keep_alive,
        } => {
            let parameters = &mut endpoint.parameters;
            parameters.extend(num_ctx.map(|tokens| ("num_ctx".to_owned(), tokens.into())));
            let keep = keep_alive.as_deref();
            parameters.extend(keep.map(|time| ("keep_alive".to_owned(), time.into())));
            Arc::new(Ollama::new(http, endpoint).map_err(said)?)
        }
        Dialect::Simulated { profile, .. } => {
            return Err(format!("simulated {profile} has no account"));
        }
    })
}

fn said(fault: Fault) -> String {
    fault.message
}

fn secret(configured: &Configured) -> Secret {
    Secret::new(configured.expose())
}

fn headers(spec: &DeploymentSpec) -> Vec<(String, Secret)> {
    let named = [
        ("OpenAI-Organization", &spec.organization),
        ("OpenAI-Project", &spec.project),
    ];
    let account = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Secret::new(value.as_ref()?.as_str()))));
    let own = spec
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), secret(value)));
    account.chain(own).collect()
}

fn breaker(configured: &BreakerSettings) -> breaker::Settings {
    breaker::Settings {
        failure_threshold: configured.failure_threshold,
        failure_ratio: configured.failure_ratio,
        min_calls: configured.min_calls,
        window: configured.window,
        cooldown: configured.cooldown,
        max_cooldown: configured.max_cooldown,
        success_threshold: configured.success_threshold,
        half_open_probes: configured.half_open_requests,
        slow_start: configured.slow_start,
        ..breaker::Settings::default()
    }
}

/// How failures are answered.
pub(crate) fn dispatch_settings(config: &Config) -> dispatch::Settings {
    let Failover {
        retry_codes,
        backoff,
        max_backoff,
        retry_budget,
        min_retries_per_second,
        wait_when_all_open,
        ..
    } = &config.routing.failover;
    let fallback = config.routing.fallback.as_ref();
    dispatch::Settings {
        backoff: Backoff {
            base: *backoff,
            max: *max_backoff,
        },
        retry_share: *retry_budget,
        retries_per_second: f64::from(*min_retries_per_second),
        retry_codes: retry_codes.clone(),
        wait_when_all_open: *wait_when_all_open,
        hedge_share: config
            .routing
            .hedge
            .as_ref()
            .map_or(0.0, |hedge| hedge.max_share),
        last_resort: fallback.map_or_else(Default::default, |fallback| {
            fallback.arms.iter().cloned().collect()
        }),
        last_resort_on_error: fallback.is_none_or(|fallback| fallback.on_error),
        last_resort_on_rate_limit: fallback.is_none_or(|fallback| fallback.on_rate_limit),
        fall_back_on_context_length: fallback.is_none_or(|fallback| fallback.on_context_length),
        fall_back_on_content_filter: fallback.is_none_or(|fallback| fallback.on_content_policy),
        ..dispatch::Settings::default()
    }
}

/// What the learner is told of the arms before it has seen anything.
pub(crate) fn arm_priors(config: &Config) -> Vec<learn::ArmPrior> {
    config
        .arms
        .iter()
        .map(|spec| learn::ArmPrior {
            arm: spec.arm.id.clone(),
            price: spec.arm.price,
            prior_quality: spec.prior_quality,
        })
        .collect()
}

/// Settings of the learner.
pub(crate) fn learn_settings(configured: &LearningSettings) -> learn::Settings {
    let mut settings = learn::Settings::default();
    let weight = |signal: Signal| if signal.enabled { signal.weight } else { 0.0 };
    let implicit = &configured.implicit_feedback;
    settings.sources.agreement = weight(implicit.agreement);
    settings.sources.schema = weight(implicit.schema);
    settings.sources.truncation = weight(implicit.truncation);
    settings.sources.quick_retry = weight(implicit.quick_retry);
    settings.sources.judge = weight(implicit.judge);
    settings.max_caller_share = configured.caller_share;
    if let Some(classes) = configured.max_classes {
        settings.max_classes = classes as usize;
    }
    if let Some(scale) = configured.exploration {
        settings.explore_level *= scale;
        settings.explore_class *= scale;
    }
    if let Some(scale) = configured.spread {
        settings.spread_group *= scale;
        settings.spread_class *= scale;
    }
    if let Some(slope) = configured.price_prior {
        settings.price_slope = slope;
    }
    settings
}

/// Settings of the memory.
pub(crate) fn memory_settings(config: &Config) -> memory::Settings {
    memory::Settings {
        durability: match config.memory.durability {
            Durability::Process => memory::Durability::Process,
            Durability::Power => memory::Durability::Power,
        },
        retention_ms: u64::try_from(config.memory.retention.as_millis()).unwrap_or(u64::MAX),
        max_decisions: config.memory.max_decisions,
        ..memory::Settings::default()
    }
}

/// Settings of the embedder. `learned_with`: what an existing memory was learned with.
pub(crate) fn embed_settings(config: &Config, learned_with: Option<String>) -> embed::Settings {
    let configured = &config.embedding;
    embed::Settings {
        kind: match configured.kind {
            EmbeddingKind::Auto => embed::Kind::Auto,
            EmbeddingKind::Minilm => embed::Kind::MiniLm,
            EmbeddingKind::Static => embed::Kind::Static,
        },
        models_dir: configured.models_dir.clone(),
        runtime_library: configured.runtime_library.clone(),
        workers: Some(configured.workers.max(1) as usize),
        queue_limit: configured.queue_limit as usize,
        cache_entries: configured.cache_entries,
        learned_with,
    }
}
