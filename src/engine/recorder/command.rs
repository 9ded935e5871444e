//! What callers ask the writer to do, and how they learn that it is durable.

use super::merge::Merged;
use crate::{
    domain::{Decision, Fact, Feedback, Outcome},
    engine::api::{EngineError, FeedbackAccepted},
    memory::{Imported, Memory, Stored},
};
use std::sync::Arc;
use tokio::sync::oneshot;

pub(super) type Ack<T> = oneshot::Sender<Result<T, EngineError>>;

/// Work on the memory that must not run beside writes.
pub(super) type Work = Box<dyn FnOnce(&Memory) -> Result<Imported, EngineError> + Send>;

pub(super) enum Command {
    Decided {
        decision: Arc<Decision>,
        ack: Ack<()>,
    },
    Finished {
        decision: Arc<Decision>,
        outcome: Box<Outcome>,
        facts: Vec<Fact>,
        ack: Ack<()>,
    },
    Feedback {
        feedback: Box<Feedback>,
        ack: Ack<FeedbackAccepted>,
    },
    Merge {
        entries: Vec<Stored>,
        ack: Ack<Merged>,
    },
    Learn {
        facts: Vec<Fact>,
        ack: Ack<()>,
    },
    Snapshot {
        ack: Ack<()>,
    },
    Exclusively {
        work: Work,
        ack: Ack<Imported>,
    },
    Stop,
}

impl Command {
    /// It only adds to the memory, little and without looking anything up.
    pub(super) fn is_light(&self) -> bool {
        match self {
            Self::Decided { .. } | Self::Finished { .. } | Self::Learn { .. } => true,
            Self::Feedback { .. }
            | Self::Merge { .. }
            | Self::Snapshot { .. }
            | Self::Exclusively { .. }
            | Self::Stop => false,
        }
    }
}

/// The promise of an acknowledgement.
#[must_use = "nothing is durable before the receipt says so"]
pub(crate) struct Receipt<T>(pub(super) oneshot::Receiver<Result<T, EngineError>>);

impl<T> Receipt<T> {
    /// Waits until the write is durable.
    ///
    /// # Errors
    /// The memory could not write, or the writer has ended.
    pub(crate) async fn durable(self) -> Result<T, EngineError> {
        self.0.await.unwrap_or(Err(EngineError::Draining))
    }
}
