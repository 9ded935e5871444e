//! gRPC with messages as bytes: any method by name, any request, sound or not.

use pointsman::load::Raw;
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};

/// Calls `service/method` with one message and reads all answers.
pub async fn call(channel: Channel, path: &str, message: Vec<u8>) -> Result<Vec<Vec<u8>>, Status> {
    let mut grpc = Grpc::new(channel);
    let gone = |error: tonic::transport::Error| Status::new(Code::Unavailable, error.to_string());
    grpc.ready().await.map_err(gone)?;
    let path = format!("/pointsman.v1.{path}").parse().unwrap();
    let messages = tokio_stream::once(message.into());
    let mut answers = grpc
        .streaming(Request::new(messages), path, Raw)
        .await?
        .into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer.into());
    }
    Ok(all)
}
