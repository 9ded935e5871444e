//! The HTTP face: chat completions as OpenAI has them, feedback, metrics and admin JSON.
//!
//! It translates and nothing else: every decision is the engine's. Leaves out TLS: a proxy in front
//! does that better.

mod admin;
mod auth;
mod exposition;
mod feedback;
mod meter;
mod metrics;
pub mod openai;
mod routing;
mod settings;
mod time;

pub use settings::Settings;

use crate::clock::Clock;
use crate::engine::api::EngineApi;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Router, middleware};
use meter::Meter;
use openai::{Refusal, chat, models};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What the handlers share.
pub struct App<E> {
    engine: Arc<E>,
    clock: Arc<dyn Clock>,
    meter: Meter,
    permits: Arc<Semaphore>,
    max_text_bytes: usize,
    max_request_time: Option<Duration>,
    keep_alive: Duration,
    stop: CancellationToken,
}

// Not derived: that would ask for `E: Clone`.
impl<E> Clone for App<E> {
    fn clone(&self) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            clock: Arc::clone(&self.clock),
            meter: self.meter.clone(),
            permits: Arc::clone(&self.permits),
            max_text_bytes: self.max_text_bytes,
            max_request_time: self.max_request_time,
            keep_alive: self.keep_alive,
            stop: self.stop.clone(),
        }
    }
}

/// Serves until `stop` is cancelled, then gives running requests the settings' time to end.
///
/// # Errors
/// The listener failed.
pub async fn serve<E: EngineApi>(
    listener: TcpListener,
    engine: Arc<E>,
    clock: Arc<dyn Clock>,
    settings: &Settings,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let meter = Meter::new(engine.watch());
    let watching = tokio::spawn(meter.clone().watch());
    let app = App {
        engine,
        clock,
        meter,
        permits: Arc::new(Semaphore::new(settings.max_concurrent_requests)),
        max_text_bytes: settings.max_text_bytes,
        max_request_time: settings.max_request_time,
        keep_alive: settings.keep_alive,
        stop: stop.clone(),
    };
    let asked = stop.clone();
    let server = axum::serve(listener, router(app, settings))
        .with_graceful_shutdown(async move { asked.cancelled().await });
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(settings.drain).await;
    };
    let served = tokio::select! {
        served = server => served,
        () = patience => Ok(()),
    };
    watching.abort();
    served
}

fn router<E: EngineApi>(app: App<E>, settings: &Settings) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::completions::<E>))
        .route("/v1/models", get(models::list::<E>))
        .route("/v1/feedback", post(feedback::give::<E>))
        .route("/metrics", get(metrics::page::<E>))
        .route("/healthz", get(alive::<E>))
        .route("/health", get(alive::<E>))
        .route("/readyz", get(ready::<E>))
        .route("/ai/providers", get(admin::providers::<E>))
        .route("/ai/providers/{name}/health", get(admin::health::<E>))
        .route("/ai/providers/{name}/stats", get(admin::stats::<E>))
        .route(
            "/api/v1/admin/router/health",
            get(admin::router_health::<E>),
        )
        .fallback(|| async { Refusal::not_found("there is no such page") })
        .layer(DefaultBodyLimit::max(settings.max_request_bytes))
        .layer(middleware::from_fn_with_state(
            settings.keys.clone(),
            auth::check,
        ))
        .with_state(app)
}

/// Alive as long as it can do its work: a memory that has failed needs a restart.
async fn alive<E: EngineApi>(State(app): State<App<E>>) -> Result<&'static str, Refusal> {
    match app.engine.failure().borrow().clone() {
        None => Ok("ok\n"),
        Some(reason) => Err(crate::engine::api::EngineError::Memory(reason).into()),
    }
}

/// Ready as long as nobody has asked to stop: a balancer is told before connections are refused.
async fn ready<E: EngineApi>(State(app): State<App<E>>) -> Result<&'static str, Refusal> {
    if app.stop.is_cancelled() {
        return Err(crate::engine::api::EngineError::Draining.into());
    }
    alive(State(app)).await?;
    Ok("ready\n")
}

#[cfg(test)]
mod tests;
