//! Answers, whole and streamed, and errors.

use super::face::Face;
use super::scripted::{HI, HI_STREAM, Script, attempt, failed};
use crate::domain::{AttemptResult, FaultKind};
use crate::engine::api::EngineError;
use crate::http::Settings;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn face() -> Face {
    Face::open(Settings::default()).await
}

/// The data of each event, `[DONE]` as text.
fn events(body: &str) -> Vec<Value> {
    body.split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| data.into()))
        .collect()
}

fn all_failed(kinds: &[FaultKind], retry_after_ms: Option<u64>) -> EngineError {
    let attempts = kinds
        .iter()
        .map(|kind| failed("sim/small", *kind))
        .collect();
    EngineError::AllFailed {
        attempts,
        retry_after_ms,
    }
}

#[tokio::test]
async fn a_whole_answer_is_openais_and_tells_what_was_decided() {
    let face = face().await;
    let response = face.chat(HI).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(headers["x-pointsman-arm"], "sim/small");
    assert_eq!(headers["x-pointsman-attempts"], "1");
    assert_eq!(headers["x-pointsman-cost-usd"], "0.00050000");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let id = body["pointsman"]["decision_id"].as_str().unwrap();
    assert_eq!(headers["x-pointsman-decision-id"], id);
    insta::assert_snapshot!("whole", serde_json::to_string_pretty(&body).unwrap());
}

#[tokio::test]
async fn a_streamed_answer_ends_with_usage_and_done() {
    let face = face().await;
    let response = face.chat(HI_STREAM).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert!(response.headers().contains_key("x-pointsman-decision-id"));
    let body = response.text().await.unwrap();
    assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
    insta::assert_snapshot!("streamed", body);
}

#[tokio::test]
async fn the_usage_chunk_comes_only_where_it_was_asked_for() {
    let face = face().await;
    let body = face
        .chat(r#"{"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#)
        .await;
    let events = events(&body.text().await.unwrap());
    assert!(
        events.iter().all(|event| event["choices"] != json!([])),
        "{events:?}"
    );
    assert!(
        events.iter().all(|event| event.get("usage").is_none()),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_piece_has_a_status() {
    let face = face().await;
    for script in [Script::FailEarly, Script::Refuse] {
        face.engine
            .play(script(all_failed(&[FaultKind::Overloaded], Some(2500))));
        let response = face.chat(HI_STREAM).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "3");
        assert_eq!(response.headers()["retry-after-ms"], "2500");
        assert_eq!(response.headers()["x-should-retry"], "true");
    }
}

#[tokio::test]
async fn a_stream_that_fails_later_ends_with_one_error_and_no_done() {
    let face = face().await;
    for script in [
        Script::Break(all_failed(&[FaultKind::Cut], None)),
        Script::BreakOff,
    ] {
        face.engine.play(script);
        let response = face.chat(HI_STREAM).await;
        assert_eq!(response.status(), 200);
        let body = response.text().await.unwrap();
        let events = events(&body);
        let errors = events.iter().filter(|event| event.get("error").is_some());
        assert_eq!(errors.count(), 1, "{body}");
        assert!(events.last().unwrap().get("error").is_some(), "{body}");
        assert!(!body.contains("[DONE]"), "{body}");
        assert!(!body.contains("finish_reason\":\"stop"), "{body}");
    }
}

#[tokio::test]
async fn a_caller_who_leaves_takes_the_engines_work_along() {
    let face = face().await;
    face.engine.play(Script::Hang);
    let mut response = face.chat(HI_STREAM).await;
    assert!(response.chunk().await.unwrap().is_some());
    assert_eq!(face.engine.dropped.load(Ordering::SeqCst), 0);
    drop(response);
    let dropped = async {
        while face.engine.dropped.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), dropped)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_silent_stream_is_kept_open_by_comments() {
    let settings = Settings {
        keep_alive: Duration::from_millis(5),
        ..Settings::default()
    };
    let face = Face::open(settings).await;
    face.engine.play(Script::Hang);
    let mut response = face.chat(HI_STREAM).await;
    let mut text = String::new();
    while !text.contains("\n\n: still here\n\n: still here\n\n") {
        text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
    }
}

type Row = (EngineError, u16, &'static str, &'static str);

/// What is refused: error, status, code, whether to come back.
fn refusals() -> Vec<Row> {
    let (name, near) = ("x".to_owned(), Vec::new());
    let model = EngineError::UnknownModel {
        name: name.clone(),
        near: near.clone(),
    };
    let policy = EngineError::UnknownPolicy {
        name: name.clone(),
        near,
    };
    let budget = EngineError::BudgetExceeded {
        budget: name.clone(),
        spent_usd: 1.0,
        limit_usd: 1.0,
        resets_after_ms: Some(1),
    };
    let limit = EngineError::LimitReached {
        limit: name.clone(),
        retry_after_ms: Some(10),
    };
    let nobody = EngineError::NoEligibleArm { exclusions: vec![] };
    let defect = EngineError::Internal("secret words".into());
    vec![
        (model, 404, "model_not_found", "false"),
        (policy, 400, "unknown_policy", "false"),
        (nobody, 400, "no_eligible_arm", "false"),
        (budget, 402, "budget_exceeded", "false"),
        (limit, 429, "rate_limit_exceeded", "true"),
        (EngineError::Deadline, 504, "deadline", "false"),
        (EngineError::Draining, 503, "draining", "true"),
        (EngineError::Memory(name), 503, "memory", "false"),
        (defect, 500, "internal", "false"),
    ]
}

/// Failed attempts and the wait that an upstream asked for: status, code, whether to come back.
fn failures() -> Vec<Row> {
    use FaultKind::{ContentFilter, ContextTooLong, Credentials, InvalidRequest, ServerError};
    let rows: [(&[FaultKind], Option<u64>, u16, &str, &str); 6] = [
        (&[ServerError], None, 503, "all_failed", "false"),
        (&[ServerError], Some(9), 503, "all_failed", "true"),
        (&[Credentials], None, 502, "provider_credentials", "false"),
        (
            &[ServerError, InvalidRequest],
            None,
            400,
            "rejected_by_provider",
            "false",
        ),
        (
            &[ContextTooLong],
            None,
            400,
            "context_length_exceeded",
            "false",
        ),
        (&[ContentFilter], None, 400, "content_filter", "false"),
    ];
    let row = |(kinds, wait, status, code, retry)| (all_failed(kinds, wait), status, code, retry);
    rows.into_iter().map(row).collect()
}

#[tokio::test]
async fn each_error_has_its_status_and_says_whether_to_come_back() {
    let face = face().await;
    for (error, status, code, retry) in refusals().into_iter().chain(failures()) {
        face.engine.play(Script::Refuse(error.clone()));
        let response = face.chat(HI).await;
        assert_eq!(response.status(), status, "{error}");
        assert_eq!(response.headers()["x-should-retry"], retry, "{error}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(!body.to_string().contains("secret words"), "{body}");
    }
}

#[tokio::test]
async fn the_error_lists_every_attempt_that_failed() {
    let face = face().await;
    let attempts = vec![
        failed("a/x", FaultKind::RateLimited),
        attempt("b/y", AttemptResult::Cancelled),
        failed("c/z", FaultKind::Cut),
    ];
    face.engine.play(Script::Refuse(EngineError::AllFailed {
        attempts,
        retry_after_ms: None,
    }));
    let body = face.chat(HI).await.text().await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    let listed = json!([
        {"arm": "a/x", "fault": "rate_limited", "message": "it did not work"},
        {"arm": "c/z", "fault": "cut", "message": "it did not work"},
    ]);
    assert_eq!(body["error"]["attempts"], listed);
}
