//! What the HTTP face needs to know; `config` fills it.

use crate::keys::Keys;
use std::time::Duration;

/// Settings of the HTTP face.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of callers.
    pub keys: Keys,
    /// Largest request body in bytes.
    pub max_request_bytes: usize,
    /// All texts of one request together, in bytes.
    pub max_text_bytes: usize,
    /// Requests in work at once; more are refused with a hint to come back.
    pub max_concurrent_requests: usize,
    /// Longest time of a request; `None` = as long as the caller waits.
    pub max_request_time: Option<Duration>,
    /// Time for running requests to end after the signal to stop.
    pub drain: Duration,
    /// A stream that is silent for this long gets a comment, so that proxies keep it open.
    pub keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: Keys::default(),
            max_request_bytes: 16 << 20,
            max_text_bytes: 4 << 20,
            max_concurrent_requests: 4096,
            max_request_time: None,
            drain: Duration::from_secs(30),
            keep_alive: Duration::from_secs(15),
        }
    }
}
