//! May the caller? A tower layer, so that it stands before every service. Health checks never need a
//! key.

use super::status;
use crate::keys::{Caller, Keys};
use futures_util::future::{Either, Ready, ready};
use http::{HeaderMap, Request, Response};
use std::task::{Context, Poll};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

const HEALTH: &str = "/grpc.health.v1.Health/";
const ADMIN: &str = "/pointsman.v1.AdminService/";

/// Lets those with a key through; [`Caller`] is in the request's extensions then.
#[derive(Clone)]
pub struct AuthLayer(pub Keys);

impl AuthLayer {
    fn identify(&self, path: &str, headers: &HeaderMap) -> Result<Option<Caller>, Box<Status>> {
        if path.starts_with(HEALTH) {
            return Ok(None);
        }
        let caller = self.0.identify(headers).map_err(|denied| {
            let (code, reason) = (Code::Unauthenticated, "CALLER_UNAUTHENTICATED");
            Box::new(status::plain(code, reason, denied.to_string()))
        })?;
        if path.starts_with(ADMIN) && caller.is_some_and(|caller| !caller.admin) {
            return Err(Box::new(status::plain(
                Code::PermissionDenied,
                "CALLER_NOT_ADMIN",
                "this key may not call the admin service",
            )));
        }
        Ok(caller.cloned())
    }
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
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                Either::Right(self.inner.call(request))
            }
            Err(status) => Either::Left(ready(Ok(status.into_http()))),
        }
    }
}
