//! The calls of `RouterService`, on one connection, as bytes.

use super::{Answer, Prompts, Target};
use crate::proto;
use bytes::{Buf as _, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use prost::Message as _;
use std::sync::Arc;
use tokio::time::Instant;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

/// Largest message of a server.
const MAX_MESSAGE_BYTES: usize = 256 << 20;
/// First byte of a stream's event: number of its field, length-delimited.
const TEXT_DELTA: u8 = 3 << 3 | 2;
const FAILED: u8 = 15 << 3 | 2;

/// Messages as they are on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Which method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `Decide`
    Decide,
    /// `Route`
    Route,
    /// `RouteStream`
    RouteStream,
}

impl Call {
    /// The method's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decide => "Decide",
            Self::Route => "Route",
            Self::RouteStream => "RouteStream",
        }
    }

    fn path(self) -> PathAndQuery {
        PathAndQuery::from_static(match self {
            Self::Decide => "/pointsman.v1.RouterService/Decide",
            Self::Route => "/pointsman.v1.RouterService/Route",
            Self::RouteStream => "/pointsman.v1.RouterService/RouteStream",
        })
    }
}

/// Asks a router.
#[derive(Clone)]
pub struct Router {
    channels: Arc<[Channel]>,
    authorization: Option<MetadataValue<Ascii>>,
    call: Call,
    prompts: Prompts,
}

impl Router {
    /// One that asks over these connections in turn; there is at least one.
    #[must_use]
    pub fn new(
        channels: Vec<Channel>,
        authorization: Option<MetadataValue<Ascii>>,
        call: Call,
        prompts: Prompts,
    ) -> Self {
        Self {
            channels: channels.into(),
            authorization,
            call,
            prompts,
        }
    }

    fn grpc(&self, n: u64) -> Grpc<Channel> {
        let channel = self.channels[n as usize % self.channels.len()].clone();
        Grpc::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    fn request(&self, message: Bytes) -> Request<Bytes> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", authorization.clone());
        }
        request
    }

    async fn unary(&self, n: u64, path: PathAndQuery, message: Bytes) -> Result<Bytes, Status> {
        let mut grpc = self.grpc(n);
        ready(&mut grpc).await?;
        let answer = grpc.unary(self.request(message), path, Raw).await?;
        Ok(answer.into_inner())
    }

    async fn streamed(&self, n: u64, message: Bytes) -> Result<Answer, Status> {
        let mut grpc = self.grpc(n);
        ready(&mut grpc).await?;
        let request = self.request(message);
        let stream = grpc.server_streaming(request, self.call.path(), Raw);
        let mut events = stream.await?.into_inner();
        let mut answer = Answer::default();
        while let Some(event) = events.message().await? {
            answer.bytes += event.len() as u64;
            match event.first() {
                Some(&TEXT_DELTA) => {
                    answer.pieces += 1;
                    answer.first.get_or_insert_with(Instant::now);
                }
                Some(&FAILED) => return Err(Status::unavailable("the stream failed")),
                _ => {}
            }
        }
        Ok(answer)
    }

    /// The request of call `n`, encoded. The three requests have the same fields.
    fn message(&self, n: u64) -> Bytes {
        let chat = proto::Chat {
            prompt: Some(self.prompts.text(n)),
            ..proto::Chat::default()
        };
        let request = proto::DecideRequest {
            chat: Some(chat),
            ..proto::DecideRequest::default()
        };
        request.encode_to_vec().into()
    }
}

async fn ready(grpc: &mut Grpc<Channel>) -> Result<(), Status> {
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))
}

/// The name of a code, as errors are counted by.
fn name(status: &Status) -> String {
    match status.code() {
        Code::Ok => "ended without an answer".to_owned(),
        code => format!("{code:?}"),
    }
}

impl Target for Router {
    async fn call(&self, n: u64) -> Result<Answer, String> {
        let message = self.message(n);
        let done = match self.call {
            Call::RouteStream => self.streamed(n, message).await,
            Call::Decide | Call::Route => {
                let answer = self.unary(n, self.call.path(), message).await;
                answer.map(|answer| Answer {
                    bytes: answer.len() as u64,
                    ..Answer::default()
                })
            }
        };
        done.map_err(|status| name(&status))
    }
}

/// Judges decisions that were made before, each once.
#[derive(Clone)]
pub struct Teaching {
    router: Router,
    decisions: Arc<[String]>,
}

impl Teaching {
    /// Makes so many decisions, to be judged.
    ///
    /// # Errors
    /// The name of what went wrong.
    pub async fn prepare(router: Router, decisions: u64) -> Result<Self, String> {
        const AT_ONCE: usize = 64;
        use futures_util::StreamExt as _;
        let router = Router {
            call: Call::Decide,
            ..router
        };
        let one = |n| {
            let router = router.clone();
            async move {
                let message = router.message(n);
                let answer = router.unary(n, Call::Decide.path(), message).await;
                let answer = answer.map_err(|status| name(&status))?;
                let answer = proto::DecideResponse::decode(answer);
                let answer = answer.map_err(|error| error.to_string())?;
                Ok::<String, String>(answer.decision.unwrap_or_default().id)
            }
        };
        let all = futures_util::stream::iter(0..decisions).map(one);
        let all: Vec<_> = all.buffer_unordered(AT_ONCE).collect().await;
        let decisions: Vec<String> = all.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            router,
            decisions: decisions.into(),
        })
    }
}

impl Target for Teaching {
    async fn call(&self, n: u64) -> Result<Answer, String> {
        let Some(decision) = self.decisions.get(n as usize) else {
            return Err("no decision is left to judge".to_owned());
        };
        let request = proto::FeedbackRequest {
            decision_id: decision.clone(),
            judgement: Some(proto::feedback_request::Judgement::Quality(
                (n % 11) as f64 / 10.0,
            )),
            ..proto::FeedbackRequest::default()
        };
        let path = PathAndQuery::from_static("/pointsman.v1.RouterService/Feedback");
        let message = request.encode_to_vec().into();
        let answer = self.router.unary(n, path, message).await;
        let bytes = answer.map_err(|status| name(&status))?.len() as u64;
        Ok(Answer {
            bytes,
            ..Answer::default()
        })
    }

    fn most(&self) -> Option<u64> {
        Some(self.decisions.len() as u64)
    }
}
