//! One upstream call from its lease to its record: timeouts, the deadline, what the end means for
//! the deployment, what it cost.
//!
//! Costs of calls that ended without usage but after tokens (cut, cancelled, lost a race) are
//! estimated from the list price, because the upstream bills them; `usage.known` stays false.

use super::deployment::{End, Lease};
use super::{Shared, observer::Notice};
use crate::breaker::CallResult;
use crate::domain::{
    Attempt, AttemptResult, Completion, Delta, Fault, FaultKind, StopReason, Usage,
};
use crate::provider::{Call, DeltaStream, assemble::Assembler, timed};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What is needed to write an attempt down, apart from the call itself, so that a call that lost a
/// race can still be accounted for after it was dropped.
#[derive(Clone)]
pub(super) struct Ticket {
    pub shared: Arc<Shared>,
    pub deployment: Arc<super::Deployment>,
    pub started: Instant,
    pub started_at_ms: u64,
    pub input_tokens: u64,
    /// Tells this call from all others.
    pub mark: Arc<()>,
}

/// A call that yielded its first token, or all of it.
pub(super) enum Opened {
    Whole(Box<(Completion, Attempt)>),
    Live(Box<Live>),
}

/// A stream whose first token has come.
pub(super) struct Live {
    pub ticket: Ticket,
    lease: Option<Lease>,
    pieces: DeltaStream,
    ready: VecDeque<Delta>,
    assembler: Assembler,
    first_token_ms: Option<f64>,
    deadline: Option<Instant>,
}

/// The next thing of a live stream.
pub(super) enum Next {
    Piece(Delta),
    End(Box<(Completion, Attempt)>),
    Broken(Box<(Fault, Attempt)>),
}

impl Ticket {
    pub fn new(shared: &Arc<Shared>, lease: &Lease, input_tokens: u64) -> Self {
        Self {
            shared: Arc::clone(shared),
            deployment: Arc::clone(&lease.deployment),
            started: shared.registry.instant(lease.started),
            started_at_ms: shared.registry.unix_ms(),
            input_tokens,
            mark: Arc::new(()),
        }
    }

    /// The record of a call that was given up.
    pub fn cancelled(&self, streamed_bytes: usize) -> Attempt {
        let cost_usd = self.estimate_usd(streamed_bytes);
        self.record(AttemptResult::Cancelled, Usage::default(), cost_usd, None)
    }

    fn record(
        &self,
        result: AttemptResult,
        usage: Usage,
        cost_usd: Option<f64>,
        first_token_ms: Option<f64>,
    ) -> Attempt {
        Attempt {
            arm: self.deployment.spec.arm.clone(),
            deployment: Some(self.deployment.spec.id.clone()),
            started_at_ms: self.started_at_ms,
            first_token_ms,
            latency_ms: self.started.elapsed().as_secs_f64() * 1e3,
            result,
            usage,
            cost_usd,
        }
    }

    /// Input and what was streamed, four bytes a token, at the list price.
    fn estimate_usd(&self, streamed_bytes: usize) -> Option<f64> {
        let price = self.deployment.spec.price?;
        Some(price.estimate_usd(self.input_tokens as f64, streamed_bytes as f64 / 4.0))
    }

    fn complete(&self, lease: Lease, answer: &Completion, first_token_ms: Option<f64>) -> Attempt {
        let price = self.deployment.spec.price;
        let listed = price.and_then(|price| price.cost_usd(&answer.usage));
        let cost_usd = answer.reported_cost_usd.or(listed);
        self.end(
            lease,
            &End::Completed {
                usage: &answer.usage,
                cost_usd,
            },
        );
        self.record(
            AttemptResult::Completed,
            answer.usage,
            cost_usd,
            first_token_ms,
        )
    }

    /// `billed_bytes` is what had been streamed, `None` where nothing of the answer had come.
    fn fail(
        &self,
        lease: Lease,
        fault: &Fault,
        first_token_ms: Option<f64>,
        billed_bytes: Option<usize>,
    ) -> Attempt {
        let health = match fault.kind {
            FaultKind::FirstTokenTimeout => CallResult::Hang,
            kind if kind.is_throttle() => {
                CallResult::Throttle(fault.retry_after_ms.map(Duration::from_millis))
            }
            kind if kind.counts_against_deployment() => CallResult::Failure,
            _ => CallResult::Neutral,
        };
        self.shared.observer.notice(Notice::AttemptFailed {
            arm: self.deployment.spec.arm.clone(),
            deployment: self.deployment.spec.id.clone(),
            fault: fault.clone(),
        });
        self.end(lease, &End::Failed { fault, health });
        let cost_usd = billed_bytes.and_then(|bytes| self.estimate_usd(bytes));
        self.record(
            AttemptResult::Failed(fault.clone()),
            Usage::default(),
            cost_usd,
            first_token_ms,
        )
    }

    fn end(&self, lease: Lease, end: &End<'_>) {
        let registry = &self.shared.registry;
        if let Some(notice) = lease.end(end, registry.unix_ms(), registry.now()) {
            self.shared.observer.notice(notice);
        }
    }

    /// The fault of a call that the request's deadline ended before any token. Where the upstream
    /// had had a fair time already, it is the upstream's fault: a short deadline must not hide a
    /// hanging upstream from its breaker.
    fn at_deadline(&self, own_limit: Duration) -> Fault {
        let waited = self.started.elapsed();
        let usual = self.deployment.state().latency.average_ms();
        let long = usual.map(|ms| Duration::from_secs_f64(ms / 250.0).max(Duration::from_secs(1)));
        if waited * 2 >= own_limit || long.is_some_and(|long| waited >= long) {
            let message = format!(
                "no answer within {} ms, the request's deadline",
                waited.as_millis()
            );
            Fault::new(FaultKind::FirstTokenTimeout, message)
        } else {
            Fault::new(FaultKind::Deadline, "the request's deadline passed")
        }
    }
}

/// Makes the call and waits for the whole answer, or for its first token where it is `streamed`.
pub(super) async fn open(
    ticket: Ticket,
    lease: Lease,
    call: Call,
    streamed: bool,
) -> Result<Opened, Box<(Fault, Attempt)>> {
    if streamed {
        open_stream(ticket, lease, call).await
    } else {
        open_whole(ticket, lease, call).await
    }
}

async fn open_whole(
    ticket: Ticket,
    lease: Lease,
    call: Call,
) -> Result<Opened, Box<(Fault, Attempt)>> {
    let (deadline, limit) = (call.deadline, call.timeouts.total);
    let deployment = Arc::clone(&ticket.deployment);
    let answer = timed::complete(&*deployment.spec.provider, call, ticket.started);
    let answer = within(deadline, answer)
        .await
        .unwrap_or_else(|| Err(ticket.at_deadline(limit)));
    let answer =
        answer.and_then(
            |answer| match nothing_in(answer.is_empty(), answer.stop, answer.usage) {
                Some(fault) => Err(fault),
                None => Ok(answer),
            },
        );
    match answer {
        Ok(answer) => {
            let attempt = ticket.complete(lease, &answer, None);
            Ok(Opened::Whole(Box::new((answer, attempt))))
        }
        Err(fault) => {
            let attempt = ticket.fail(lease, &fault, None, None);
            Err(Box::new((fault, attempt)))
        }
    }
}

async fn open_stream(
    ticket: Ticket,
    lease: Lease,
    call: Call,
) -> Result<Opened, Box<(Fault, Attempt)>> {
    let (deadline, limit) = (call.deadline, call.timeouts.first_token);
    let deployment = Arc::clone(&ticket.deployment);
    let mut ready = VecDeque::new();
    let begun = async {
        let mut pieces = timed::stream(&*deployment.spec.provider, call, ticket.started).await?;
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            let token = timed::is_token(&piece);
            if let Delta::Done { stop, usage, .. } = &piece
                && let Some(fault) = nothing_in(true, *stop, *usage)
            {
                return Err(fault);
            }
            let done = matches!(piece, Delta::Done { .. });
            ready.push_back(piece);
            if token || done {
                return Ok(pieces);
            }
        }
        Err(Fault::new(
            FaultKind::Cut,
            "the stream ended before its first token",
        ))
    };
    let begun = within(deadline, begun)
        .await
        .unwrap_or_else(|| Err(ticket.at_deadline(limit)));
    match begun {
        Ok(pieces) => Ok(Opened::Live(Box::new(Live {
            first_token_ms: Some(ticket.started.elapsed().as_secs_f64() * 1e3),
            ticket,
            lease: Some(lease),
            pieces,
            ready,
            assembler: Assembler::default(),
            deadline,
        }))),
        Err(fault) => {
            let attempt = ticket.fail(lease, &fault, None, None);
            Err(Box::new((fault, attempt)))
        }
    }
}

impl Live {
    /// Bytes that came so far.
    pub fn streamed_bytes(&self) -> usize {
        self.assembler.len_bytes()
    }

    /// The next piece, or the end with its record. Not to be called after an end.
    pub async fn next(&mut self) -> Next {
        let piece = match self.ready.pop_front() {
            Some(piece) => Some(Ok(piece)),
            None => within(self.deadline, self.pieces.next())
                .await
                .unwrap_or_else(|| {
                    Some(Err(Fault::new(
                        FaultKind::Deadline,
                        "the request's deadline passed",
                    )))
                }),
        };
        let cut = || {
            Err(Fault::new(
                FaultKind::Cut,
                "the stream ended before its end marker",
            ))
        };
        match piece.unwrap_or_else(cut) {
            Ok(piece) => match (self.assembler.push(&piece), self.lease.take()) {
                (Some(answer), Some(lease)) => {
                    let attempt = self.ticket.complete(lease, &answer, self.first_token_ms);
                    Next::End(Box::new((answer, attempt)))
                }
                (_, lease) => {
                    self.lease = lease;
                    Next::Piece(piece)
                }
            },
            Err(fault) => {
                let billed = Some(self.streamed_bytes());
                let attempt = match self.lease.take() {
                    Some(lease) => self.ticket.fail(lease, &fault, self.first_token_ms, billed),
                    None => self.ticket.cancelled(self.streamed_bytes()),
                };
                Next::Broken(Box::new((fault, attempt)))
            }
        }
    }
}

/// Is an answer without text and calls a fault? Not where the limit cut it short, nor where the
/// model spent its tokens on thinking.
fn nothing_in(empty: bool, stop: StopReason, usage: Usage) -> Option<Fault> {
    match stop {
        _ if !empty => None,
        StopReason::ContentFilter => Some(Fault::new(
            FaultKind::ContentFilter,
            "the vendor's filter left nothing of the answer",
        )),
        StopReason::Length => None,
        _ if usage.known && usage.reasoning > 0 => None,
        _ => Some(Fault::new(
            FaultKind::Empty,
            "an answer with neither text nor tool call",
        )),
    }
}

/// `None` where the deadline passed first.
async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
