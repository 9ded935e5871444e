//! Strategies, rules, budgets, tenants' limits and sessions on the way of a request.

use super::*;

fn routing(text: &str) -> String {
    format!("routing:\n{text}")
}

async fn chosen(engine: &Engine, request: RouteRequest) -> String {
    engine
        .decide(request)
        .await
        .unwrap()
        .ranking
        .chosen
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn round_robin_takes_turns() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), &routing("  strategy: round_robin\n"))).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let decision = engine.decide(ask("Hello")).await.unwrap();
        assert!((decision.ranking.propensity - 0.2).abs() < 1e-9);
        seen.push(decision.ranking.chosen.to_string());
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "sim/atlas",
            "sim/forge",
            "sim/quill",
            "sim/sift",
            "sim/wisp"
        ]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_sends_requests_where_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let rules = "  strategy: custom\n  rules:\n    - { name: vip, when: 'tenant == \"vip\"', arms: [sim/atlas] }\n    - { name: rest, when: '', strategy: cost }\n";
    let engine = open(config(dir.path(), &routing(rules))).await;
    let mut vip = ask("Hello");
    vip.routing.tenant = Some("vip".to_owned());
    assert_eq!(chosen(&engine, vip).await, "sim/atlas");
    assert_eq!(chosen(&engine, ask("Hello")).await, "sim/wisp");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_budget_refuses_and_names_itself() {
    let dir = tempfile::tempdir().unwrap();
    let budget = "learning:\n  budget: { usd: 0.000001, window: 1h, hard: true }\n";
    let engine = open(config(dir.path(), budget)).await;
    let error = engine
        .route(ask("Hello"), Deadline::NONE)
        .await
        .unwrap_err();
    // Nothing is affordable under what is left.
    assert!(
        matches!(
            error,
            EngineError::NoEligibleArm { .. } | EngineError::BudgetExceeded { .. }
        ),
        "{error}"
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_place_is_held_by_a_stream_and_comes_back_when_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let tenants = "tenants:\n  blue: { concurrent_requests: 1 }\n";
    let engine = open(config(dir.path(), tenants)).await;
    let of_blue = || {
        let mut request = ask("Hello");
        request.routing.tenant = Some("blue".to_owned());
        request
    };
    let mut stream = engine
        .route_stream(of_blue(), Deadline::NONE)
        .await
        .unwrap();
    assert!(stream.next().await.is_some());
    let error = engine.route(of_blue(), Deadline::NONE).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::LimitReached { limit, .. } if limit == "tenants.blue.concurrent_requests"),
        "{error}"
    );
    engine.route(ask("Hello"), Deadline::NONE).await.unwrap();
    drop(stream);
    engine.route(of_blue(), Deadline::NONE).await.unwrap();
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_the_same_again_in_a_session_counts_against_the_first_answer() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let mut request = ask("Explain tides");
    request.routing.session = Some("s1".to_owned());
    request.routing.model = Some("wisp".to_owned());
    let quality = |engine: &Engine| {
        let known = engine.core.recorder.knowledge();
        let mut profiles = known.profiles().into_iter();
        profiles
            .find(|p| p.class.is_none() && p.arm.as_str() == "sim/wisp")
            .unwrap()
            .quality
            .mean
    };
    let before = quality(&engine);
    for _ in 0..4 {
        engine.route(request.clone(), Deadline::NONE).await.unwrap();
    }
    engine.core.recorder.snapshot().await.unwrap();
    assert!(
        quality(&engine) < before - 0.001,
        "{} {before}",
        quality(&engine)
    );
    engine.close().await;
}
