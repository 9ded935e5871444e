//! May the caller? Those with a key may ask; metrics and the admin pages are for operators. Whether
//! the server lives never needs a key.

use super::openai::Refusal;
use crate::keys::{Caller, Keys};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

fn identify(keys: &Keys, path: &str, headers: &HeaderMap) -> Result<Caller, Refusal> {
    if matches!(path, "/health" | "/healthz" | "/readyz") {
        return Ok(Caller::default());
    }
    let caller = keys
        .identify(headers)
        .map_err(|denied| Refusal::key(&denied.to_string()))?;
    if !path.starts_with("/v1/") && caller.is_some_and(|caller| !caller.admin) {
        return Err(Refusal::not_admin());
    }
    Ok(caller.cloned().unwrap_or_default())
}

/// Lets those with a key through; [`Caller`] is in the request's extensions then.
pub async fn check(State(keys): State<Keys>, mut request: Request, next: Next) -> Response {
    match identify(&keys, request.uri().path(), request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}
