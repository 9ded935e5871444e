//! Bearer keys: who calls, and may they? A tower layer, so that it stands before every service.
//!
//! Without configured keys everybody may do everything. Health checks never need a key.

use super::{settings::Key, status};
use futures_util::future::{Either, Ready, ready};
use http::{HeaderMap, Request, Response};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

const HEALTH: &str = "/grpc.health.v1.Health/";
const ADMIN: &str = "/pointsman.v1.AdminService/";

/// Who calls; in the request's extensions where keys are configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The tenant its requests belong to.
    pub tenant: Option<String>,
    /// May call the admin service.
    pub admin: bool,
}

/// Keys as digests, so that comparing them tells nothing about them.
#[derive(Clone)]
pub struct AuthLayer {
    known: Arc<[(blake3::Hash, Identity)]>,
}

impl AuthLayer {
    /// A layer that asks for one of these keys; none = asks nobody.
    #[must_use]
    pub fn new(keys: &[Key]) -> Self {
        let known = keys.iter().map(|key| {
            let identity = Identity {
                tenant: key.tenant.clone(),
                admin: key.admin,
            };
            (blake3::hash(key.secret.as_bytes()), identity)
        });
        Self {
            known: known.collect(),
        }
    }

    fn identify(&self, path: &str, headers: &HeaderMap) -> Result<Option<Identity>, Box<Status>> {
        if self.known.is_empty() || path.starts_with(HEALTH) {
            return Ok(None);
        }
        let shown = headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or_else(|| denied("no key: send `authorization: Bearer KEY`"))?;
        let digest = blake3::hash(shown.as_bytes());
        // `blake3::Hash` compares in constant time; all keys are compared, whichever matches.
        let mut found = None;
        for (known, identity) in self.known.iter() {
            if *known == digest {
                found = Some(identity);
            }
        }
        let identity = found.ok_or_else(|| denied("this key is not known here"))?;
        if path.starts_with(ADMIN) && !identity.admin {
            return Err(Box::new(status::plain(
                Code::PermissionDenied,
                "CALLER_NOT_ADMIN",
                "this key may not call the admin service",
            )));
        }
        Ok(Some(identity.clone()))
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn denied(message: &str) -> Box<Status> {
    Box::new(status::plain(
        Code::Unauthenticated,
        "CALLER_UNAUTHENTICATED",
        message,
    ))
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth {
            layer: self.clone(),
            inner,
        }
    }
}

/// A service behind the keys.
#[derive(Clone)]
pub struct Auth<S> {
    layer: AuthLayer,
    inner: S,
}

impl<S, B> Service<Request<B>> for Auth<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response<Body>, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.layer.identify(request.uri().path(), request.headers()) {
            Ok(identity) => {
                if let Some(identity) = identity {
                    request.extensions_mut().insert(identity);
                }
                Either::Right(self.inner.call(request))
            }
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}
