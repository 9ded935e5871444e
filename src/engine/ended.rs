//! What dispatch yielded -> what became of the request, and what its caller is told. Pure.

use super::api::EngineError;
use crate::{
    dispatch::{DispatchError, Ran},
    domain::{Attempt, Decision, Fault, FaultKind, Outcome, OutcomeStatus},
};

/// What became of a run.
pub(crate) fn outcome(decision: &Decision, ran: &Ran, latency_ms: f64) -> Outcome {
    let status = match &ran.completion {
        Ok(_) => OutcomeStatus::Completed,
        Err(DispatchError::Truncated { .. }) => OutcomeStatus::Truncated,
        Err(DispatchError::Cancelled) => OutcomeStatus::Cancelled,
        Err(DispatchError::Failed { .. } | DispatchError::Deadline) => OutcomeStatus::Failed,
    };
    Outcome {
        decision: decision.id,
        status,
        served_by: ran.served_by.clone(),
        attempts: ran.attempts.clone(),
        latency_ms,
        agreement: ran.agreement,
        judging: ran.judging.clone(),
    }
}

/// Why there is no answer, as the caller is told it.
pub(crate) fn refusal(error: DispatchError, attempts: Vec<Attempt>) -> EngineError {
    match error {
        DispatchError::Failed {
            fault,
            retry_after_ms,
        } => callers_own(&fault).unwrap_or(EngineError::AllFailed {
            attempts,
            retry_after_ms,
        }),
        DispatchError::Truncated { .. } => EngineError::AllFailed {
            attempts,
            retry_after_ms: None,
        },
        DispatchError::Deadline | DispatchError::Cancelled => EngineError::Deadline,
    }
}

/// A fault of the caller's making is told as such, in the upstream's words.
fn callers_own(fault: &Fault) -> Option<EngineError> {
    matches!(
        fault.kind,
        FaultKind::InvalidRequest | FaultKind::ContextTooLong | FaultKind::ContentFilter
    )
    .then(|| EngineError::InvalidRequest {
        field: "chat".to_owned(),
        message: fault.message.clone(),
    })
}
