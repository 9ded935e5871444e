//! The one table from what went wrong to a gRPC status with google.rpc details.
//!
//! Reasons are a closed set whose prefix says whose fault it is: `CALLER_`, `POLICY_`, `PROVIDER_`
//! or `OWN_`. Texts are bounded: trailers have to fit in a few kilobytes.

use crate::{
    domain::{Attempt, AttemptResult, Blame, Fault, FaultKind},
    engine::api::EngineError,
};
use std::{collections::HashMap, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// `ErrorInfo.domain` of all our errors.
pub const DOMAIN: &str = "pointsman";
/// Characters of a message at most.
const MESSAGE_CHARS: usize = 1024;
/// Characters of a detail at most.
const DETAIL_CHARS: usize = 256;

/// The reason as in `ErrorInfo`.
#[must_use]
pub fn reason(error: &EngineError) -> &'static str {
    match error {
        EngineError::InvalidRequest { .. } => "CALLER_INVALID_REQUEST",
        EngineError::UnknownArm { .. } => "CALLER_UNKNOWN_ARM",
        EngineError::UnknownModel { .. } => "CALLER_UNKNOWN_MODEL",
        EngineError::UnknownProvider { .. } => "CALLER_UNKNOWN_PROVIDER",
        EngineError::UnknownDeployment { .. } => "CALLER_UNKNOWN_DEPLOYMENT",
        EngineError::UnknownPolicy { .. } => "CALLER_UNKNOWN_POLICY",
        EngineError::UnknownClass { .. } => "CALLER_UNKNOWN_CLASS",
        EngineError::UnknownDecision { .. } => "CALLER_UNKNOWN_DECISION",
        EngineError::NoEligibleArm { .. } => "POLICY_NO_ELIGIBLE_ARM",
        EngineError::BudgetExceeded { .. } => "POLICY_BUDGET_EXCEEDED",
        EngineError::LimitReached { .. } => "POLICY_LIMIT_REACHED",
        EngineError::AllFailed { attempts, .. } => verdict(attempts).reason(),
        EngineError::Deadline => "CALLER_DEADLINE_PASSED",
        EngineError::Draining => "OWN_DRAINING",
        EngineError::MemoryConflict(_) => "CALLER_MEMORY_CONFLICT",
        EngineError::Memory(_) => "OWN_MEMORY",
        EngineError::Internal(_) => "OWN_INTERNAL",
    }
}

fn code(error: &EngineError) -> Code {
    match error {
        EngineError::InvalidRequest { .. } => Code::InvalidArgument,
        EngineError::UnknownArm { .. }
        | EngineError::UnknownModel { .. }
        | EngineError::UnknownProvider { .. }
        | EngineError::UnknownDeployment { .. }
        | EngineError::UnknownPolicy { .. }
        | EngineError::UnknownClass { .. }
        | EngineError::UnknownDecision { .. } => Code::NotFound,
        EngineError::NoEligibleArm { .. }
        | EngineError::BudgetExceeded { .. }
        | EngineError::MemoryConflict(_) => Code::FailedPrecondition,
        EngineError::LimitReached { .. } => Code::ResourceExhausted,
        EngineError::AllFailed { attempts, .. } => verdict(attempts).code(),
        EngineError::Deadline => Code::DeadlineExceeded,
        EngineError::Draining => Code::Unavailable,
        EngineError::Memory(_) => Code::Unavailable,
        EngineError::Internal(_) => Code::Internal,
    }
}

/// What failed attempts mean together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// An upstream was unwell; trying again may help.
    Unavailable,
    /// Our keys or credit: somebody has to act.
    Account,
    /// The request itself.
    Rejected,
    /// More tokens than the models take.
    TooLong,
    /// The vendors refused the content.
    Filtered,
    /// Time ran out.
    Deadline,
    /// A defect of ours.
    Defect,
}

impl Verdict {
    fn reason(self) -> &'static str {
        match self {
            Self::Unavailable => "PROVIDER_ALL_FAILED",
            Self::Account => "PROVIDER_CREDENTIALS",
            Self::Rejected => "CALLER_REJECTED_BY_PROVIDER",
            Self::TooLong => "CALLER_CONTEXT_TOO_LONG",
            Self::Filtered => "CALLER_CONTENT_FILTERED",
            Self::Deadline => "CALLER_DEADLINE_PASSED",
            Self::Defect => "OWN_INTERNAL",
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Unavailable => Code::Unavailable,
            Self::Account => Code::FailedPrecondition,
            Self::Rejected | Self::TooLong | Self::Filtered => Code::InvalidArgument,
            Self::Deadline => Code::DeadlineExceeded,
            Self::Defect => Code::Internal,
        }
    }
}

/// The last failure decides where it is the caller's or a deadline; else any unwell upstream makes
/// it worth trying again; else it is our account, or we held back ourselves.
fn verdict(attempts: &[Attempt]) -> Verdict {
    let kinds: Vec<FaultKind> = attempts.iter().filter_map(fault).map(|f| f.kind).collect();
    match kinds.last() {
        Some(FaultKind::ContextTooLong) => return Verdict::TooLong,
        Some(FaultKind::ContentFilter) => return Verdict::Filtered,
        Some(FaultKind::InvalidRequest) => return Verdict::Rejected,
        Some(FaultKind::Deadline) => return Verdict::Deadline,
        _ => {}
    }
    let any = |blame| kinds.iter().any(|kind| kind.blame() == blame);
    if any(Blame::Upstream) {
        Verdict::Unavailable
    } else if any(Blame::Router) {
        Verdict::Defect
    } else if any(Blame::Account) && !any(Blame::Nobody) {
        Verdict::Account
    } else {
        Verdict::Unavailable
    }
}

fn fault(attempt: &Attempt) -> Option<&Fault> {
    match &attempt.result {
        AttemptResult::Failed(fault) => Some(fault),
        AttemptResult::Completed | AttemptResult::Cancelled => None,
    }
}

/// The status of an engine's error. Words of a defect go to the log, not to the caller.
#[must_use]
pub fn of(error: EngineError) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason(&error), DOMAIN, metadata(&error));
    add_details(&mut details, &error);
    Status::with_error_details(code(&error), message(&error), details)
}

fn message(error: &EngineError) -> String {
    if let EngineError::Internal(words) = error {
        tracing::error!(error = %words, "internal error");
        return "internal error; the server's log says more".to_owned();
    }
    let words = short(&error.to_string(), MESSAGE_CHARS);
    match error {
        EngineError::AllFailed {
            attempts,
            retry_after_ms: Some(ms),
        } if verdict(attempts) == Verdict::Unavailable => {
            format!("{words}; try again in {:.1} s", *ms as f64 / 1000.0)
        }
        _ => words,
    }
}

fn add_details(details: &mut ErrorDetails, error: &EngineError) {
    match error {
        EngineError::InvalidRequest { field, message } => {
            details.add_bad_request_violation(field, short(message, DETAIL_CHARS));
        }
        EngineError::UnknownArm { name, .. } => resource(details, "arm", name),
        EngineError::UnknownModel { name, .. } => resource(details, "model", name),
        EngineError::UnknownProvider { name, .. } => resource(details, "provider", name),
        EngineError::UnknownDeployment { name, .. } => resource(details, "deployment", name),
        EngineError::UnknownPolicy { name, .. } => resource(details, "policy", name),
        EngineError::UnknownClass { name } => resource(details, "class", name),
        EngineError::UnknownDecision { id } => resource(details, "decision", &id.to_string()),
        EngineError::BudgetExceeded { budget, .. } => {
            let words = short(&error.to_string(), DETAIL_CHARS);
            details.add_quota_failure_violation(format!("budget:{budget}"), words);
        }
        EngineError::LimitReached {
            limit,
            retry_after_ms,
        } => {
            let words = short(&error.to_string(), DETAIL_CHARS);
            details.add_quota_failure_violation(format!("limit:{limit}"), words);
            retry(details, *retry_after_ms);
        }
        EngineError::AllFailed {
            attempts,
            retry_after_ms,
        } => {
            if verdict(attempts) == Verdict::Unavailable {
                retry(details, *retry_after_ms);
            }
        }
        EngineError::Draining => retry(details, Some(1000)),
        EngineError::NoEligibleArm { .. }
        | EngineError::Deadline
        | EngineError::MemoryConflict(_)
        | EngineError::Memory(_)
        | EngineError::Internal(_) => {}
    }
}

fn resource(details: &mut ErrorDetails, kind: &str, name: &str) {
    details.set_resource_info(kind, short(name, DETAIL_CHARS), "", "");
}

fn retry(details: &mut ErrorDetails, after_ms: Option<u64>) {
    details.set_retry_info(Some(Duration::from_millis(after_ms.unwrap_or(1000))));
}

fn metadata(error: &EngineError) -> HashMap<String, String> {
    let mut metadata = HashMap::new();
    let mut put = |name: &str, value: String| {
        metadata.insert(name.to_owned(), short(&value, DETAIL_CHARS));
    };
    match error {
        EngineError::AllFailed { attempts, .. } => {
            put("attempts", attempts.len().to_string());
            if let Some((attempt, fault)) = attempts.iter().rev().find_map(|a| Some((a, fault(a)?)))
            {
                put("arm", attempt.arm.to_string());
                put("fault", fault.kind.as_str().to_owned());
                if let Some(status) = fault.status {
                    put("upstream_status", status.to_string());
                }
            }
        }
        EngineError::BudgetExceeded {
            resets_after_ms: Some(ms),
            ..
        } => put("resets_after_ms", ms.to_string()),
        EngineError::UnknownArm { near, .. }
        | EngineError::UnknownModel { near, .. }
        | EngineError::UnknownProvider { near, .. }
        | EngineError::UnknownDeployment { near, .. }
        | EngineError::UnknownPolicy { near, .. }
            if !near.is_empty() =>
        {
            put("near", near.join(", "));
        }
        _ => {}
    }
    metadata
}

/// INVALID_ARGUMENT with one violation a field.
#[must_use]
pub fn invalid(violations: Vec<(String, String)>) -> Status {
    let words = violations
        .iter()
        .map(|(field, what)| format!("{field} {what}"))
        .collect::<Vec<_>>()
        .join("; ");
    let fields: Vec<FieldViolation> = violations
        .into_iter()
        .map(|(field, what)| FieldViolation::new(field, short(&what, DETAIL_CHARS)))
        .collect();
    let mut details = ErrorDetails::with_bad_request(fields);
    details.set_error_info("CALLER_INVALID_REQUEST", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, short(&words, MESSAGE_CHARS), details)
}

/// A status with a reason and nothing else.
#[must_use]
pub fn plain(code: Code, reason: &str, message: impl Into<String>) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
}

fn short(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests;
