//! Providers and their health for operators, as JSON.

use super::openai::Refusal;
use super::{App, time};
use crate::domain::{ArmId, FaultKind};
use crate::engine::api::{
    AdminState, BreakerState, CallStatistics, DeploymentShown, EngineApi, ProviderShown,
};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// `GET /ai/providers`.
///
/// # Errors
/// The engine's.
pub async fn providers<E: EngineApi>(State(app): State<App<E>>) -> Result<Json<Value>, Refusal> {
    let providers = app.engine.providers().await?;
    let shown = providers.iter().map(|provider| {
        let models = provider.deployments.iter().map(|one| one.model.as_str());
        json!({
            "name": provider.name.as_str(),
            "type": provider.dialect,
            "status": Health::of(provider).status,
            "models": models.collect::<Vec<_>>(),
            "arms": provider.arms.iter().map(ArmId::as_str).collect::<Vec<_>>(),
        })
    });
    Ok(Json(json!({ "providers": shown.collect::<Vec<_>>() })))
}

/// `GET /ai/providers/{name}/health`. `last_check` is the moment of the answer: health is kept by
/// every call, not only by checks.
///
/// # Errors
/// No such provider; the engine's.
pub async fn health<E: EngineApi>(
    State(app): State<App<E>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let provider = find(&app, &name).await?;
    let health = Health::of(&provider);
    Ok(Json(json!({
        "name": name,
        "status": health.status,
        "latency_ms": health.latency_ms.map(f64::round),
        "last_check": time::rfc3339(app.clock.now_ms()),
        "error": health.error,
    })))
}

/// `GET /ai/providers/{name}/stats`.
///
/// # Errors
/// No such provider; the engine's.
pub async fn stats<E: EngineApi>(
    State(app): State<App<E>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let provider = find(&app, &name).await?;
    let total = total(&provider);
    let deployments: Vec<Value> = provider.deployments.iter().map(deployment).collect();
    Ok(Json(json!({
        "name": name,
        "requests": total.calls,
        "success": total.completed,
        "errors": total.failed,
        "throttled": total.throttled,
        "cancelled": total.cancelled,
        "success_rate": success_rate(&total),
        "cost_usd": total.cost_usd,
        "deployments": deployments,
    })))
}

/// `GET /api/v1/admin/router/health`.
///
/// # Errors
/// The engine's.
pub async fn router_health<E: EngineApi>(
    State(app): State<App<E>>,
) -> Result<Json<Value>, Refusal> {
    let providers = app.engine.providers().await?;
    let shown = providers.iter().map(|provider| {
        let health = Health::of(provider);
        json!({
            "name": provider.name.as_str(),
            "status": health.status,
            "latency_ms": health.latency_ms.map(f64::round),
            "success_rate": success_rate(&total(provider)),
        })
    });
    Ok(Json(json!({ "providers": shown.collect::<Vec<_>>() })))
}

async fn find<E: EngineApi>(app: &App<E>, name: &str) -> Result<ProviderShown, Refusal> {
    let providers = app.engine.providers().await?;
    let found = providers
        .into_iter()
        .find(|provider| provider.name.as_str() == name);
    found.ok_or_else(|| {
        Refusal::not_found(&format!(
            "there is no provider {name:?}; GET /ai/providers lists them"
        ))
    })
}

fn deployment(one: &DeploymentShown) -> Value {
    json!({
        "id": one.id.as_str(),
        "model": one.model,
        "address": one.address,
        "state": match one.state {
            AdminState::Enabled => "enabled",
            AdminState::Draining => "draining",
            AdminState::Disabled => "disabled",
        },
        "breaker": breaker_word(one.breaker.state),
        "trips": one.breaker.trips,
        "in_flight": one.in_flight,
        "requests": one.statistics.calls,
        "success": one.statistics.completed,
        "errors": one.statistics.failed,
        "throttled": one.statistics.throttled,
        "latency_ms": {
            "p50": one.statistics.latency_p50_ms,
            "p95": one.statistics.latency_p95_ms,
        },
        "cost_usd": one.statistics.cost_usd,
        "last_error": one.statistics.last_fault.as_ref().map(|(fault, at_ms)| json!({
            "at": time::rfc3339(*at_ms),
            "kind": fault.kind.as_str(),
            "message": fault.message,
        })),
    })
}

/// The breaker's state in the field's words.
pub fn breaker_word(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half_open",
    }
}

/// A provider's health, from its deployments' breakers.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// `healthy`: all that may take calls do; `degraded`: some do; `unhealthy`: none does.
    pub status: &'static str,
    /// Mean of the deployments' medians.
    pub latency_ms: Option<f64>,
    /// The latest failure's words, where it is not healthy.
    pub error: Option<String>,
}

impl Health {
    /// Of one provider.
    pub fn of(provider: &ProviderShown) -> Self {
        let enabled = provider
            .deployments
            .iter()
            .filter(|one| one.state == AdminState::Enabled);
        let (mut all, mut open, mut closed) = (0, 0, 0);
        for one in enabled {
            all += 1;
            match one.breaker.state {
                BreakerState::Closed => closed += 1,
                BreakerState::Open => open += 1,
                BreakerState::HalfOpen => {}
            }
        }
        let status = if all > 0 && closed == all {
            "healthy"
        } else if all > open {
            "degraded"
        } else {
            "unhealthy"
        };
        Self {
            status,
            latency_ms: mean_latency_ms(provider),
            error: (status != "healthy")
                .then(|| last_error(provider))
                .flatten(),
        }
    }
}

fn mean_latency_ms(provider: &ProviderShown) -> Option<f64> {
    let medians: Vec<f64> = provider
        .deployments
        .iter()
        .filter_map(|one| one.statistics.latency_p50_ms)
        .collect();
    (!medians.is_empty()).then(|| medians.iter().sum::<f64>() / medians.len() as f64)
}

fn last_error(provider: &ProviderShown) -> Option<String> {
    let faults = provider
        .deployments
        .iter()
        .filter_map(|one| one.statistics.last_fault.as_ref());
    let latest = faults.max_by_key(|(_, at_ms)| *at_ms)?;
    Some(match latest.0.kind {
        // Words about accounts are for the page of the deployment, not for a health check.
        FaultKind::Credentials => "credentials are not accepted".into(),
        _ => latest.0.message.clone(),
    })
}

/// All deployments together; latencies are left out, they do not add up.
pub fn total(provider: &ProviderShown) -> CallStatistics {
    let mut total = CallStatistics::default();
    for one in &provider.deployments {
        let part = &one.statistics;
        total.calls += part.calls;
        total.completed += part.completed;
        total.failed += part.failed;
        total.throttled += part.throttled;
        total.cancelled += part.cancelled;
        total.cost_usd += part.cost_usd;
    }
    total
}

/// In percent, with one decimal; calls that were given up do not count. `None` before the first.
fn success_rate(total: &CallStatistics) -> Option<f64> {
    let judged = total.completed + total.failed + total.throttled;
    (judged > 0).then(|| (total.completed as f64 / judged as f64 * 1000.0).round() / 10.0)
}
