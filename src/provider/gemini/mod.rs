//! Google's generateContent with an API key.
//!
//! Pure translators, which Vertex uses, too, and this file that carries what they make.

mod contents;
mod finish;
pub mod request;
pub mod response;
mod schema;
pub mod stream;
mod thinking;
mod usage;

use super::endpoint::{Endpoint, KeyStyle};
use super::http::{Http, Reply};
use super::{Call, DeltaStream, Probe, Provider, reader};
use crate::domain::{Completion, Fault};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;

/// Mark of this vendor's signatures.
pub const VENDOR: &str = "gemini";
/// How ids of tool calls begin that were made up here; they are not sent back.
const MADE_UP_ID: &str = "call_pm_";

/// Gemini with one account.
#[derive(Debug)]
pub struct Gemini {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
}

impl Gemini {
    /// A provider at `endpoint`; an address without a version means `v1beta`.
    ///
    /// # Errors
    /// A header or the key cannot be sent.
    pub fn new(http: Http, endpoint: Endpoint) -> Result<Self, Fault> {
        let headers = endpoint.header_map(KeyStyle::Header("x-goog-api-key"))?;
        Ok(Self {
            http,
            endpoint,
            headers,
        })
    }

    fn url(&self, path: &str) -> String {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let last = base.rsplit('/').next().unwrap_or_default();
        let versioned = last.starts_with("v1");
        format!("{base}{}/{path}", if versioned { "" } else { "/v1beta" })
    }

    async fn send(&self, call: &Call, method: &str) -> Result<Reply, Fault> {
        let request = self.endpoint.request(&call.request);
        let body = request::body(&request, &call.model);
        let model = call.model.strip_prefix("models/").unwrap_or(&call.model);
        let url = self.url(&format!("models/{model}:{method}"));
        let reply = self.http.post_json(&url, self.headers.clone(), &body);
        reply.await.map_err(|fault| self.endpoint.clean(fault))
    }
}

impl Provider for Gemini {
    fn dialect(&self) -> &'static str {
        VENDOR
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let reply = self.send(&call, "generateContent").await?;
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
            let reply = self.send(&call, "streamGenerateContent?alt=sse").await?;
            let events = reply.events().await?;
            Ok(reader::of_events(events, stream::Reader::default()))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        let url = self.url("models?pageSize=1");
        self.endpoint
            .probe(&self.http, self.headers.clone(), probe, url)
            .boxed()
    }
}
