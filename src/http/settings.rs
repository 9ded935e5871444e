//! What the HTTP face needs to know; `config` fills it.

use std::time::Duration;

/// Settings of the HTTP face.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of callers; empty = no key asked for.
    pub keys: Vec<Key>,
    /// Largest request body in bytes.
    pub max_request_bytes: usize,
    /// Requests in work at once; more are refused with a hint to come back.
    pub max_concurrent_requests: usize,
    /// Longest time of a request; `None` = as long as the caller waits.
    pub max_request_time: Option<Duration>,
    /// Time for running requests to end after the signal to stop.
    pub drain: Duration,
    /// A stream that is silent for this long gets a comment, so that proxies keep it open.
    pub keep_alive: Duration,
}

/// A key that a caller shows as `authorization: Bearer KEY`.
#[derive(Clone)]
pub struct Key {
    /// The key itself.
    pub secret: String,
    /// The tenant its requests belong to.
    pub tenant: Option<String>,
    /// May it see metrics and the admin pages?
    pub admin: bool,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("secret", &"***")
            .field("tenant", &self.tenant)
            .field("admin", &self.admin)
            .finish()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            max_request_bytes: 16 << 20,
            max_concurrent_requests: 4096,
            max_request_time: None,
            drain: Duration::from_secs(30),
            keep_alive: Duration::from_secs(15),
        }
    }
}
