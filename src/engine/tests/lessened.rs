//! Requests that no arm can serve as they are, and fan-outs whose answers split.

use super::{ask, config, open};
use crate::{
    domain::{FanOutMode, FanOutWish, Need, Part, ResponseFormat, Tool},
    engine::api::{Deadline, EngineApi, EngineError, RouteEvent, RouteRequest},
};
use futures_util::StreamExt;

const BLIND: &str = "    capabilities: { vision: false, tools: false, json_schema: false }\n";

fn with_a_tool() -> RouteRequest {
    let mut request = ask("What is the weather?");
    request.chat.tools = vec![Tool {
        name: "weather".to_owned(),
        description: None,
        parameters: serde_json::json!({"type": "object"}),
        strict: None,
    }];
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_arm_can_serve_is_refused_unless_it_may_be_lessened() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), BLIND)).await;
    let error = engine.route(with_a_tool(), Deadline::NONE).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("takes no tools"), "{error}");

    let mut request = with_a_tool();
    request.routing.degrade = Some(true);
    request.chat.messages[0]
        .parts
        .push(Part::Image(crate::domain::ImageSource::Url(
            "https://example.com/sky.png".to_owned(),
        )));
    let routed = engine.route(request.clone(), Deadline::NONE).await.unwrap();
    assert_eq!(routed.decision.dropped, [Need::Tools, Need::Images]);
    let told = engine.decision(routed.decision.id).await.unwrap();
    assert_eq!(told.decision.dropped, routed.decision.dropped);
    let words = "Served without tools, images: no eligible arm takes that.";
    assert!(told.explanation.contains(words), "{}", told.explanation);

    let mut events = engine.route_stream(request, Deadline::NONE).await.unwrap();
    let Some(RouteEvent::Decision(decision)) = events.next().await else {
        panic!("no decision")
    };
    assert_eq!(decision.dropped, [Need::Tools, Need::Images]);
    drop(events);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_lessen_requests_and_a_request_may_refuse_that() {
    let dir = tempfile::tempdir().unwrap();
    let more = format!("{BLIND}policies: {{ lax: {{ quality: 1, degrade: true }} }}\n");
    let engine = open(config(dir.path(), &more)).await;
    let mut request = ask("List three rivers");
    request.chat.response_format = ResponseFormat::JsonSchema {
        name: "rivers".to_owned(),
        schema: serde_json::json!({"type": "array"}),
        strict: None,
    };
    request.routing.policy = Some("lax".to_owned());
    let decision = engine.decide(request.clone()).await.unwrap();
    assert_eq!(decision.dropped, [Need::JsonSchema]);
    request.routing.degrade = Some(false);
    let error = engine.decide(request).await.unwrap_err();
    assert!(
        matches!(error, EngineError::NoEligibleArm { .. }),
        "{error}"
    );
    engine.close().await;
}

fn voted(judge: &str) -> RouteRequest {
    let mut request = ask("Write a story about a lighthouse in the fog");
    request.routing.allow = vec!["sim/atlas".into(), "sim/wisp".into(), "sim/quill".into()];
    request.routing.fan_out = Some(FanOutWish {
        arms: 3,
        mode: FanOutMode::Quorum(3),
    });
    request.routing.judge = Some(judge.into());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_cannot_be_read_is_told_and_the_largest_group_stands() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let routed = engine
        .route(voted("sim/forge"), Deadline::NONE)
        .await
        .unwrap();
    let fan_out = routed.decision.plan.fan_out.as_ref().unwrap();
    assert_eq!(fan_out.judge.as_ref().unwrap().as_str(), "sim/forge");
    let judging = routed.outcome.judging.clone().unwrap();
    assert!(
        judging.attempt.is_some() && judging.scores.is_empty(),
        "{judging:?}"
    );
    assert!(judging.failure.unwrap().contains("could not be read"));
    let attempts = &routed.outcome.attempts;
    assert!(attempts.iter().all(|one| one.arm.as_str() != "sim/forge"));
    let of_attempts: f64 = attempts.iter().filter_map(|one| one.cost_usd).sum();
    assert!(routed.outcome.cost_usd().unwrap() > of_attempts);
    let told = engine.decision(routed.decision.id).await.unwrap();
    assert_eq!(told.outcome, Some(routed.outcome));
    assert!(told.explanation.contains("gave no verdict"));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_without_a_vote_to_judge_or_under_a_ban_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "routing: { judge: sim/forge }\n")).await;
    let mut alone = voted("sim/forge");
    alone.routing.fan_out = None;
    let mut banned = voted("sim/forge");
    banned.routing.deny = vec!["sim/forge".into()];
    for (request, words) in [
        (alone, "goes with a fan-out"),
        (banned, "deny list"),
        (voted("sim/frge"), "did you mean"),
    ] {
        let error = engine.decide(request).await.err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(words), "{words}: {error}");
    }
    let mut configured = voted("");
    configured.routing.judge = None;
    let decision = engine.decide(configured).await.unwrap();
    assert!(decision.plan.fan_out.as_ref().unwrap().judge.is_some());
    engine.close().await;
}
