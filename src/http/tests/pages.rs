//! Pages for operators.

use super::{face::Face, scripted};
use crate::domain::{DeploymentId, Fault, FaultKind, ProviderId};
use crate::engine::api::{
    About, AdminState, BreakerShown, BreakerState, CallStatistics, DeploymentShown, Event,
    EventKind, ProviderShown, Words,
};
use crate::http::Settings;
use serde_json::Value;
use std::sync::Arc;

fn deployment(provider: &str, state: BreakerState, calls: CallStatistics) -> DeploymentShown {
    DeploymentShown {
        id: DeploymentId::new(&format!("{provider}/m")),
        provider: ProviderId::from(provider),
        model: "m".into(),
        address: Some("https://host/v1".into()),
        state: AdminState::Enabled,
        breaker: BreakerShown {
            state,
            reason: None,
            retry_at_ms: None,
            trips: u64::from(state != BreakerState::Closed),
        },
        in_flight: 2,
        statistics: calls,
    }
}

fn provider(name: &str, state: BreakerState, failed: u64) -> ProviderShown {
    let fault = Fault::new(FaultKind::ServerError, "upstream answered 500");
    let calls = CallStatistics {
        calls: 200,
        completed: 199 - failed,
        failed,
        throttled: 0,
        cancelled: 1,
        latency_p50_ms: Some(233.6),
        latency_p95_ms: Some(800.0),
        cost_usd: 0.125,
        last_fault: (failed > 0).then_some((fault, 1_763_000_000_000)),
    };
    ProviderShown {
        name: ProviderId::from(name),
        dialect: "openai".into(),
        arms: vec![format!("{name}/m").into()],
        deployments: vec![deployment(name, state, calls)],
    }
}

async fn face() -> Face {
    let face = Face::open(Settings::default()).await;
    *face.engine.providers.lock().unwrap() = vec![
        provider("openai", BreakerState::Closed, 1),
        provider("anthropic", BreakerState::HalfOpen, 9),
        provider("local", BreakerState::Open, 100),
    ];
    face
}

async fn json(face: &Face, path: &str) -> String {
    let response = face.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    let value: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[tokio::test]
async fn providers_are_shown_in_the_shapes_that_dashboards_know() {
    let face = face().await;
    insta::assert_snapshot!("models", json(&face, "/v1/models").await);
    insta::assert_snapshot!("providers", json(&face, "/ai/providers").await);
    insta::assert_snapshot!("health", json(&face, "/ai/providers/local/health").await);
    insta::assert_snapshot!("healthy", json(&face, "/ai/providers/openai/health").await);
    insta::assert_snapshot!("stats", json(&face, "/ai/providers/openai/stats").await);
    insta::assert_snapshot!(
        "router_health",
        json(&face, "/api/v1/admin/router/health").await
    );
    let response = face.get("/ai/providers/nobody/health").await;
    assert_eq!(response.status(), 404);
    assert_eq!(face.get("/nowhere").await.status(), 404);
}

#[tokio::test]
async fn metrics_count_events_and_show_the_providers() {
    let face = face().await;
    let send = |kind, about| {
        let at_ms = 1;
        let event = Event { at_ms, kind, about };
        face.engine.events.send(event).unwrap();
    };
    let words = |details: &[(&'static str, &str)]| {
        let details = details
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()));
        About::Words(Words {
            subject: "s".into(),
            message: String::new(),
            details: details.collect(),
        })
    };
    while face.engine.events.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    let mut decision = scripted::decision();
    decision.ranking.chosen = "openai/m".into();
    send(EventKind::Decided, About::Decision(Arc::new(decision)));
    let failed = [("deployment", "openai/m"), ("reason", "cut")];
    send(EventKind::AttemptFailed, words(&failed));
    let switched = [("from", "openai/m"), ("to", "local/m"), ("reason", "cut")];
    send(EventKind::Switched, words(&switched));
    let mut outcome = scripted::outcome();
    outcome.served_by = Some("local/m".into());
    outcome.latency_ms = 120.0;
    outcome.attempts[0].cost_usd = Some(0.25);
    send(EventKind::Ended, About::Outcome(Arc::new(outcome)));
    send(EventKind::Feedback, words(&[("arm", "local/m")]));
    let page = loop {
        let page = face.get("/metrics").await.text().await.unwrap();
        if page.contains("pointsman_feedback_total{") {
            break page;
        }
    };
    insta::assert_snapshot!("metrics", page);
}

#[tokio::test]
async fn a_failed_memory_is_told_by_every_health_page() {
    let face = face().await;
    face.engine
        .failure
        .send_replace(Some("the disk is full".into()));
    for page in ["/health", "/healthz", "/readyz"] {
        let told = face.get(page).await;
        assert_eq!(told.status(), 503, "{page}");
        assert!(told.text().await.unwrap().contains("the disk is full"));
    }
}

#[tokio::test]
async fn after_the_signal_it_is_not_ready_and_ends() {
    let face = face().await;
    assert_eq!(face.get("/readyz").await.status(), 200);
    let kept = face.client.get(format!("{}/healthz", face.url));
    assert_eq!(kept.send().await.unwrap().text().await.unwrap(), "ok\n");
    face.stop.cancel();
    drop(face.client);
    face.served.await.unwrap().unwrap();
}
