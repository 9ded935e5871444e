//! Configuration -> running parts: deployments, settings of the learner, the memory, the embedder and
//! the dispatcher.

use super::dialects::{self, Clients};
use crate::{
    breaker,
    clock::Clock,
    config::{
        BreakerSettings, Config, DeploymentSpec, Durability, EmbeddingKind, Failover,
        LearningSettings, Signal,
    },
    dispatch::{self, Backoff, CallLimits, checks::CheckSettings},
    embed, learn, memory,
    provider::Timeouts,
};
use std::sync::Arc;

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
        provider: dialects::provider(spec, clock, clients)?,
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
    settings.forgetting = configured.forgetting.unwrap_or(settings.forgetting);
    settings.detect_drift = configured.drift_detection;
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
