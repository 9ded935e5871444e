//! From what went wrong to an HTTP status and OpenAI's error object. No wildcard over the engine's
//! errors: a new one must decide here.
//!
//! `x-should-retry` tells OpenAI's client libraries: we have retried and fallen back already, so a
//! second round of theirs would only multiply calls, unless somebody said when to come back.

use super::bad::Bad;
use crate::domain::{Attempt, AttemptResult, Blame, FaultKind};
use crate::engine::api::EngineError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

/// Why there is no answer, in HTTP's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Status.
    pub status: StatusCode,
    /// OpenAI's `type`.
    pub kind: &'static str,
    /// OpenAI's `code`.
    pub code: &'static str,
    /// Plain words.
    pub message: Box<str>,
    /// The field at fault.
    pub param: Option<Box<str>>,
    /// When to come back, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The failed attempts: arm, kind of fault, words.
    pub attempts: Box<[(String, &'static str, String)]>,
}

impl Refusal {
    fn new(
        status: u16,
        kind: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            kind,
            code,
            message: message.into().into_boxed_str(),
            param: None,
            retry_after_ms: None,
            attempts: Box::default(),
        }
    }

    /// No key, or a wrong one.
    pub fn key(message: &str) -> Self {
        Self::new(401, "authentication_error", "invalid_api_key", message)
    }

    /// A key for callers on a page for operators.
    pub fn not_admin() -> Self {
        let message = "this key may not see the admin pages";
        Self::new(403, "permission_error", "not_admin", message)
    }

    /// Too many requests in work.
    pub fn busy() -> Self {
        let message = "too many requests in work; try again in a second";
        Self {
            retry_after_ms: Some(1000),
            ..Self::new(503, "server_error", "busy", message)
        }
    }

    /// No such page.
    pub fn not_found(message: &str) -> Self {
        Self::new(404, "invalid_request_error", "not_found", message)
    }

    /// The body is no JSON.
    pub fn not_json(error: &serde_json::Error) -> Self {
        let message = format!("the body is not JSON: {error}");
        Self::new(400, "invalid_request_error", "invalid_json", message)
    }

    /// The error object.
    pub fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        });
        if !self.attempts.is_empty() {
            let attempts = self.attempts.iter().map(
                |(arm, fault, message)| json!({ "arm": arm, "fault": fault, "message": message }),
            );
            error["attempts"] = attempts.collect();
        }
        json!({ "error": error })
    }
}

impl From<Bad> for Refusal {
    fn from(bad: Bad) -> Self {
        Self {
            param: Some(bad.param.as_str().into()),
            ..Self::new(
                400,
                "invalid_request_error",
                "invalid_value",
                bad.to_string(),
            )
        }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        let words = error.to_string();
        let caller = "invalid_request_error";
        match error {
            EngineError::InvalidRequest { field, .. } => Self {
                param: Some(field.into()),
                ..Self::new(400, caller, "invalid_value", words)
            },
            EngineError::UnknownArm { .. } | EngineError::UnknownModel { .. } => Self {
                param: Some("model".into()),
                ..Self::new(404, caller, "model_not_found", words)
            },
            EngineError::UnknownProvider { .. }
            | EngineError::UnknownDeployment { .. }
            | EngineError::UnknownClass { .. }
            | EngineError::UnknownDecision { .. } => Self::new(404, caller, "not_found", words),
            EngineError::UnknownPolicy { .. } => Self::new(400, caller, "unknown_policy", words),
            EngineError::NoEligibleArm { .. } => Self::new(400, caller, "no_eligible_arm", words),
            // Not 429: client libraries would try again, and waiting does not help.
            EngineError::BudgetExceeded { .. } => {
                Self::new(402, "insufficient_quota", "budget_exceeded", words)
            }
            EngineError::LimitReached { retry_after_ms, .. } => Self {
                retry_after_ms: retry_after_ms.or(Some(1000)),
                ..Self::new(429, "rate_limit_error", "rate_limit_exceeded", words)
            },
            EngineError::AllFailed {
                attempts,
                retry_after_ms,
            } => Self::all_failed(&attempts, retry_after_ms, words),
            EngineError::Deadline => Self::new(504, "timeout_error", "deadline", words),
            EngineError::Draining => Self {
                retry_after_ms: Some(1000),
                ..Self::new(503, "server_error", "draining", words)
            },
            EngineError::MemoryConflict(_) => Self::new(409, caller, "memory_conflict", words),
            EngineError::Memory(_) => Self::new(503, "server_error", "memory", words),
            EngineError::Internal(words) => {
                tracing::error!(error = %words, "internal error");
                Self::new(
                    500,
                    "server_error",
                    "internal",
                    "an internal error; see the log",
                )
            }
        }
    }
}

impl Refusal {
    fn all_failed(attempts: &[Attempt], retry_after_ms: Option<u64>, words: String) -> Self {
        let (status, kind, code) = verdict(attempts);
        Self {
            retry_after_ms: retry_after_ms.filter(|_| status == 503),
            attempts: attempts.iter().filter_map(failure).collect(),
            ..Self::new(status, kind, code, words)
        }
    }
}

fn failure(attempt: &Attempt) -> Option<(String, &'static str, String)> {
    match &attempt.result {
        AttemptResult::Failed(fault) => {
            let arm = attempt.arm.to_string();
            Some((arm, fault.kind.as_str(), fault.message.clone()))
        }
        AttemptResult::Completed | AttemptResult::Cancelled => None,
    }
}

/// The last failure decides where it is the caller's or a deadline; else any unwell upstream makes
/// it worth trying again; else it is our account. The same rule as for gRPC.
fn verdict(attempts: &[Attempt]) -> (u16, &'static str, &'static str) {
    let kinds: Vec<FaultKind> = attempts
        .iter()
        .filter_map(|attempt| match &attempt.result {
            AttemptResult::Failed(fault) => Some(fault.kind),
            AttemptResult::Completed | AttemptResult::Cancelled => None,
        })
        .collect();
    let caller = "invalid_request_error";
    match kinds.last() {
        Some(FaultKind::ContextTooLong) => return (400, caller, "context_length_exceeded"),
        Some(FaultKind::ContentFilter) => return (400, caller, "content_filter"),
        Some(FaultKind::InvalidRequest) => return (400, caller, "rejected_by_provider"),
        Some(FaultKind::Deadline) => return (504, "timeout_error", "deadline"),
        _ => {}
    }
    let any = |blame| kinds.iter().any(|kind| kind.blame() == blame);
    if any(Blame::Upstream) {
        (503, "server_error", "all_failed")
    } else if any(Blame::Router) {
        (500, "server_error", "internal")
    } else if any(Blame::Account) && !any(Blame::Nobody) {
        (502, "server_error", "provider_credentials")
    } else {
        (503, "server_error", "all_failed")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let retry = self.retry_after_ms.is_some();
        let mut response = Response::builder()
            .status(self.status)
            .header("content-type", "application/json")
            .header("x-should-retry", if retry { "true" } else { "false" });
        if let Some(ms) = self.retry_after_ms {
            response = response
                .header("retry-after", ms.div_ceil(1000))
                .header("retry-after-ms", ms);
        }
        response
            .body(Body::from(self.body().to_string()))
            .unwrap_or_default()
    }
}
