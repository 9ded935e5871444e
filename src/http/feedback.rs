//! `POST /v1/feedback`: a judgement of an answer, by its decision id (with or without `chatcmpl-`).

use super::App;
use super::openai::{Bad, Fields, Refusal};
use crate::domain::{DecisionId, Feedback, Source};
use crate::engine::api::EngineApi;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

/// Longest comment in bytes.
const MAX_COMMENT_BYTES: usize = 16 << 10;
/// Longest id or name in bytes.
const MAX_ID_BYTES: usize = 256;

/// Takes a judgement in; answers when it is durable.
///
/// # Errors
/// A body that cannot be read; the engine's.
pub async fn give<E: EngineApi>(
    State(app): State<App<E>>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let body = serde_json::from_slice(&body).map_err(|error| Refusal::not_json(&error))?;
    let accepted = app
        .engine
        .feedback(parse(body, app.clock.now_ms())?)
        .await?;
    Ok(Json(json!({
        "applied": accepted.applied,
        "duplicate": accepted.duplicate,
        "replaced": accepted.replaced,
    })))
}

fn parse(body: Value, at_ms: u64) -> Result<Feedback, Bad> {
    let mut fields = Fields::of("", body)?;
    let id = fields.text("decision_id")?;
    let positive = (0.0, f64::MAX);
    let good = fields.flag("good")?.map(|good| f64::from(u8::from(good)));
    let feedback = Feedback {
        decision: decision_id(&fields.required("decision_id", id)?)?,
        arm: name(&mut fields, "arm", MAX_ID_BYTES)?.map(Into::into),
        request_id: name(&mut fields, "request_id", MAX_ID_BYTES)?,
        quality: fields.number("quality", (0.0, 1.0))?.or(good),
        comment: name(&mut fields, "comment", MAX_COMMENT_BYTES)?,
        source: Source::Caller(name(&mut fields, "rater", MAX_ID_BYTES)?.unwrap_or_default()),
        usage: None,
        cost_usd: fields.number("cost_usd", positive)?,
        latency_ms: fields.number("latency_ms", positive)?,
        failed: fields.flag("failed")?,
        at_ms,
    };
    if let Some(unknown) = fields.rest().keys().next() {
        return Err(Bad::new(unknown, "is not known here"));
    }
    if says_nothing(&feedback) {
        let message = "is missing: give at least one of quality, good, comment, cost_usd, \
                       latency_ms, failed";
        return Err(Bad::new("quality", message));
    }
    Ok(feedback)
}

fn says_nothing(feedback: &Feedback) -> bool {
    feedback.quality.is_none()
        && feedback.comment.is_none()
        && feedback.cost_usd.is_none()
        && feedback.latency_ms.is_none()
        && feedback.failed.is_none()
}

fn decision_id(text: &str) -> Result<DecisionId, Bad> {
    let bare = text.strip_prefix("chatcmpl-").unwrap_or(text);
    bare.parse()
        .map_err(|_| Bad::new("decision_id", "is not the id of a decision (26 characters)"))
}

fn name(fields: &mut Fields, key: &str, limit: usize) -> Result<Option<String>, Bad> {
    let text = fields.text(key)?.filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() > limit => {
            let message = format!("is longer than {limit} bytes");
            Err(Bad::new(fields.path(key), message))
        }
        text => Ok(text),
    }
}
