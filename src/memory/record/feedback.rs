//! The stored form of feedback: all of a decision's judgements in one record, oldest first.

use super::outcome::UsageV1;
use crate::domain::{ArmId, DecisionId, Feedback, Source, Usage};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    arm: Option<String>,
    request_id: Option<String>,
    quality: Option<f64>,
    comment: Option<String>,
    source: SourceV1,
    usage: Option<UsageV1>,
    cost_usd: Option<f64>,
    latency_ms: Option<f64>,
    failed: Option<bool>,
    at_ms: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum SourceV1 {
    Caller(String),
    Agreement,
    Schema,
    Truncation,
    QuickRetry,
    Judge,
}

pub(super) fn to_v1(all: &[Feedback]) -> Vec<V1> {
    all.iter().map(V1::from).collect()
}

pub(super) fn from_v1(stored: Vec<V1>, decision: DecisionId) -> Vec<Feedback> {
    let one = |one: V1| one.into_domain(decision);
    stored.into_iter().map(one).collect()
}

impl From<&Feedback> for V1 {
    fn from(feedback: &Feedback) -> Self {
        let Feedback {
            decision: _,
            arm,
            request_id,
            quality,
            comment,
            source,
            usage,
            cost_usd,
            latency_ms,
            failed,
            at_ms,
        } = feedback;
        Self {
            arm: arm.as_ref().map(ArmId::to_string),
            request_id: request_id.clone(),
            quality: *quality,
            comment: comment.clone(),
            source: source.into(),
            usage: usage.as_ref().map(UsageV1::from),
            cost_usd: *cost_usd,
            latency_ms: *latency_ms,
            failed: *failed,
            at_ms: *at_ms,
        }
    }
}

impl V1 {
    fn into_domain(self, decision: DecisionId) -> Feedback {
        Feedback {
            decision,
            arm: self.arm.map(ArmId::from),
            request_id: self.request_id,
            quality: self.quality,
            comment: self.comment,
            source: self.source.into(),
            usage: self.usage.map(Usage::from),
            cost_usd: self.cost_usd,
            latency_ms: self.latency_ms,
            failed: self.failed,
            at_ms: self.at_ms,
        }
    }
}

impl From<&Source> for SourceV1 {
    fn from(source: &Source) -> Self {
        match source {
            Source::Caller(name) => Self::Caller(name.clone()),
            Source::Agreement => Self::Agreement,
            Source::Schema => Self::Schema,
            Source::Truncation => Self::Truncation,
            Source::QuickRetry => Self::QuickRetry,
            Source::Judge => Self::Judge,
        }
    }
}

impl From<SourceV1> for Source {
    fn from(stored: SourceV1) -> Self {
        match stored {
            SourceV1::Caller(name) => Self::Caller(name),
            SourceV1::Agreement => Self::Agreement,
            SourceV1::Schema => Self::Schema,
            SourceV1::Truncation => Self::Truncation,
            SourceV1::QuickRetry => Self::QuickRetry,
            SourceV1::Judge => Self::Judge,
        }
    }
}
