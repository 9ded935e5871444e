//! gRPC with messages as bytes: any method by name, any request, sound or not.

use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// Messages as they are on the wire.
#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(to, &item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; bytes::Buf::remaining(from)];
        bytes::Buf::copy_to_slice(from, &mut item);
        Ok(Some(item))
    }
}

/// Calls `service/method` with one message and reads all answers.
pub async fn call(channel: Channel, path: &str, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Status> {
    let mut grpc = Grpc::new(channel);
    let gone = |error: tonic::transport::Error| Status::new(Code::Unavailable, error.to_string());
    grpc.ready().await.map_err(gone)?;
    let path = format!("/pointsman.v1.{path}").parse().unwrap();
    let messages = tokio_stream::once(message);
    let mut answers = grpc
        .streaming(Request::new(messages), path, Bytes)
        .await?
        .into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer);
    }
    Ok(all)
}
