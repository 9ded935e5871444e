//! What the gRPC server needs to know; `config` fills it.

use crate::keys::Keys;
use std::time::Duration;

/// Settings of the gRPC server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of callers.
    pub keys: Keys,
    /// Largest request message in bytes.
    pub max_request_bytes: usize,
    /// Largest response message in bytes.
    pub max_response_bytes: usize,
    /// All texts of one request together, in bytes.
    pub max_text_bytes: usize,
    /// Requests in work at once; more are refused with a hint to come back.
    pub max_concurrent_requests: usize,
    /// Streams of one connection at once.
    pub max_streams_per_connection: u32,
    /// Longest time of a request; `None` = as long as the caller waits.
    pub max_request_time: Option<Duration>,
    /// Time for running requests to end after the signal to stop.
    pub drain: Duration,
    /// A silent connection is asked for a sign of life after this long.
    pub keepalive: Duration,
    /// Answer reflection requests.
    pub reflection: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: Keys::default(),
            max_request_bytes: 16 << 20,
            max_response_bytes: 32 << 20,
            max_text_bytes: 4 << 20,
            max_concurrent_requests: 4096,
            max_streams_per_connection: 1024,
            max_request_time: None,
            drain: Duration::from_secs(30),
            keepalive: Duration::from_secs(30),
            reflection: true,
        }
    }
}
