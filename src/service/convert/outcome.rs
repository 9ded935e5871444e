//! What happened: domain -> wire, and the tokens a caller reports: wire -> domain.

use super::message::{to_part, to_tool_call};
use crate::{
    domain::{
        Attempt, AttemptResult, Blame, Completion, Fault, Judging, Outcome, OutcomeStatus,
        StopReason, Usage,
    },
    engine::api::{Answer, Compared},
    proto,
};

/// An answer for the wire.
#[must_use]
pub fn to_completion(completion: Completion) -> proto::Completion {
    proto::Completion {
        text: completion.text(),
        parts: completion.parts.into_iter().map(to_part).collect(),
        tool_calls: completion
            .tool_calls
            .into_iter()
            .map(to_tool_call)
            .collect(),
        stop_reason: to_stop(completion.stop).into(),
        usage: Some(to_usage(completion.usage)),
        model: completion.model,
        upstream_id: completion.upstream_id,
        extra_json: to_extra(&completion.extra),
    }
}

/// What else the upstream said, as JSON.
#[must_use]
pub fn to_extra(extra: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    (!extra.is_empty()).then(|| serde_json::Value::Object(extra.clone()).to_string())
}

/// Why an answer ended, for the wire.
#[must_use]
pub fn to_stop(stop: StopReason) -> proto::StopReason {
    match stop {
        StopReason::Stop => proto::StopReason::Stop,
        StopReason::Length => proto::StopReason::Length,
        StopReason::ToolCalls => proto::StopReason::ToolCalls,
        StopReason::ContentFilter => proto::StopReason::ContentFilter,
        StopReason::Other => proto::StopReason::Other,
    }
}

/// Tokens for the wire.
#[must_use]
pub fn to_usage(usage: Usage) -> proto::Usage {
    proto::Usage {
        known: usage.known,
        input_uncached_tokens: usage.input_uncached,
        cache_read_tokens: usage.cache_read,
        cache_write_tokens: usage.cache_write,
        output_tokens: usage.output_visible,
        reasoning_tokens: usage.reasoning,
    }
}

/// Tokens that a caller reports; counts without `known` are taken as known.
#[must_use]
pub fn from_usage(usage: proto::Usage) -> Usage {
    let counts = [
        usage.input_uncached_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    ];
    Usage {
        input_uncached: usage.input_uncached_tokens,
        cache_read: usage.cache_read_tokens,
        cache_write: usage.cache_write_tokens,
        output_visible: usage.output_tokens,
        reasoning: usage.reasoning_tokens,
        known: usage.known || counts.iter().any(|count| *count > 0),
    }
}

/// What became of a request, for the wire.
#[must_use]
pub fn to_outcome(outcome: Outcome) -> proto::Outcome {
    let cost_usd = outcome.cost_usd();
    let usage = outcome
        .calls()
        .map(|attempt| attempt.usage)
        .filter(|usage| usage.known)
        .reduce(Usage::plus)
        .unwrap_or_default();
    proto::Outcome {
        status: to_status(outcome.status).into(),
        served_by: outcome.served_by.map(|arm| arm.to_string()),
        attempts: outcome.attempts.into_iter().map(to_attempt).collect(),
        usage: Some(to_usage(usage)),
        cost_usd,
        latency_ms: outcome.latency_ms,
        agreement: outcome.agreement,
        judging: outcome.judging.map(to_judging),
    }
}

fn to_judging(judging: Judging) -> proto::Judging {
    let score = |(arm, quality): (crate::domain::ArmId, f64)| proto::JudgeScore {
        arm: arm.to_string(),
        quality,
    };
    proto::Judging {
        judge: judging.judge.to_string(),
        attempt: judging.attempt.map(to_attempt),
        scores: judging.scores.into_iter().map(score).collect(),
        failure: judging.failure,
    }
}

/// How a request ended, for the wire.
#[must_use]
pub fn to_status(status: OutcomeStatus) -> proto::OutcomeStatus {
    match status {
        OutcomeStatus::Completed => proto::OutcomeStatus::Completed,
        OutcomeStatus::Failed => proto::OutcomeStatus::Failed,
        OutcomeStatus::Truncated => proto::OutcomeStatus::Truncated,
        OutcomeStatus::Cancelled => proto::OutcomeStatus::Cancelled,
    }
}

/// Several arms' answers for the wire.
#[must_use]
pub fn to_compared(compared: Compared) -> proto::CompareResponse {
    proto::CompareResponse {
        decision: Some(super::decision::to_decision(&compared.decision)),
        answers: compared.answers.into_iter().map(to_answer).collect(),
        outcome: Some(to_outcome(compared.outcome)),
    }
}

fn to_answer(answer: Answer) -> proto::Answer {
    let result = match answer.result {
        Ok(completion) => proto::answer::Result::Completion(to_completion(completion)),
        Err(fault) => proto::answer::Result::Fault(to_fault(fault)),
    };
    proto::Answer {
        arm: answer.arm.to_string(),
        result: Some(result),
        attempt: Some(to_attempt(answer.attempt)),
    }
}

/// An upstream call for the wire.
#[must_use]
pub fn to_attempt(attempt: Attempt) -> proto::Attempt {
    let (result, fault) = match attempt.result {
        AttemptResult::Completed => (proto::AttemptResult::Completed, None),
        AttemptResult::Failed(fault) => (proto::AttemptResult::Failed, Some(to_fault(fault))),
        AttemptResult::Cancelled => (proto::AttemptResult::Cancelled, None),
    };
    proto::Attempt {
        arm: attempt.arm.to_string(),
        deployment: attempt.deployment.map(|deployment| deployment.to_string()),
        started_at_ms: attempt.started_at_ms,
        first_token_ms: attempt.first_token_ms,
        latency_ms: attempt.latency_ms,
        result: result.into(),
        fault,
        usage: Some(to_usage(attempt.usage)),
        cost_usd: attempt.cost_usd,
    }
}

/// A fault for the wire.
#[must_use]
pub fn to_fault(fault: Fault) -> proto::Fault {
    proto::Fault {
        kind: fault.kind.as_str().to_owned(),
        blame: blame_text(fault.kind.blame()).to_owned(),
        message: fault.message,
        upstream_status: fault.status.map(u32::from),
        retry_after_ms: fault.retry_after_ms,
    }
}

fn blame_text(blame: Blame) -> &'static str {
    match blame {
        Blame::Caller => "caller",
        Blame::Upstream => "upstream",
        Blame::Account => "account",
        Blame::Nobody => "nobody",
        Blame::Router => "router",
    }
}
