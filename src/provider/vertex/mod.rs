//! Google Vertex AI: Gemini and Claude behind Google's addresses and tokens.
//!
//! The bodies are those of the two dialects; this file knows the paths and carries the token.

mod assertion;
mod credentials;
mod token;

pub use credentials::{BadCredentials, Credentials};

use super::endpoint::{Endpoint, KeyStyle, put};
use super::http::{Http, Reply};
use super::{Call, DeltaStream, Probe, Provider, Secret, anthropic, gemini, reader};
use crate::clock::Clock;
use crate::domain::{ChatRequest, Completion, Fault, FaultKind};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use serde_json::Value;
use std::sync::Arc;
use token::Tokens;

/// The version that Claude's bodies carry here instead of the header.
const CLAUDE_VERSION: &str = "vertex-2023-10-16";

/// Whose models a deployment serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publisher {
    /// Gemini.
    Google,
    /// Claude.
    Anthropic,
}

/// Which resource serves the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Project.
    pub project: String,
    /// Region such as `us-central1`, `us`, `eu` or `global`.
    pub location: String,
    /// Whose models.
    pub publisher: Publisher,
}

/// Vertex with one service account.
#[derive(Debug)]
pub struct Vertex {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
    place: Place,
    tokens: Tokens,
}

impl Vertex {
    /// A provider at the place's own address, or at `endpoint.base_url` if that is not empty. The
    /// endpoint's key is not used.
    ///
    /// # Errors
    /// `Internal`: project or location has characters that do not belong in an address, or a header
    /// cannot be sent.
    pub fn new(
        http: Http,
        clock: Arc<dyn Clock>,
        mut endpoint: Endpoint,
        place: Place,
        credentials: Credentials,
    ) -> Result<Self, Fault> {
        check("project", &place.project)?;
        check("location", &place.location)?;
        if endpoint.base_url.is_empty() {
            endpoint.base_url = address(&place.location);
        }
        endpoint.key = None;
        let headers = endpoint.header_map(KeyStyle::Bearer)?;
        let tokens = Tokens::new(http.clone(), clock, credentials);
        Ok(Self {
            http,
            endpoint,
            headers,
            place,
            tokens,
        })
    }

    fn url(&self, model: &str, stream: bool) -> String {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let (publisher, method) = match (self.place.publisher, stream) {
            (Publisher::Google, false) => ("google", "generateContent"),
            (Publisher::Google, true) => ("google", "streamGenerateContent?alt=sse"),
            (Publisher::Anthropic, false) => ("anthropic", "rawPredict"),
            (Publisher::Anthropic, true) => ("anthropic", "streamRawPredict"),
        };
        let (project, location) = (&self.place.project, &self.place.location);
        format!(
            "{base}/v1/projects/{project}/locations/{location}/publishers/{publisher}\
             /models/{model}:{method}"
        )
    }

    async fn send(&self, call: &Call, stream: bool) -> Result<Reply, Fault> {
        let request = self.endpoint.request(&call.request);
        let body = match self.place.publisher {
            Publisher::Google => gemini::request::body(&request, &call.model),
            Publisher::Anthropic => claude_body(&request, &call.model, stream),
        };
        let token = self.tokens.get().await?;
        let url = self.url(&call.model, stream);
        let reply = self.http.post_json(&url, self.with(&token)?, &body).await;
        reply.map_err(|fault| self.not_sent(fault, &token))
    }

    fn with(&self, token: &Secret) -> Result<HeaderMap, Fault> {
        let mut headers = self.headers.clone();
        let bearer = format!("Bearer {}", token.expose());
        put(&mut headers, "authorization", &bearer)?;
        Ok(headers)
    }

    fn not_sent(&self, fault: Fault, token: &Secret) -> Fault {
        if fault.status == Some(401) {
            self.tokens.refuse(token);
        }
        self.endpoint.clean(fault)
    }
}

/// The model stands in the path, the version in the body.
pub fn claude_body(request: &ChatRequest, model: &str, stream: bool) -> Value {
    let mut body = anthropic::request::body(request, model, stream);
    if let Some(map) = body.as_object_mut() {
        map.shift_remove("model");
        map.insert("anthropic_version".into(), CLAUDE_VERSION.into());
    }
    body
}

fn check(what: &str, text: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(());
    }
    let message = format!("Vertex: {text:?} is not the name of a {what}");
    Err(Fault::new(FaultKind::Internal, message))
}

fn address(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".into(),
        "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        region => format!("https://{region}-aiplatform.googleapis.com"),
    }
}

impl Provider for Vertex {
    fn dialect(&self) -> &'static str {
        "vertex"
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let body = self.send(&call, false).await?.json().await?;
            match self.place.publisher {
                Publisher::Google => gemini::response::completion(&body),
                Publisher::Anthropic => anthropic::response::completion(&body),
            }
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let events = self.send(&call, true).await?.events().await?;
            Ok(match self.place.publisher {
                Publisher::Google => reader::of_events(events, gemini::stream::Reader::default()),
                Publisher::Anthropic => {
                    reader::of_events(events, anthropic::stream::Reader::default())
                }
            })
        }
        .boxed()
    }

    /// Without a path of the configuration's, a good token is proof enough: Vertex has no cheap
    /// call that every account may make.
    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        async move {
            let token = self.tokens.get().await?;
            let Some(path) = &probe.endpoint else {
                return Ok(());
            };
            let url = self.endpoint.from_root(path);
            let headers = self.with(&token)?;
            let reply = self.http.send(Method::GET, &url, headers, None).await;
            reply
                .map(drop)
                .map_err(|fault| self.not_sent(fault, &token))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
