//! Timeouts of one call, the same for every dialect: first token, between tokens, total.
//!
//! The connection's own timeout is the HTTP client's. A timeout drops the call, which stops the
//! upstream.

use super::{Call, DeltaStream, Provider};
use crate::domain::{Completion, Delta, Fault, FaultKind};
use futures_util::{StreamExt, stream};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// [`Provider::complete`] within `call.timeouts.total`.
///
/// # Errors
/// The provider's fault, or `FirstTokenTimeout` where no answer came in time.
pub async fn complete(
    provider: &dyn Provider,
    call: Call,
    started: Instant,
) -> Result<Completion, Fault> {
    let total = call.timeouts.total;
    match timeout_at(started + total, provider.complete(call)).await {
        Ok(result) => result,
        Err(_) => Err(late(FaultKind::FirstTokenTimeout, "no answer", total)),
    }
}

/// [`Provider::stream`] whose pieces come in time, up to and including its first token.
///
/// # Errors
/// The provider's fault, or `FirstTokenTimeout`.
pub async fn stream(
    provider: &dyn Provider,
    call: Call,
    started: Instant,
) -> Result<DeltaStream, Fault> {
    let limits = call.timeouts;
    let first = call.first_token_limit();
    let inner = match timeout_at(started + first, provider.stream(call)).await {
        Ok(result) => result?,
        Err(_) => return Err(late(FaultKind::FirstTokenTimeout, "no first token", first)),
    };
    let state = Watched {
        inner,
        first: started + first,
        end: started + limits.total,
        first_limit: first,
        idle_limit: limits.idle,
        total_limit: limits.total,
        begun: false,
        over: false,
    };
    Ok(stream::unfold(state, Watched::step).boxed())
}

/// Is this piece a token that a caller would see?
#[must_use]
pub fn is_token(delta: &Delta) -> bool {
    match delta {
        Delta::Text(text) => !text.is_empty(),
        Delta::Reasoning { text, .. } => !text.is_empty(),
        Delta::ToolCall { .. } => true,
        Delta::Done { .. } => false,
    }
}

struct Watched {
    inner: DeltaStream,
    first: Instant,
    end: Instant,
    first_limit: Duration,
    idle_limit: Duration,
    total_limit: Duration,
    begun: bool,
    over: bool,
}

impl Watched {
    async fn step(mut self) -> Option<(Result<Delta, Fault>, Self)> {
        if self.over {
            return None;
        }
        let item = if self.begun {
            self.next_token().await
        } else {
            let (limit, kind) = (self.first_limit, FaultKind::FirstTokenTimeout);
            let late = |_| Some(Err(late(kind, "no first token", limit)));
            timeout_at(self.first, self.inner.next())
                .await
                .unwrap_or_else(late)
        }?;
        match &item {
            Ok(delta) => self.begun |= is_token(delta),
            Err(_) => self.over = true,
        }
        Some((item, self))
    }

    async fn next_token(&mut self) -> Option<Result<Delta, Fault>> {
        let kind = FaultKind::IdleTimeout;
        let next = timeout(self.idle_limit, self.inner.next());
        match timeout_at(self.end, next).await {
            Ok(Ok(item)) => item,
            Ok(Err(_)) => Some(Err(late(kind, "no next token", self.idle_limit))),
            Err(_) => {
                let kind = FaultKind::TotalTimeout;
                Some(Err(late(kind, "no end of the answer", self.total_limit)))
            }
        }
    }
}

fn late(kind: FaultKind, what: &str, limit: Duration) -> Fault {
    Fault::new(kind, format!("{what} within {} ms", limit.as_millis()))
}
