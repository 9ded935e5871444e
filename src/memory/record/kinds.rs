//! Stored forms of the small choices inside a decision.

use crate::domain::{CacheHit, CacheKind, DecisionId, Degradation, FanOutMode, Need};
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

#[derive(Serialize, Deserialize)]
pub(super) enum NeedV2 {
    JsonSchema,
    Context,
    Tools,
    Images,
}

impl From<Need> for NeedV2 {
    fn from(need: Need) -> Self {
        match need {
            Need::JsonSchema => Self::JsonSchema,
            Need::Context => Self::Context,
            Need::Tools => Self::Tools,
            Need::Images => Self::Images,
        }
    }
}

impl From<NeedV2> for Need {
    fn from(stored: NeedV2) -> Self {
        match stored {
            NeedV2::JsonSchema => Self::JsonSchema,
            NeedV2::Context => Self::Context,
            NeedV2::Tools => Self::Tools,
            NeedV2::Images => Self::Images,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct CacheHitV2 {
    semantic: bool,
    source: u128,
    age_ms: u64,
    similarity: f64,
    saved_usd: Option<f64>,
}

impl From<CacheHit> for CacheHitV2 {
    fn from(hit: CacheHit) -> Self {
        Self {
            semantic: hit.kind == CacheKind::Semantic,
            source: hit.source.0,
            age_ms: hit.age_ms,
            similarity: hit.similarity,
            saved_usd: hit.saved_usd,
        }
    }
}

impl From<CacheHitV2> for CacheHit {
    fn from(stored: CacheHitV2) -> Self {
        Self {
            kind: if stored.semantic {
                CacheKind::Semantic
            } else {
                CacheKind::Exact
            },
            source: DecisionId(stored.source),
            age_ms: stored.age_ms,
            similarity: stored.similarity,
            saved_usd: stored.saved_usd,
        }
    }
}
