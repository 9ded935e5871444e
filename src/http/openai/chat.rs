//! `POST /v1/chat/completions`.
//!
//! A stream's head is held back until its first piece, so that a request that fails before has a
//! proper status. When the caller leaves, the engine's future or stream is dropped, and with it the
//! upstream call.

use super::bad::Bad;
use super::refusal::Refusal;
use super::{answer, chunks::Chunks, request};
use crate::domain::{ArmId, Decision, Outcome};
use crate::engine::api::{Deadline, EngineApi, EngineError, RouteEvent, RouteRequest};
use crate::http::{App, routing};
use crate::keys::Caller;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, response::Builder};
use std::{sync::Arc, time::Duration};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Answers a chat completion.
pub async fn completions<E: EngineApi>(
    State(app): State<App<E>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = match Asked::read(&app, caller, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(permit) = app.permits.clone().try_acquire_owned() else {
        return Refusal::busy().into_response();
    };
    let answered = if asked.stream {
        streamed(&app, asked, permit).await
    } else {
        whole(&app, asked).await
    };
    answered.unwrap_or_else(|error| Refusal::from(error).into_response())
}

struct Asked {
    request: RouteRequest,
    deadline: Deadline,
    stream: bool,
    include_usage: bool,
}

impl Asked {
    fn read<E>(
        app: &App<E>,
        caller: Caller,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let body = serde_json::from_slice(body).map_err(|error| Refusal::not_json(&error))?;
        let body = request::parse(body)?;
        within_text_limit(body.chat.text_bytes(), app.max_text_bytes)?;
        let mut wishes = routing::read(headers, body.routing, body.model)?;
        // The key's tenant is proven, the header's only said.
        wishes.routing.tenant = caller.tenant.or(wishes.routing.tenant);
        let asked = wishes.timeout_ms.map(Duration::from_millis);
        let longest = match (asked, app.max_request_time) {
            (Some(asked), Some(longest)) => Some(asked.min(longest)),
            (asked, longest) => asked.or(longest),
        };
        let after = |wait| Deadline::after(Instant::now(), wait);
        Ok(Self {
            request: RouteRequest {
                chat: body.chat,
                routing: wishes.routing,
                request_id: wishes.request_id,
            },
            deadline: longest.map_or(Deadline::NONE, after),
            stream: body.stream,
            include_usage: body.include_usage,
        })
    }
}

fn within_text_limit(found: usize, limit: usize) -> Result<(), Bad> {
    if found <= limit {
        return Ok(());
    }
    let what = format!("have {found} bytes of text: at most {limit} are accepted; shorten them");
    Err(Bad::new("messages", what))
}

async fn whole<E: EngineApi>(app: &App<E>, asked: Asked) -> Result<Response, EngineError> {
    let routed = app.engine.route(asked.request, asked.deadline).await?;
    let json = answer::whole(&routed.decision, &routed.outcome, &routed.completion);
    app.meter.overhead(&routed.outcome);
    let response = head(&routed.decision).header("content-type", "application/json");
    let response = told(response, &routed.outcome);
    Ok(response
        .body(Body::from(json.to_string()))
        .unwrap_or_default())
}

async fn streamed<E: EngineApi>(
    app: &App<E>,
    asked: Asked,
    permit: OwnedSemaphorePermit,
) -> Result<Response, EngineError> {
    let mut events = app
        .engine
        .route_stream(asked.request, asked.deadline)
        .await?;
    let begun = Begun::wait(&mut events).await?;
    let mut response = head(&begun.decision)
        .header("content-type", "text/event-stream; charset=utf-8")
        .header("cache-control", "no-cache")
        .header("x-accel-buffering", "no");
    if begun.failed == 0 {
        response = put(
            response,
            "x-pointsman-arm",
            begun.decision.ranking.chosen.as_str(),
        );
    }
    let mut chunks = Chunks::new(begun.decision, asked.include_usage);
    let first = chunks.event(begun.first);
    let state = Running {
        events,
        chunks,
        keep_alive: app.keep_alive,
        _permit: permit,
    };
    let rest = stream::unfold(state, Running::next);
    let all = stream::once(async { first }).chain(rest);
    let body = all.filter(|text| std::future::ready(!text.is_empty()));
    let body = Body::from_stream(body.map(Ok::<_, std::convert::Infallible>));
    Ok(response.body(body).unwrap_or_default())
}

/// A stream up to the first event that the caller sees.
struct Begun {
    decision: Arc<Decision>,
    failed: usize,
    first: RouteEvent,
}

impl Begun {
    async fn wait(events: &mut BoxStream<'static, RouteEvent>) -> Result<Self, EngineError> {
        let (mut decision, mut failed) = (None, 0);
        let broken = |what: &str| EngineError::Internal(format!("a stream without {what}"));
        loop {
            match events.next().await {
                Some(RouteEvent::Decision(made)) => decision = Some(made),
                Some(RouteEvent::AttemptFailed(_)) => failed += 1,
                Some(RouteEvent::Failed { error, .. }) => return Err(error),
                Some(first) => {
                    return Ok(Self {
                        decision: decision.ok_or_else(|| broken("a decision"))?,
                        failed,
                        first,
                    });
                }
                None => return Err(broken("an end")),
            }
        }
    }
}

struct Running {
    events: BoxStream<'static, RouteEvent>,
    chunks: Chunks,
    keep_alive: Duration,
    _permit: OwnedSemaphorePermit,
}

impl Running {
    async fn next(mut self) -> Option<(String, Self)> {
        if self.chunks.ended() {
            return None;
        }
        let text = match tokio::time::timeout(self.keep_alive, self.events.next()).await {
            Ok(Some(event)) => self.chunks.event(event),
            Ok(None) => self.chunks.broke_off(),
            Err(_silent) => ": still here\n\n".to_owned(),
        };
        Some((text, self))
    }
}

fn head(decision: &Decision) -> Builder {
    let response = Response::builder();
    let response = put(
        response,
        "x-pointsman-decision-id",
        &decision.id.to_string(),
    );
    let response = put(response, "x-pointsman-policy", &decision.policy);
    let response = match &decision.cached {
        Some(hit) => put(response, "x-pointsman-cache", hit.kind.as_str()),
        None => response,
    };
    if decision.dropped.is_empty() {
        return response;
    }
    let dropped: Vec<&str> = decision.dropped.iter().map(|need| need.as_str()).collect();
    put(response, "x-pointsman-dropped", &dropped.join(", "))
}

fn told(mut response: Builder, outcome: &Outcome) -> Builder {
    if let Some(arm) = outcome.served_by.as_ref().map(ArmId::as_str) {
        response = put(response, "x-pointsman-arm", arm);
    }
    if let Some(cost) = outcome.cost_usd() {
        response = put(response, "x-pointsman-cost-usd", &format!("{cost:.8}"));
    }
    let attempts = outcome.attempts.len().to_string();
    response = put(response, "x-pointsman-attempts", &attempts);
    let latency = format!("{:.1}", outcome.latency_ms);
    put(response, "x-pointsman-latency-ms", &latency)
}

/// A name that no header can carry is left out; the body tells it.
fn put(response: Builder, name: &'static str, value: &str) -> Builder {
    match HeaderValue::from_str(value) {
        Ok(value) => response.header(HeaderName::from_static(name), value),
        Err(_) => response,
    }
}
