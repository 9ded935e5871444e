//! Upstream dialects behind one trait: a normal request goes out, a normal answer comes back, and
//! whatever goes wrong is a [`Fault`].
//!
//! A dialect translates and classifies. It makes exactly one upstream call for each [`Call`]: it
//! never retries, never falls back and keeps no time but the connection's. Retries, timeouts,
//! breakers and limits belong to `dispatch`, once for all dialects.

pub mod assemble;
pub mod endpoint;
pub mod http;
pub mod json;
pub mod openai;
pub mod reader;
pub mod rotation;
pub mod scripted;
mod secret;
pub mod simulated;
pub mod sse;
pub mod timed;
mod told;
mod translate;

pub mod anthropic;
pub mod azure;
pub mod gemini;
pub mod ollama;
pub mod vertex;

pub use secret::Secret;
pub use told::Told;

use crate::domain::{ChatRequest, Completion, Delta, Fault};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Pieces of one answer in order. The last is `Ok(Delta::Done)`, once, or one `Err`. A stream that
/// ends without either was cut; the dialect says so itself with `FaultKind::Cut`.
pub type DeltaStream = BoxStream<'static, Result<Delta, Fault>>;

/// One vendor's dialect with one account.
///
/// Dropping a future or a stream stops the upstream call.
pub trait Provider: Send + Sync + 'static {
    /// Name of the dialect, for logs and metrics: `openai`, `anthropic`, ...
    fn dialect(&self) -> &'static str;

    /// May a whole answer to this call be asked for as a stream and put together here, with nothing
    /// lost? Only a stream shows that the upstream is alive before the answer is complete.
    fn streams(&self, _call: &Call) -> bool {
        true
    }

    /// One whole answer, asked for as such.
    ///
    /// # Errors
    /// What went wrong, classified; never with a key or prompt text in its message.
    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>>;

    /// One answer in pieces. The future ends when the upstream's response has begun; the first
    /// token may still be far.
    ///
    /// # Errors
    /// What went wrong before the response began; later faults arrive in the stream.
    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>>;

    /// A cheap call that costs no tokens and shows that the upstream is there and takes our key.
    ///
    /// # Errors
    /// What went wrong.
    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>>;
}

/// One upstream call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What to ask.
    pub request: Arc<ChatRequest>,
    /// The vendor's model name.
    pub model: Arc<str>,
    /// How long each part may take; kept by [`timed`], not by the dialects.
    pub timeouts: Timeouts,
    /// When the whole request must have ended, for dialects that tell the upstream.
    pub deadline: Option<Instant>,
    /// What the upstream tells beside its answer.
    pub told: Told,
}

impl Call {
    /// A call without a deadline and with the default timeouts.
    #[must_use]
    pub fn new(request: Arc<ChatRequest>, model: &str) -> Self {
        Self {
            request,
            model: Arc::from(model),
            timeouts: Timeouts::default(),
            deadline: None,
            told: Told::default(),
        }
    }

    /// How long the first token may take. Many models think in silence, and long where they were
    /// asked to think hard: they get a multiple of the usual time.
    #[must_use]
    pub fn first_token_limit(&self) -> Duration {
        let times = match self.request.sampling.reasoning_effort.as_deref() {
            Some("medium") => 2,
            Some("high") => 4,
            Some("xhigh" | "max") => 8,
            _ => 1,
        };
        (self.timeouts.first_token * times).min(self.timeouts.total)
    }
}

/// How long the parts of one call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From sending to the first token. Of a whole answer that cannot be asked for as a stream only
    /// `total` is held, because nothing of it shows before its end.
    pub first_token: Duration,
    /// Between two pieces.
    pub idle: Duration,
    /// From sending to the end.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 30 s, 30 s, 600 s: slow reasoning models fit, a dead upstream is found out.
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(600),
        }
    }
}

/// A health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Path on the provider's host to ask with GET instead of the dialect's own choice.
    pub endpoint: Option<String>,
    /// How long it may take; kept by the caller.
    pub timeout: Duration,
}

#[cfg(test)]
mod tests;
