//! Decide, route, stream and compare, and what is wrong with a request.

use super::*;

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
