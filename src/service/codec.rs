//! What the codec refuses before any of our code sees it, said as gRPC services do, with the remedy:
//! a message over the size limit is RESOURCE_EXHAUSTED (not OUT_OF_RANGE), bytes that are no message
//! are INVALID_ARGUMENT (not INTERNAL).

use super::status;
use http::Response;
use tonic::{Code, Status, body::Body};
use tower::util::MapResponseLayer;

const TOO_LARGE: &str = "message length too large";
const UNREADABLE: &str = "failed to decode Protobuf message: ";

/// A layer that rewrites the codec's refusals.
#[must_use]
pub fn layer() -> MapResponseLayer<fn(Response<Body>) -> Response<Body>> {
    MapResponseLayer::new(rewritten)
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
    let words = status.message();
    match status.code() {
        Code::OutOfRange if words.contains(TOO_LARGE) => Some(status::plain(
            Code::ResourceExhausted,
            "CALLER_MESSAGE_TOO_LARGE",
            format!(
                "{}; send less, or raise server.max_request_bytes",
                words.trim_start_matches("Error, ")
            ),
        )),
        Code::Internal => words.strip_prefix(UNREADABLE).map(|words| {
            status::plain(
                Code::InvalidArgument,
                "CALLER_UNREADABLE_MESSAGE",
                format!(
                    "the message cannot be read ({words}); encode it by proto/pointsman/v1, with texts in UTF-8"
                ),
            )
        }),
        _ => None,
    }
}
