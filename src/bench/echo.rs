//! The floor under `Decide`: a tonic server that does nothing, with messages of the same sizes, and
//! the same settings of HTTP/2 as the service.

use crate::load::{Answer, Raw, Target};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::uri::PathAndQuery;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    client::Grpc,
    server::{NamedService, UnaryService},
    transport::{self, Channel, Server, server::TcpIncoming},
};

const PATH: &str = "/pointsman.bench.Echo/Echo";
/// The first bytes of a request say how long the answer is to be.
const HEAD_BYTES: usize = 4;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The service, written as generated code is.
#[derive(Clone)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "pointsman.bench.Echo";
}

impl UnaryService<Bytes> for Echo {
    type Response = Bytes;
    type Future = Boxed<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(async move {
            let request = request.into_inner();
            let head = request.first_chunk::<HEAD_BYTES>();
            let length = head.map_or(0, |head| u32::from_le_bytes(*head)) as usize;
            Ok(Response::new(Bytes::from(vec![0; length])))
        })
    }
}

impl tower::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(tonic::server::Grpc::new(Raw).unary(Echo, request).await) })
    }
}

/// Serves until the process ends.
pub(super) async fn serve(listener: TcpListener) -> Result<(), transport::Error> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(Echo)
        .serve_with_incoming(incoming)
        .await
}

/// Calls the echo with messages of these sizes.
#[derive(Clone)]
pub(super) struct Caller {
    channel: Channel,
    message: Bytes,
}

impl Caller {
    pub(super) fn new(channel: Channel, request_bytes: usize, answer_bytes: usize) -> Self {
        let mut message = BytesMut::with_capacity(request_bytes);
        message.put_u32_le(u32::try_from(answer_bytes).unwrap_or(0));
        message.resize(request_bytes.max(HEAD_BYTES), 0);
        Self {
            channel,
            message: message.freeze(),
        }
    }
}

impl Target for Caller {
    async fn call(&self, _: u64) -> Result<Answer, String> {
        let mut grpc = Grpc::new(self.channel.clone());
        let said = |error: &dyn std::fmt::Display| error.to_string();
        grpc.ready().await.map_err(|error| said(&error))?;
        let request = Request::new(self.message.clone());
        let answer = grpc.unary(request, PathAndQuery::from_static(PATH), Raw);
        let answer = answer.await.map_err(|status| said(&status.code()))?;
        Ok(Answer {
            bytes: answer.into_inner().len() as u64,
            ..Answer::default()
        })
    }
}
