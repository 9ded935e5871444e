//! A stream whose first token has come, to its end and its record.

use super::attempt::Ticket;
use super::deployment::Lease;
use super::open::{nothing_in, within};
use crate::domain::{Attempt, Completion, Delta, Fault, FaultKind};
use crate::provider::{DeltaStream, assemble::Assembler};
use futures_util::StreamExt;
use std::collections::VecDeque;
use tokio::time::Instant;

/// A stream whose first token has come.
pub(super) struct Live {
    pub ticket: Ticket,
    pub lease: Option<Lease>,
    pub pieces: DeltaStream,
    /// Read already, and to be handed on first.
    pub ready: VecDeque<Delta>,
    pub assembler: Assembler,
    pub first_token_ms: Option<f64>,
    pub deadline: Option<Instant>,
    /// Nobody has seen anything of it: an answer with nothing in it is a failure still.
    pub unseen: bool,
}

/// The next thing of a live stream.
pub(super) enum Next {
    Piece(Delta),
    End(Box<(Completion, Attempt)>),
    Broken(Box<(Fault, Attempt)>),
}

impl Live {
    /// Bytes that came so far.
    pub fn streamed_bytes(&self) -> usize {
        self.assembler.len_bytes()
    }

    /// The whole answer, put together here.
    pub async fn whole(mut self) -> Result<Box<(Completion, Attempt)>, Box<(Fault, Attempt)>> {
        self.unseen = true;
        loop {
            match self.next().await {
                Next::Piece(_) => {}
                Next::End(whole) => return Ok(whole),
                Next::Broken(failed) => return Err(failed),
            }
        }
    }

    /// The next piece, or the end with its record. Not to be called after an end.
    pub async fn next(&mut self) -> Next {
        let piece = match self.read().await {
            Ok(piece) => piece,
            Err(fault) => return self.broken(fault),
        };
        let Some(answer) = self.assembler.push(&piece) else {
            return Next::Piece(piece);
        };
        if let Some(fault) = nothing_in(self.unseen && answer.is_empty(), answer.stop, answer.usage)
        {
            return self.broken(fault);
        }
        match self.lease.take() {
            Some(lease) => {
                let attempt = self.ticket.complete(lease, &answer, self.first_token_ms);
                Next::End(Box::new((answer, attempt)))
            }
            None => Next::Piece(piece),
        }
    }

    async fn read(&mut self) -> Result<Delta, Fault> {
        if let Some(piece) = self.ready.pop_front() {
            return Ok(piece);
        }
        match within(self.deadline, self.pieces.next()).await {
            Some(Some(piece)) => piece,
            Some(None) => Err(Fault::new(
                FaultKind::Cut,
                "the stream ended before its end marker",
            )),
            None => Err(Fault::new(
                FaultKind::Deadline,
                "the request's deadline passed",
            )),
        }
    }

    fn broken(&mut self, fault: Fault) -> Next {
        let bytes = self.streamed_bytes();
        let attempt = match self.lease.take() {
            Some(lease) => self
                .ticket
                .fail(lease, &fault, self.first_token_ms, Some(bytes)),
            None => self.ticket.cancelled(bytes),
        };
        Next::Broken(Box::new((fault, attempt)))
    }
}
