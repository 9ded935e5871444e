//! Ollama's own chat API, which streams JSON lines.
//!
//! Pure translators, and this file that carries what they make to the server and back.

mod lines;
pub mod request;
pub mod stream;

pub use lines::{Lines, MAX_LINE_BYTES};

use super::endpoint::{Endpoint, KeyStyle};
use super::http::{ByteStream, Http, Reply};
use super::{Call, DeltaStream, Probe, Provider, reader};
use crate::domain::{Completion, Fault, FaultKind};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream as streams};
use http::HeaderMap;
use std::collections::VecDeque;

/// How ids of tool calls begin that were made up here.
const MADE_UP_ID: &str = "call_pm_";

/// One Ollama server.
#[derive(Debug)]
pub struct Ollama {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
}

impl Ollama {
    /// A provider at `endpoint`. A key is sent as bearer token, for servers behind a proxy.
    ///
    /// # Errors
    /// A header or the key cannot be sent.
    pub fn new(http: Http, endpoint: Endpoint) -> Result<Self, Fault> {
        let headers = endpoint.header_map(KeyStyle::Bearer)?;
        Ok(Self {
            http,
            endpoint,
            headers,
        })
    }

    /// The host alone, with `/api`, and with the `/v1` of the compatible face are understood.
    fn url(&self, path: &str) -> String {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let base = base.strip_suffix("/api").unwrap_or(base);
        format!("{base}/api/{path}")
    }

    async fn send(&self, call: &Call, stream: bool) -> Result<Reply, Fault> {
        let request = self.endpoint.request(&call.request);
        let body = request::body(&request, &call.model, stream)?;
        let url = self.url("chat");
        let reply = self.http.post_json(&url, self.headers.clone(), &body);
        reply.await.map_err(|fault| self.endpoint.clean(fault))
    }
}

impl Provider for Ollama {
    fn dialect(&self) -> &'static str {
        "ollama"
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let body = self.send(&call, false).await?.json().await?;
            stream::completion(&body)
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let lines = lines_of(self.send(&call, true).await?.chunks());
            Ok(reader::deltas(lines, stream::Reader::default()))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        let url = self.url("version");
        self.endpoint
            .probe(&self.http, self.headers.clone(), probe, url)
            .boxed()
    }
}

/// The lines of a body; ends after the first fault.
pub(super) fn lines_of(body: ByteStream) -> BoxStream<'static, Result<String, Fault>> {
    let state = Some((body, Lines::default(), VecDeque::new()));
    let step = |state: Option<(ByteStream, Lines, VecDeque<String>)>| async {
        let (mut body, mut lines, mut ready) = state?;
        loop {
            if let Some(line) = ready.pop_front() {
                return Some((Ok(line), Some((body, lines, ready))));
            }
            match body.next().await {
                Some(Ok(chunk)) => {
                    if lines.push(&chunk, &mut ready).is_err() {
                        let message = format!("a line is longer than {MAX_LINE_BYTES} bytes");
                        return Some((Err(Fault::new(FaultKind::Garbled, message)), None));
                    }
                }
                Some(Err(fault)) => return Some((Err(fault), None)),
                None => return lines.finish().map(|line| (Ok(line), None)),
            }
        }
    };
    streams::unfold(state, step).boxed()
}
