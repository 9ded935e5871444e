//! Azure OpenAI: OpenAI's words behind Azure's addresses and keys.
//!
//! Two forms: a deployment in the path with an `api-version`, and the newer `/openai/v1`, where the
//! deployment is the model of the body. Filter results that Azure adds to answers are passed over;
//! what it refuses is a `ContentFilter` fault.

use super::endpoint::{Endpoint, KeyStyle};
use super::http::{Http, Reply};
use super::openai::{self, Quirks};
use super::{Call, DeltaStream, Probe, Provider};
use crate::domain::{Completion, Fault, FaultKind};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderMap;

/// One Azure resource with one key.
#[derive(Debug)]
pub struct Azure {
    http: Http,
    endpoint: Endpoint,
    headers: HeaderMap,
    api_version: Option<String>,
    quirks: Quirks,
}

impl Azure {
    /// A provider at the resource's address; `api_version` `None` = the form without versions;
    /// `bearer` sends the key as an Entra token.
    ///
    /// # Errors
    /// `Internal`: a header or the key cannot be sent, or the version is not one.
    pub fn new(
        http: Http,
        endpoint: Endpoint,
        api_version: Option<String>,
        bearer: bool,
    ) -> Result<Self, Fault> {
        if let Some(version) = &api_version
            && !version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            let message = format!("Azure: {version:?} is not an api-version");
            return Err(Fault::new(FaultKind::Internal, message));
        }
        let style = if bearer {
            KeyStyle::Bearer
        } else {
            KeyStyle::Header("api-key")
        };
        let headers = endpoint.header_map(style)?;
        Ok(Self {
            http,
            endpoint,
            headers,
            api_version,
            quirks: Quirks::named("azure"),
        })
    }

    /// The resource's address, whichever part of a path was configured with it.
    fn base(&self) -> &str {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        base.strip_suffix("/openai").unwrap_or(base)
    }

    fn url(&self, deployment: &str) -> String {
        let base = self.base();
        match &self.api_version {
            Some(version) => format!(
                "{base}/openai/deployments/{deployment}/chat/completions?api-version={version}"
            ),
            None => format!("{base}/openai/v1/chat/completions"),
        }
    }

    async fn send(&self, call: &Call, stream: bool) -> Result<Reply, Fault> {
        let (quirks, defaults) = (&self.quirks, &self.endpoint.parameters);
        let body = openai::request::body(&call.request, &call.model, stream, quirks, defaults);
        let url = self.url(&call.model);
        let sent = self.http.post_json(&url, self.headers.clone(), &body).await;
        let reply = sent.map_err(|fault| self.endpoint.clean(fault))?;
        call.told.note(&reply.headers);
        Ok(reply)
    }
}

impl Provider for Azure {
    fn dialect(&self) -> &'static str {
        "azure"
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        async move {
            let body = self.send(&call, false).await?.json().await;
            let body = body.map_err(|fault| self.endpoint.clean(fault))?;
            openai::response::completion(&body, &self.quirks)
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        async move {
            let reply = self.send(&call, true).await?;
            let pieces = openai::stream::of_reply(reply, self.quirks).await;
            pieces.map_err(|fault| self.endpoint.clean(fault))
        }
        .boxed()
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        let url = match &self.api_version {
            Some(version) => format!("{}/openai/models?api-version={version}", self.base()),
            None => format!("{}/openai/v1/models", self.base()),
        };
        self.endpoint
            .probe(&self.http, self.headers.clone(), probe, url)
            .boxed()
    }
}
