//! OpenAI's chat completions, and the many servers that copy them.
//!
//! [`request`], [`response`] and [`stream`] are pure translations, used by other dialects as well;
//! [`Quirks`] says in what a server differs. Leaves out the Responses API.

mod quirks;
pub mod request;
pub mod response;
pub mod stream;

pub use quirks::Quirks;

use super::{Call, DeltaStream, Probe, Provider, Secret, http::Http, http::Reply};
use crate::domain::{Completion, Fault, FaultKind};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

/// One key with one server.
#[derive(Debug)]
pub struct OpenAi {
    http: Http,
    base_url: String,
    key: Option<Secret>,
    headers: HeaderMap,
    parameters: Map<String, Value>,
    quirks: Quirks,
}

impl OpenAi {
    /// A server at `base_url` (up to and including the version, as `https://api.openai.com/v1`).
    /// `headers` go with each call, `parameters` wherever the request has no own.
    ///
    /// # Errors
    /// The key or a header cannot be sent; names it.
    pub fn new(
        http: Http,
        base_url: &str,
        key: Option<Secret>,
        headers: &[(String, Secret)],
        parameters: Map<String, Value>,
        quirks: Quirks,
    ) -> Result<Self, Fault> {
        let key = key.filter(|key| !key.expose().is_empty());
        let mut all = HeaderMap::new();
        if let Some(key) = &key {
            all.insert(http::header::AUTHORIZATION, bearer(key)?);
        }
        all.extend(secret_headers(headers)?);
        Ok(Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            key,
            headers: all,
            parameters,
            quirks,
        })
    }

    async fn post(&self, call: &Call, streamed: bool) -> Result<Reply, Fault> {
        let (quirks, defaults) = (&self.quirks, &self.parameters);
        let body = request::body(&call.request, &call.model, streamed, quirks, defaults);
        let url = format!("{}/chat/completions", self.base_url);
        let sent = self.http.post_json(&url, self.headers.clone(), &body).await;
        sent.map_err(|fault| self.clean(fault))
    }

    /// The fault without our key, should the upstream have echoed it.
    fn clean(&self, mut fault: Fault) -> Fault {
        if let Some(key) = self.key.as_ref().filter(|key| key.expose().len() >= 4) {
            fault.message = fault.message.replace(key.expose(), "***");
        }
        fault
    }
}

impl Provider for OpenAi {
    fn dialect(&self) -> &'static str {
        self.quirks.name
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let body = self.post(&call, false).await?.json().await;
            let body = body.map_err(|fault| self.clean(fault))?;
            response::completion(&body, &self.quirks)
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let events = self.post(&call, true).await?.events().await;
            let events = events.map_err(|fault| self.clean(fault))?;
            Ok(stream::deltas(events, self.quirks))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        async move {
            let url = match &probe.endpoint {
                Some(path) => host_path(&self.base_url, path),
                None => format!("{}/models", self.base_url),
            };
            let sent = self
                .http
                .send(Method::GET, &url, self.headers.clone(), None);
            sent.await.map(drop).map_err(|fault| self.clean(fault))
        }
        .boxed()
    }
}

/// `Bearer <key>`, marked as sensitive so that no log shows it.
fn bearer(key: &Secret) -> Result<HeaderValue, Fault> {
    let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
    let mut value = value.map_err(|_| {
        let message = "the API key has characters that no header can carry";
        Fault::new(FaultKind::Internal, message)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn secret_headers(pairs: &[(String, Secret)]) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let parsed = name.parse::<HeaderName>().ok();
        let header = parsed.zip(HeaderValue::from_str(value.expose()).ok());
        let Some((parsed, mut value)) = header else {
            let message = format!("header {name:?} has a name or value that cannot be sent");
            return Err(Fault::new(FaultKind::Internal, message));
        };
        value.set_sensitive(true);
        headers.insert(parsed, value);
    }
    Ok(headers)
}

/// `path` from the root of the host of `base_url`.
fn host_path(base_url: &str, path: &str) -> String {
    let start = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url[start..]
        .find('/')
        .map_or(base_url.len(), |at| start + at);
    format!("{}/{}", &base_url[..end], path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests;
