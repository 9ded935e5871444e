//! What comes in: bodies, wishes, keys, feedback.

use super::face::Face;
use super::scripted::{HI, HI_STREAM, Script};
use crate::domain::{FanOutMode, Role, Source};
use crate::http::Settings;
use crate::keys::{Caller, Keys};
use serde_json::{Value, json};

async fn face() -> Face {
    Face::open(Settings::default()).await
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place() {
    let face = face().await;
    for (body, param, words) in [
        ("{", Value::Null, "the body is not JSON"),
        ("{}", "messages".into(), "is required"),
        (
            r#"{"messages":[]}"#,
            "messages".into(),
            "at least one message",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"},{"role":"robot","content":"b"}]}"#,
            "messages[1].role".into(),
            "is none of",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}"#,
            "messages[0].content[0].type".into(),
            "is not served",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"}],"temperature":3}"#,
            "temperature".into(),
            "out of range: expected 0 to 2",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"}],"n":2}"#,
            "n".into(),
            "one choice a request",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"}],"max_tokens":"many"}"#,
            "max_tokens".into(),
            "expected a whole number",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"}],"pointsman":{"polciy":"cost"}}"#,
            "pointsman.polciy".into(),
            "is not known; known are policy",
        ),
        (
            r#"{"messages":[{"role":"tool","content":"a"}]}"#,
            "messages[0].tool_call_id".into(),
            "is required",
        ),
    ] {
        let response = face.chat(body).await;
        assert_eq!(response.status(), 400, "{body}");
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(answer["error"]["param"], param, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
    assert!(face.engine.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn wishes_reach_the_engine() {
    let face = face().await;
    let request = face
        .client
        .post(format!("{}/v1/chat/completions", face.url))
        .header("x-pointsman-policy", "cost")
        .header("x-pointsman-fallbacks", "a/b,c/d")
        .header("x-pointsman-session", "s-1")
        .header("x-pointsman-fan-out", "3:quorum=2")
        .header("x-pointsman-timeout-ms", "5000")
        .body(
            r#"{"model":"fast","messages":[{"role":"user","content":"Hi"}],"user":"u",
                "pointsman":{"policy":"quality","max_cost_usd":0.5}}"#,
        );
    assert_eq!(request.send().await.unwrap().status(), 200);
    let (asked, timed) = face.engine.asked.lock().unwrap()[0].clone();
    assert!(timed);
    let routing = asked.routing;
    assert_eq!(routing.model.as_deref(), Some("fast"));
    assert_eq!(routing.policy.as_deref(), Some("quality"), "the body wins");
    assert_eq!(routing.fallbacks, ["a/b", "c/d"]);
    assert_eq!(routing.session.as_deref(), Some("s-1"));
    assert_eq!(routing.max_cost_usd, Some(0.5));
    assert_eq!(routing.fan_out.unwrap().mode, FanOutMode::Quorum(2));
    assert_eq!(asked.chat.messages[0].role, Role::User);
    assert_eq!(asked.chat.sampling.extra["user"], "u");
    assert!(!asked.chat.sampling.extra.contains_key("pointsman"));
}

#[tokio::test]
async fn keys_open_their_doors_and_prove_the_tenant() {
    let caller = |admin: bool| Caller {
        tenant: (!admin).then(|| "blue".into()),
        admin,
    };
    let face = Face::open(Settings {
        keys: Keys::new([("caller", caller(false)), ("operator", caller(true))]),
        ..Settings::default()
    })
    .await;
    let get = |path: &str, key: &str| {
        let request = face.client.get(format!("{}{path}", face.url));
        request.bearer_auth(key).send()
    };
    assert_eq!(face.get("/v1/models").await.status(), 401);
    assert_eq!(face.get("/healthz").await.status(), 200);
    assert_eq!(get("/v1/models", "nobody").await.unwrap().status(), 401);
    assert_eq!(get("/v1/models", "caller").await.unwrap().status(), 200);
    assert_eq!(get("/metrics", "caller").await.unwrap().status(), 403);
    assert_eq!(get("/metrics", "operator").await.unwrap().status(), 200);
    let chat = face
        .client
        .post(format!("{}/v1/chat/completions", face.url));
    let chat = chat
        .bearer_auth("caller")
        .header("x-pointsman-tenant", "red");
    assert_eq!(chat.body(HI).send().await.unwrap().status(), 200);
    let (asked, _) = face.engine.asked.lock().unwrap()[0].clone();
    assert_eq!(asked.routing.tenant.as_deref(), Some("blue"));
}

#[tokio::test]
async fn too_much_text_is_refused_with_its_size() {
    let face = Face::open(Settings {
        max_text_bytes: 10,
        ..Settings::default()
    })
    .await;
    assert_eq!(face.chat(HI).await.status(), 200);
    let long = HI.replace("Hi", "Hello and hello");
    let response = face.chat(&long).await;
    assert_eq!(response.status(), 400);
    let text = response.text().await.unwrap();
    assert!(text.contains("have 15 bytes of text: at most 10"), "{text}");
}

#[tokio::test]
async fn too_many_at_once_are_asked_to_come_back() {
    let face = Face::open(Settings {
        max_concurrent_requests: 1,
        ..Settings::default()
    })
    .await;
    face.engine.play(Script::Hang);
    let mut first = face.chat(HI_STREAM).await;
    assert!(first.chunk().await.unwrap().is_some());
    let second = face.chat(HI).await;
    assert_eq!(second.status(), 503);
    assert_eq!(second.headers()["retry-after"], "1");
}

#[tokio::test]
async fn feedback_takes_the_answers_id() {
    let face = face().await;
    let id = super::scripted::decision().id.to_string();
    let body = format!(
        r#"{{"decision_id":"chatcmpl-{id}","good":true,"rater":"ann","request_id":"f-1"}}"#
    );
    let response = face.post("/v1/feedback", &body).await;
    assert_eq!(response.status(), 200);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(
        answer,
        json!({"applied": true, "duplicate": false, "replaced": true})
    );
    let judged = face.engine.judged.lock().unwrap()[0].clone();
    assert_eq!(judged.quality, Some(1.0));
    assert_eq!(judged.source, Source::Caller("ann".into()));
    for (body, words) in [
        (
            format!(r#"{{"decision_id":"{id}"}}"#),
            "give at least one of",
        ),
        (
            format!(r#"{{"decision_id":"{id}","quality":2}}"#),
            "out of range",
        ),
        (
            format!(r#"{{"decision_id":"{id}","qualty":1}}"#),
            "qualty: is not known",
        ),
        (
            r#"{"decision_id":"abc","good":true}"#.to_owned(),
            "26 characters",
        ),
    ] {
        let response = face.post("/v1/feedback", &body).await;
        assert_eq!(response.status(), 400);
        let text = response.text().await.unwrap();
        assert!(text.contains(words), "{text}");
    }
}
