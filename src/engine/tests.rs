//! The whole path in process: simulated upstreams, the static embedder, a memory on disk.

use super::{
    Engine, Options,
    api::{Deadline, EngineApi, EngineError, RouteEvent, RouteRequest},
};
use crate::{
    config::{self, Config, Origin},
    domain::{ChatRequest, DecisionId, Feedback, Message, OutcomeStatus, Role, Source},
};
use futures_util::StreamExt;
use std::path::Path;

fn config(memory: &Path, more: &str) -> Config {
    let text = format!(
        "embedding: {{ kind: static }}\nmemory: {{ path: {memory:?} }}\nproviders:\n  - name: sim\n    type: simulated\n    simulation: {{ seed: 1, time_scale: 0, failures: false }}\n    models: [atlas, forge, quill, sift, wisp]\n{more}"
    );
    match config::from_text(&text, Origin::Simulated, &|_| None) {
        Ok(config) => config,
        Err(problems) => panic!("{problems}"),
    }
}

async fn open(config: Config) -> Engine {
    Engine::open(
        config,
        Options {
            seed: Some(7),
            clock: None,
        },
    )
    .await
    .unwrap()
}

fn ask(prompt: &str) -> RouteRequest {
    let messages = vec![Message::text(Role::User, prompt)];
    RouteRequest {
        chat: ChatRequest {
            messages,
            ..ChatRequest::default()
        },
        ..RouteRequest::default()
    }
}

fn judge(decision: DecisionId, quality: f64, request_id: &str) -> Feedback {
    Feedback {
        decision,
        arm: None,
        request_id: Some(request_id.to_owned()),
        quality: Some(quality),
        comment: None,
        source: Source::Caller("test".to_owned()),
        usage: None,
        cost_usd: None,
        latency_ms: None,
        failed: None,
        at_ms: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_routed_and_judged_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let routed = engine
        .route(ask("Write a haiku about rain"), Deadline::NONE)
        .await
        .unwrap();
    assert_eq!(routed.outcome.status, OutcomeStatus::Completed);
    assert!(!routed.completion.is_empty());
    let id = routed.decision.id;
    let first = engine.feedback(judge(id, 0.9, "a")).await.unwrap();
    assert!(first.applied && !first.duplicate && !first.replaced);
    assert!(
        engine
            .feedback(judge(id, 0.9, "a"))
            .await
            .unwrap()
            .duplicate
    );
    engine.close().await;
    drop(engine);

    let engine = open(config(dir.path(), "")).await;
    let explained = engine.decision(id).await.unwrap();
    let (kept, made) = (&explained.decision.ranking, &routed.decision.ranking);
    assert_eq!(
        (&kept.chosen, kept.propensity),
        (&made.chosen, made.propensity)
    );
    assert_eq!(kept.scores.len(), 5);
    assert!(
        explained.explanation.contains("Judged 0.900"),
        "{}",
        explained.explanation
    );
    assert_eq!(explained.outcome, Some(routed.outcome));
    assert_eq!(explained.feedback.len(), 1);
    let corrected = engine.feedback(judge(id, 0.1, "b")).await.unwrap();
    assert!(corrected.replaced);
    let statistics = engine.statistics(Default::default()).await.unwrap();
    assert_eq!((statistics.total.requests, statistics.judgements), (1, 1));
    assert!((statistics.total.quality.unwrap() - 0.1).abs() < 1e-9);
    assert_eq!(engine.classes().await.unwrap().len(), 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_a_decision_first_and_one_terminal_event() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let events: Vec<RouteEvent> = engine
        .route_stream(ask("Sum 1 and 2"), Deadline::NONE)
        .await
        .unwrap()
        .collect()
        .await;
    assert!(matches!(events.first(), Some(RouteEvent::Decision(_))));
    let terminal =
        |e: &RouteEvent| matches!(e, RouteEvent::Completed { .. } | RouteEvent::Failed { .. });
    assert_eq!(events.iter().filter(|e| terminal(e)).count(), 1);
    assert!(events.last().is_some_and(terminal));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_is_recorded_as_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let mut stream = engine
        .route_stream(ask("Tell a long story"), Deadline::NONE)
        .await
        .unwrap();
    let Some(RouteEvent::Decision(decision)) = stream.next().await else {
        panic!("no decision")
    };
    drop(stream);
    engine.close().await;
    let explained = engine.decision(decision.id).await.unwrap();
    assert_eq!(
        explained.outcome.map(|outcome| outcome.status),
        Some(OutcomeStatus::Cancelled)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_alone_can_be_judged_with_what_the_caller_saw() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let decision = engine.decide(ask("Translate: good morning")).await.unwrap();
    assert!(decision.decide_only);
    let mut feedback = judge(decision.id, 1.0, "x");
    feedback.latency_ms = Some(321.0);
    feedback.cost_usd = Some(0.001);
    assert!(engine.feedback(feedback).await.unwrap().applied);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_are_kept_and_wrong_ones_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let mut pinned = ask("Hello");
    pinned.routing.model = Some("forge".to_owned());
    let routed = engine.route(pinned, Deadline::NONE).await.unwrap();
    assert_eq!(routed.decision.ranking.chosen.as_str(), "sim/forge");
    assert_eq!(routed.decision.excluded.len(), 4);

    let mut unknown = ask("Hello");
    unknown.routing.model = Some("forgge".to_owned());
    let error = engine.route(unknown, Deadline::NONE).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::UnknownModel { near, .. } if near.contains(&"forge".to_owned())),
        "{error}"
    );

    let mut dear = ask("Hello");
    dear.routing.max_cost_usd = Some(1e-12);
    let error = engine.route(dear, Deadline::NONE).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::NoEligibleArm { exclusions } if exclusions.len() == 5),
        "{error}"
    );

    let error = engine
        .feedback(judge(DecisionId(5), 0.5, "z"))
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::UnknownDecision { .. }));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_asks_the_arms_that_were_named() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let arms = vec!["wisp".to_owned(), "atlas".to_owned()];
    let compared = engine
        .compare(ask("What is 2 + 2?"), arms, Deadline::NONE)
        .await
        .unwrap();
    let names: Vec<&str> = compared
        .answers
        .iter()
        .map(|answer| answer.arm.as_str())
        .collect();
    assert_eq!(names, ["sim/wisp", "sim/atlas"]);
    assert!(compared.answers.iter().all(|answer| answer.result.is_ok()));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_taken_in_by_an_empty_memory() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = open(config(one.path(), "")).await;
    let id = engine
        .route(ask("Name three rivers"), Deadline::NONE)
        .await
        .unwrap()
        .decision
        .id;
    engine.feedback(judge(id, 0.7, "a")).await.unwrap();
    let pieces: Vec<_> = engine.export_memory().await.unwrap().collect().await;
    engine.close().await;

    let other = open(config(two.path(), "")).await;
    let stream = futures_util::stream::iter(pieces).boxed();
    let imported = other
        .import_memory(super::api::ImportMode::Replace, stream)
        .await
        .unwrap();
    assert!(imported.records > 0);
    assert_eq!(other.decision(id).await.unwrap().feedback.len(), 1);
    assert_eq!(other.classes().await.unwrap().len(), 1);
    other.reset_memory().await.unwrap();
    assert!(other.classes().await.unwrap().is_empty());
    other.close().await;
}

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
async fn a_memory_that_fails_is_told_and_nothing_is_routed_unremembered() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let routed = engine.route(ask("Hello"), Deadline::NONE).await.unwrap();
    let mut failure = engine.failure();
    assert_eq!(*failure.borrow_and_update(), None);
    engine.core.memory.break_down("no space left on device");
    let error = engine.feedback(judge(routed.decision.id, 0.5, "a")).await;
    assert!(matches!(error, Err(EngineError::Memory(_))), "{error:?}");
    failure.changed().await.unwrap();
    let told = failure.borrow().clone().unwrap();
    assert!(told.contains("no space left on device"), "{told}");
    let calls = engine.providers().await.unwrap()[0].deployments.clone();
    for error in [
        engine.decide(ask("Hello")).await.unwrap_err(),
        engine
            .route(ask("Hello"), Deadline::NONE)
            .await
            .unwrap_err(),
        engine
            .route_stream(ask("Hello"), Deadline::NONE)
            .await
            .err()
            .unwrap(),
    ] {
        assert_eq!(error, EngineError::Memory(told.clone()));
    }
    assert_eq!(
        engine.providers().await.unwrap()[0].deployments,
        calls,
        "nobody was called"
    );
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
