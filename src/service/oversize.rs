//! A message over the size limit is refused by the codec as OUT_OF_RANGE, before any of our code
//! sees it. This layer says it as gRPC services do: RESOURCE_EXHAUSTED, with the remedy.

use super::status;
use futures_util::{TryFutureExt, future::MapOk};
use http::{Request, Response};
use std::task::{Context, Poll};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

const CODEC_WORDS: &str = "message length too large";

/// Rewrites the codec's refusal.
#[derive(Clone, Copy, Debug)]
pub struct OversizeLayer;

impl<S> Layer<S> for OversizeLayer {
    type Service = Oversize<S>;

    fn layer(&self, inner: S) -> Oversize<S> {
        Oversize { inner }
    }
}

/// A service whose refusals are rewritten.
#[derive(Clone, Debug)]
pub struct Oversize<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Oversize<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = MapOk<S::Future, fn(Response<Body>) -> Response<Body>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.inner.call(request).map_ok(rewritten)
    }
}

fn rewritten(response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(Status::GRPC_STATUS) {
        return response;
    }
    match Status::from_header_map(response.headers()) {
        Some(status) => match clearer(&status) {
            Some(status) => status.into_http(),
            None => response,
        },
        None => response,
    }
}

/// The clearer form of a codec's refusal; `None` for any other status.
#[must_use]
pub fn clearer(status: &Status) -> Option<Status> {
    let refused = status.code() == Code::OutOfRange && status.message().contains(CODEC_WORDS);
    refused.then(|| {
        let words = status.message().trim_start_matches("Error, ");
        status::plain(
            Code::ResourceExhausted,
            "CALLER_MESSAGE_TOO_LARGE",
            format!("{words}; send less, or raise server.max_request_bytes"),
        )
    })
}
