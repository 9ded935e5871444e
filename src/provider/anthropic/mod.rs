//! Anthropic's messages API.
//!
//! Pure translators, and this file that carries what they make to the upstream and back.

mod effort;
mod messages;
pub mod request;
pub mod response;
pub mod stream;
mod usage;

use super::endpoint::{Endpoint, KeyStyle, put};
use super::http::Http;
use super::{Call, DeltaStream, Probe, Provider, reader};
use crate::domain::{Completion, Fault};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;

/// Mark of this vendor's signatures.
pub const VENDOR: &str = "anthropic";
/// The version of the API that is spoken here.
pub const VERSION: &str = "2023-06-01";

/// Anthropic with one account.
#[derive(Debug)]
pub struct Anthropic {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
}

impl Anthropic {
    /// A provider that sends `version` as `anthropic-version`.
    ///
    /// # Errors
    /// A header or the key cannot be sent.
    pub fn new(http: Http, endpoint: Endpoint, version: &str) -> Result<Self, Fault> {
        let mut headers = HeaderMap::new();
        put(&mut headers, "anthropic-version", version)?;
        headers.extend(endpoint.header_map(KeyStyle::Header("x-api-key"))?);
        Ok(Self {
            http,
            endpoint,
            headers,
        })
    }

    /// Both `https://host` and `https://host/v1` are understood.
    fn url(&self, path: &str) -> String {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        format!("{base}/v1/{path}")
    }

    async fn send(&self, call: &Call, stream: bool) -> Result<super::http::Reply, Fault> {
        let request = self.endpoint.request(&call.request);
        let body = request::body(&request, &call.model, stream);
        let url = self.url("messages");
        let sent = self.http.post_json(&url, self.headers.clone(), &body).await;
        let reply = sent.map_err(|fault| self.endpoint.clean(fault))?;
        call.told.note(&reply.headers);
        Ok(reply)
    }
}

impl Provider for Anthropic {
    fn dialect(&self) -> &'static str {
        VENDOR
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let reply = self.send(&call, false).await?;
            let body = reply
                .json()
                .await
                .map_err(|fault| self.endpoint.clean(fault))?;
            response::completion(&body)
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let events = self.send(&call, true).await?.events().await?;
            Ok(reader::of_events(events, stream::Reader::default()))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        let url = self.url("models?limit=1");
        self.endpoint
            .probe(&self.http, self.headers.clone(), probe, url)
            .boxed()
    }
}
