//! Stored forms of the small choices inside a decision.

use crate::domain::{Degradation, FanOutMode};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) enum DegradationV1 {
    Failed(String),
    Late(u64),
    QueueFull,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ModeV1 {
    First,
    Best,
    Quorum(u32),
    Majority,
    All,
}

impl From<&Degradation> for DegradationV1 {
    fn from(degradation: &Degradation) -> Self {
        match degradation {
            Degradation::EmbeddingFailed(reason) => Self::Failed(reason.clone()),
            Degradation::EmbeddingLate(after_ms) => Self::Late(*after_ms),
            Degradation::EmbeddingQueueFull => Self::QueueFull,
        }
    }
}

impl From<DegradationV1> for Degradation {
    fn from(stored: DegradationV1) -> Self {
        match stored {
            DegradationV1::Failed(reason) => Self::EmbeddingFailed(reason),
            DegradationV1::Late(after_ms) => Self::EmbeddingLate(after_ms),
            DegradationV1::QueueFull => Self::EmbeddingQueueFull,
        }
    }
}

impl From<FanOutMode> for ModeV1 {
    fn from(mode: FanOutMode) -> Self {
        match mode {
            FanOutMode::First => Self::First,
            FanOutMode::Best => Self::Best,
            FanOutMode::Quorum(count) => Self::Quorum(count),
            FanOutMode::Majority => Self::Majority,
            FanOutMode::All => Self::All,
        }
    }
}

impl From<ModeV1> for FanOutMode {
    fn from(stored: ModeV1) -> Self {
        match stored {
            ModeV1::First => Self::First,
            ModeV1::Best => Self::Best,
            ModeV1::Quorum(count) => Self::Quorum(count),
            ModeV1::Majority => Self::Majority,
            ModeV1::All => Self::All,
        }
    }
}
