//! `GET /metrics`: the engine's snapshot of its providers, and what was counted from its events.

use super::App;
use super::admin::{Health, total};
use super::exposition::{Metric, Page};
use super::meter::{Counters, Counts};
use super::openai::Refusal;
use crate::engine::api::{BreakerState, EngineApi, ProviderShown};
use axum::extract::State;
use axum::response::{IntoResponse, Response};

/// The page.
///
/// # Errors
/// The engine's.
pub async fn page<E: EngineApi>(State(app): State<App<E>>) -> Result<Response, Refusal> {
    let providers = app.engine.providers().await?;
    let text = write(&providers, &app.meter.read());
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([("content-type", kind)], text).into_response())
}

/// The page of this snapshot and these counts.
pub fn write(providers: &[ProviderShown], counts: &Counts) -> String {
    let mut page = Page::default();
    provider_calls(&mut page, providers);
    deployments(&mut page, providers);
    counted(&mut page, counts);
    costs_and_times(&mut page, counts);
    page.text()
}

fn provider_calls(page: &mut Page, providers: &[ProviderShown]) {
    let help = "Upstream calls that ended, by provider and status.";
    let mut calls = page.metric("requests_total", "counter", help);
    for provider in providers {
        let (name, total) = (provider.name.as_str(), total(provider));
        for (status, count) in [
            ("success", total.completed),
            ("error", total.failed),
            ("throttled", total.throttled),
            ("cancelled", total.cancelled),
        ] {
            calls.sample(&[("provider", name), ("status", status)], count as f64);
        }
    }
    let help = "1 = healthy, 0.5 = degraded, 0 = unhealthy.";
    let mut healths = page.metric("provider_health", "gauge", help);
    for provider in providers {
        let value = match Health::of(provider).status {
            "healthy" => 1.0,
            "degraded" => 0.5,
            _ => 0.0,
        };
        healths.sample(&[("provider", provider.name.as_str())], value);
    }
    let help = "Known cost in US dollars.";
    let mut costs = page.metric("provider_cost_usd_total", "counter", help);
    for provider in providers {
        let cost = total(provider).cost_usd;
        costs.sample(&[("provider", provider.name.as_str())], cost);
    }
}

fn deployments(page: &mut Page, providers: &[ProviderShown]) {
    let all = || providers.iter().flat_map(|provider| &provider.deployments);
    let help = "0 = closed, 1 = half open, 2 = open.";
    let mut breakers = page.metric("breaker_state", "gauge", help);
    for one in all() {
        let state = match one.breaker.state {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        };
        breakers.sample(&[("deployment", one.id.as_str())], state);
    }
    let help = "How often the breaker tripped.";
    let mut trips = page.metric("breaker_trips_total", "counter", help);
    for one in all() {
        let trips_total = one.breaker.trips as f64;
        trips.sample(&[("deployment", one.id.as_str())], trips_total);
    }
    let mut in_flight = page.metric("in_flight", "gauge", "Upstream calls in flight.");
    for one in all() {
        let calls = f64::from(one.in_flight);
        in_flight.sample(&[("deployment", one.id.as_str())], calls);
    }
    let help = "Latency of upstream calls, estimated quantiles.";
    let mut latency = page.metric("deployment_latency_seconds", "gauge", help);
    for one in all() {
        for (quantile, value_ms) in [
            ("0.5", one.statistics.latency_p50_ms),
            ("0.95", one.statistics.latency_p95_ms),
        ] {
            if let Some(value_ms) = value_ms {
                let labels = [("deployment", one.id.as_str()), ("quantile", quantile)];
                latency.sample(&labels, value_ms / 1e3);
            }
        }
    }
}

fn counted(page: &mut Page, counts: &Counts) {
    let help = "Another arm took over after a failure.";
    let mut metric = page.metric("failovers_total", "counter", help);
    samples(&mut metric, ["from", "to", "reason"], &counts.failovers);
    let help = "Upstream calls that failed, by kind of fault.";
    let mut metric = page.metric("attempt_failures_total", "counter", help);
    samples(
        &mut metric,
        ["deployment", "reason"],
        &counts.attempt_failures,
    );
    let mut metric = page.metric("decisions_total", "counter", "Decisions by chosen arm.");
    samples(&mut metric, ["arm", "strategy"], &counts.decisions);
    let help = "Requests that ended, by how.";
    let mut metric = page.metric("outcomes_total", "counter", help);
    samples(&mut metric, ["status"], &counts.requests);
    let mut metric = page.metric("feedback_total", "counter", "Judgements by arm.");
    samples(&mut metric, ["arm"], &counts.feedback);
    let help = "Events about health, learning, memory and operators.";
    let mut metric = page.metric("events_total", "counter", help);
    samples(&mut metric, ["kind"], &counts.notices);
    let help = "Events that these counts missed, because they came too fast.";
    page.metric("events_missed_total", "counter", help)
        .sample(&[], counts.missed as f64);
}

fn samples<const N: usize>(
    metric: &mut Metric<'_>,
    names: [&'static str; N],
    counters: &Counters<N>,
) {
    for (values, count) in counters {
        let labels: Vec<(&str, &str)> = names
            .iter()
            .copied()
            .zip(values.iter().map(String::as_str))
            .collect();
        metric.sample(&labels, *count as f64);
    }
}

fn costs_and_times(page: &mut Page, counts: &Counts) {
    let help = "Known cost in US dollars, by the arm that served.";
    let mut costs = page.metric("cost_usd_total", "counter", help);
    for (arm, cost) in &counts.cost_usd {
        costs.sample(&[("arm", arm)], *cost);
    }
    let help = "Whole requests, by the arm that served.";
    let mut latency = page.metric("request_latency_seconds", "histogram", help);
    for (arm, histogram) in &counts.latency {
        latency.histogram(&[("arm", arm)], histogram);
    }
    let help = "Our own part of requests over HTTP that were not streamed.";
    page.metric("http_overhead_seconds", "histogram", help)
        .histogram(&[], &counts.overhead);
}
