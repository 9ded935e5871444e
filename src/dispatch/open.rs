//! One upstream call from its lease to its first token or its end: timeouts and the deadline.
//!
//! A whole answer is asked for as a stream as well, and put together here, wherever that loses
//! nothing: a stream shows that the upstream is alive, so that one that hangs is found out after
//! the time of a first token and not after that of a whole answer, and one that is left stops.

use super::attempt::Ticket;
use super::deployment::Lease;
use super::habits;
use super::live::Live;
use crate::domain::{Attempt, Completion, Delta, Fault, FaultKind, StopReason, Usage};
use crate::provider::{Call, DeltaStream, assemble::Assembler, timed};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// A call that yielded its first token, or all of it.
pub(super) enum Opened {
    Whole(Box<(Completion, Attempt)>),
    Live(Box<Live>),
}

/// Makes the call and waits for its first token, or for the whole answer where it cannot be had as a
/// stream. `streamed`: the caller wants a stream.
pub(super) async fn open(
    ticket: Ticket,
    lease: Lease,
    call: Call,
    streamed: bool,
) -> Result<Opened, Box<(Fault, Attempt)>> {
    let deployment = Arc::clone(&ticket.deployment);
    if !deployment.streams(&call, streamed) {
        return open_whole(ticket, lease, call).await;
    }
    let begun = begin(&ticket, call.clone()).await;
    ticket.heed(&call.told);
    let live = match begun {
        Ok((pieces, ready)) => Live {
            first_token_ms: Some(ticket.started.elapsed().as_secs_f64() * 1e3),
            deadline: call.deadline,
            ticket,
            lease: Some(lease),
            pieces,
            ready,
            assembler: Assembler::default(),
            unseen: false,
        },
        Err(fault) if habits::is_about_streams(&fault) => {
            let opened = open_whole(ticket, lease, call).await;
            if opened.is_ok() {
                deployment.habits.refuses_streams();
            }
            return opened;
        }
        Err(fault) => {
            let attempt = ticket.fail(lease, &fault, None, None);
            return Err(Box::new((fault, attempt)));
        }
    };
    Ok(Opened::Live(Box::new(live)))
}

impl Opened {
    /// Waits for the whole answer.
    pub async fn whole(self) -> Result<Box<(Completion, Attempt)>, Box<(Fault, Attempt)>> {
        let live = match self {
            Self::Whole(whole) => return Ok(whole),
            Self::Live(live) => live,
        };
        let deployment = Arc::clone(&live.ticket.deployment);
        let whole = live.whole().await?;
        if !whole.0.usage.known {
            deployment.habits.hides_usage();
        }
        Ok(whole)
    }
}

async fn open_whole(
    ticket: Ticket,
    lease: Lease,
    call: Call,
) -> Result<Opened, Box<(Fault, Attempt)>> {
    let (deadline, limit) = (call.deadline, call.timeouts.total);
    let deployment = Arc::clone(&ticket.deployment);
    let told = call.told.clone();
    let answer = timed::complete(&*deployment.spec.provider, call, ticket.started);
    let answer = within(deadline, answer)
        .await
        .unwrap_or_else(|| Err(ticket.at_deadline(limit)));
    ticket.heed(&told);
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

/// The stream up to its first token, and what came with it.
async fn begin(ticket: &Ticket, call: Call) -> Result<(DeltaStream, VecDeque<Delta>), Fault> {
    let (deadline, limit) = (call.deadline, call.first_token_limit());
    let mut ready = VecDeque::new();
    let begun = async {
        let provider = &*ticket.deployment.spec.provider;
        let mut pieces = timed::stream(provider, call, ticket.started).await?;
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
    begun.map(|pieces| (pieces, ready))
}

/// Is an answer without text and calls a fault? Not where the limit cut it short, nor where the
/// model spent its tokens on thinking.
pub(super) fn nothing_in(empty: bool, stop: StopReason, usage: Usage) -> Option<Fault> {
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
pub(super) async fn within<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
