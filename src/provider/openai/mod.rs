//! OpenAI's chat completions, and the many servers that copy them.
//!
//! [`request`], [`response`] and [`stream`] are pure translations, used by other dialects as well;
//! [`Quirks`] says in what a server differs. Leaves out the Responses API.

mod extra;
mod quirks;
pub mod request;
pub mod response;
pub mod stream;

pub use quirks::Quirks;

use super::endpoint::{Endpoint, KeyStyle};
use super::http::{Http, Reply};
use super::{Call, DeltaStream, Probe, Provider};
use crate::domain::{Completion, Fault, FaultKind, ResponseFormat};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;

/// One account with one server.
#[derive(Debug)]
pub struct OpenAi {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
    quirks: Quirks,
    /// Where chats go, read once.
    chat: reqwest::Url,
}

impl OpenAi {
    /// A server at `endpoint`, whose address goes up to and including the version, as
    /// `https://api.openai.com/v1`.
    ///
    /// # Errors
    /// The key or a header cannot be sent, or the address is none; names it.
    pub fn new(http: Http, endpoint: Endpoint, quirks: Quirks) -> Result<Self, Fault> {
        let headers = endpoint.header_map(KeyStyle::Bearer)?;
        let chat = url(&endpoint, "chat/completions").parse();
        let chat =
            chat.map_err(|error| Fault::new(FaultKind::Internal, format!("the address: {error}")))?;
        Ok(Self {
            http,
            endpoint,
            headers,
            quirks,
            chat,
        })
    }

    async fn post(&self, call: &Call, streamed: bool) -> Result<Reply, Fault> {
        let (quirks, defaults) = (&self.quirks, &self.endpoint.parameters);
        let body = request::body(&call.request, &call.model, streamed, quirks, defaults);
        let headers = self.headers.clone();
        let sent = self.http.post_json(self.chat.clone(), headers, &body).await;
        let reply = sent.map_err(|fault| self.endpoint.clean(fault))?;
        call.told.note(&reply.headers);
        Ok(reply)
    }
}

fn url(endpoint: &Endpoint, path: &str) -> String {
    format!("{}/{path}", endpoint.base_url.trim_end_matches('/'))
}

impl Provider for OpenAi {
    fn dialect(&self) -> &'static str {
        self.quirks.name
    }

    fn streams(&self, call: &Call) -> bool {
        let plain = call.request.response_format == ResponseFormat::Text;
        self.quirks.stream_options && (plain || self.quirks.format_in_stream)
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let body = self.post(&call, false).await?.json().await;
            let body = body.map_err(|fault| self.endpoint.clean(fault))?;
            response::completion(&body, &self.quirks)
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let reply = self.post(&call, true).await?;
            let pieces = stream::of_reply(reply, self.quirks).await;
            pieces.map_err(|fault| self.endpoint.clean(fault))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        let models = url(&self.endpoint, "models");
        self.endpoint
            .probe(&self.http, self.headers.clone(), probe, models)
            .boxed()
    }
}

#[cfg(test)]
mod tests;
