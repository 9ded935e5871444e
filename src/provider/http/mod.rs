//! What all HTTP dialects share: one careful client, capped bodies, classified failures.
//!
//! The client follows no redirect (a key must not travel to another host), never retries (one
//! owner of retries, and that is `dispatch`), and trusts the platform's certificates.

mod classify;
mod redact;
mod wait;

pub use classify::{ErrorBody, classify, fault_in_body, fault_in_json};
pub use redact::redact;
pub use wait::{RateLimits, rate_limits, retry_after_ms};

use super::sse;
use crate::domain::{Fault, FaultKind};
use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use http::{HeaderMap, Method, StatusCode};
use std::error::Error as _;
use std::time::Duration;

/// Longest answer taken, whole or streamed: 64 MiB holds a long answer with inline images.
pub const MAX_BODY_BYTES: usize = 64 << 20;
/// As much of an error's body as is read.
pub const MAX_ERROR_BODY_BYTES: usize = 64 << 10;

/// As long as an error's body is waited for.
const MAX_ERROR_BODY_WAIT: Duration = Duration::from_secs(1);

/// A body in pieces, as it arrives.
pub type ByteStream = BoxStream<'static, Result<Bytes, Fault>>;

/// The HTTP client. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client whose connections must stand within `connect`.
    ///
    /// # Errors
    /// The TLS set-up failed; says why.
    pub fn new(connect: Duration) -> Result<Self, Fault> {
        // Another part of the process may have chosen already; any choice is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = builder(connect).build();
        // A machine without any certificate authority can still speak to plain local upstreams.
        let client = built.or_else(|_| builder(connect).tls_certs_only([]).build());
        client
            .map(|client| Self { client })
            .map_err(|error| Fault::new(FaultKind::Internal, format!("HTTP client: {error}")))
    }

    /// Sends one request and waits for the head of the response.
    ///
    /// # Errors
    /// No connection, no response, or a status other than 2xx, classified with its body.
    pub async fn send(
        &self,
        method: Method,
        url: impl reqwest::IntoUrl,
        headers: HeaderMap,
        body: Option<Vec<u8>>,
    ) -> Result<Reply, Fault> {
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| transport(&error))?;
        let (status, mut response) = (response.status(), response);
        let reply = Reply {
            status,
            headers: std::mem::take(response.headers_mut()),
            response,
        };
        if reply.status.is_success() {
            Ok(reply)
        } else {
            Err(reply.into_fault().await)
        }
    }

    /// POSTs JSON. See [`Http::send`].
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn post_json(
        &self,
        url: impl reqwest::IntoUrl,
        mut headers: HeaderMap,
        body: &impl serde::Serialize,
    ) -> Result<Reply, Fault> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Fault::new(FaultKind::Internal, format!("request: {error}")))?;
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, json);
        self.send(Method::POST, url, headers, Some(body)).await
    }
}

fn builder(connect: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("pointsman/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(connect)
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(64)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(20))
}

/// The head of a 2xx response; its body is still to come.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
}

impl Reply {
    /// The whole body, at most `cap` bytes.
    ///
    /// # Errors
    /// `Cut` where it ended early, `Garbled` where it is too long.
    pub async fn bytes(self, cap: usize) -> Result<Bytes, Fault> {
        let mut whole = BytesMut::new();
        let mut chunks = self.chunks();
        while let Some(chunk) = chunks.try_next().await? {
            if whole.len() + chunk.len() > cap {
                return Err(too_long(cap));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The body as JSON. A 200 that carries an error object is that error.
    ///
    /// # Errors
    /// `Garbled` where it is not JSON; the error inside a 200; as [`Reply::bytes`].
    pub async fn json(self) -> Result<serde_json::Value, Fault> {
        let (headers, status) = (self.headers.clone(), self.status);
        let body = self.bytes(MAX_BODY_BYTES).await?;
        let value: serde_json::Value = serde_json::from_slice(&body).map_err(|_| {
            let kind = content_type(&headers);
            let message = format!("the answer is not JSON (content type {kind})");
            Fault {
                status: Some(status.as_u16()),
                ..Fault::new(FaultKind::Garbled, message)
            }
        })?;
        match fault_in_body(&value) {
            Some(fault) => Err(fault),
            None => Ok(value),
        }
    }

    /// The body as it arrives, at most [`MAX_BODY_BYTES`] of it.
    #[must_use]
    pub fn chunks(self) -> ByteStream {
        let stream = self.response.bytes_stream();
        let mut left = MAX_BODY_BYTES;
        stream
            .map(move |chunk| {
                let chunk = chunk.map_err(|error| transport(&error))?;
                left = left
                    .checked_sub(chunk.len())
                    .ok_or_else(|| too_long(MAX_BODY_BYTES))?;
                Ok(chunk)
            })
            .boxed()
    }

    /// The body as server-sent events.
    ///
    /// # Errors
    /// A response that is not an event stream: the error it carries, else `Garbled`.
    pub async fn events(self) -> Result<sse::EventStream, Fault> {
        let kind = content_type(&self.headers);
        match self.streamed().await? {
            Streamed::Events(events) => Ok(events),
            Streamed::Whole(_) => Err(no_stream(&kind)),
        }
    }

    /// The body as server-sent events, or as JSON where the upstream did not stream.
    ///
    /// # Errors
    /// As [`Reply::events`], where the body is not JSON either.
    pub async fn streamed(self) -> Result<Streamed, Fault> {
        let kind = content_type(&self.headers);
        if kind.starts_with("text/event-stream") || kind == "none" {
            return Ok(Streamed::Events(sse::events(self.chunks())));
        }
        match self.json().await {
            Ok(body) => Ok(Streamed::Whole(body)),
            Err(fault) if fault.kind != FaultKind::Garbled => Err(fault),
            Err(_) => Err(no_stream(&kind)),
        }
    }

    async fn into_fault(self) -> Fault {
        let (status, headers) = (self.status, self.headers.clone());
        let mut body = BytesMut::new();
        let mut chunks = self.chunks();
        let read = async {
            while let Some(Ok(chunk)) = chunks.next().await {
                body.extend_from_slice(&chunk);
                if body.len() >= MAX_ERROR_BODY_BYTES {
                    break;
                }
            }
        };
        // The status is known; words that do not come are not worth a wait.
        let _ = tokio::time::timeout(MAX_ERROR_BODY_WAIT, read).await;
        classify(status.as_u16(), &headers, &body)
    }
}

/// What came for a call that asked for a stream.
pub enum Streamed {
    /// A stream.
    Events(sse::EventStream),
    /// A whole answer: the upstream knows no streams.
    Whole(serde_json::Value),
}

fn too_long(cap_bytes: usize) -> Fault {
    let message = format!("the answer is longer than {cap_bytes} bytes");
    Fault::new(FaultKind::Garbled, message)
}

fn no_stream(kind: &str) -> Fault {
    let message = format!("expected an event stream, got content type {kind}");
    Fault::new(FaultKind::Garbled, message)
}

/// The media type, shortened, for messages; `none` where it is not said.
fn content_type(headers: &HeaderMap) -> String {
    let text = headers.get(http::header::CONTENT_TYPE);
    let text = text.and_then(|value| value.to_str().ok()).unwrap_or("none");
    text.split(';')
        .next()
        .unwrap_or(text)
        .trim()
        .chars()
        .take(60)
        .collect()
}

/// A failure of the way to the upstream. The address stays out: it may carry a key.
fn transport(error: &reqwest::Error) -> Fault {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let why = causes.last().cloned().unwrap_or_default();
    let (kind, what) = if error.is_connect() && error.is_timeout() {
        (FaultKind::ConnectTimeout, "no connection in time")
    } else if error.is_connect() {
        (FaultKind::Unreachable, "no connection")
    } else if error.is_builder() {
        (FaultKind::Internal, "the request could not be built")
    } else if error.is_timeout() {
        (FaultKind::IdleTimeout, "timed out")
    } else {
        (
            FaultKind::Cut,
            "the connection ended before the answer was complete",
        )
    };
    Fault::new(kind, redact(&format!("{what}: {why}"), &[]))
}
