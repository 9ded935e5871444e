//! Bearer keys: who calls, and may they? Without configured keys everybody may do everything.
//! Whether the server lives never needs a key.

use super::openai::Refusal;
use super::settings::Key;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use std::sync::Arc;

/// Who calls; in the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The tenant its requests belong to, where the key says.
    pub tenant: Option<String>,
}

/// Keys as digests, so that comparing them tells nothing about them.
#[derive(Clone)]
pub struct Keys(Arc<[(blake3::Hash, Key)]>);

impl Keys {
    /// The keys; none = nobody is asked.
    pub fn new(keys: &[Key]) -> Self {
        let digest = |key: &Key| (blake3::hash(key.secret.as_bytes()), key.clone());
        Self(keys.iter().map(digest).collect())
    }

    fn identify(&self, path: &str, headers: &HeaderMap) -> Result<Identity, Refusal> {
        if self.0.is_empty() || matches!(path, "/health" | "/healthz" | "/readyz") {
            return Ok(Identity::default());
        }
        let shown = headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or_else(|| Refusal::key("no key: send `Authorization: Bearer KEY`"))?;
        let digest = blake3::hash(shown.as_bytes());
        // `blake3::Hash` compares in constant time; all keys are compared, whichever matches.
        let mut found = None;
        for (known, key) in self.0.iter() {
            if *known == digest {
                found = Some(key);
            }
        }
        let key = found.ok_or_else(|| Refusal::key("this key is not known here"))?;
        if !path.starts_with("/v1/") && !key.admin {
            return Err(Refusal::not_admin());
        }
        Ok(Identity {
            tenant: key.tenant.clone(),
        })
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Lets those with a key through.
pub async fn check(State(keys): State<Keys>, mut request: Request, next: Next) -> Response {
    match keys.identify(request.uri().path(), request.headers()) {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}
