//! Why the engine refused or failed. Says what, whose fault, and what to do; the faces translate.

use crate::domain::{Attempt, DecisionId, Exclusion};

/// Why a call of the engine has no answer. A new variant must decide its status in
/// `service::status` and its HTTP code in `http`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The request cannot be served as it is.
    #[error("{field}: {message}")]
    InvalidRequest {
        /// Path of the field as on the wire, such as `routing.weights`.
        field: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// No arm of that name.
    #[error("there is no arm {name:?}{}", near_text(near))]
    UnknownArm {
        /// As asked.
        name: String,
        /// Names near it.
        near: Vec<String>,
    },
    /// No model or alias of that name.
    #[error("there is no model or alias {name:?}{}", near_text(near))]
    UnknownModel {
        /// As asked.
        name: String,
        /// Names near it.
        near: Vec<String>,
    },
    /// No provider of that name.
    #[error("there is no provider {name:?}{}", near_text(near))]
    UnknownProvider {
        /// As asked.
        name: String,
        /// Names near it.
        near: Vec<String>,
    },
    /// No deployment of that name.
    #[error("there is no deployment {name:?}{}", near_text(near))]
    UnknownDeployment {
        /// As asked.
        name: String,
        /// Names near it.
        near: Vec<String>,
    },
    /// No policy or strategy of that name.
    #[error("there is no policy or strategy {name:?}{}", near_text(near))]
    UnknownPolicy {
        /// As asked.
        name: String,
        /// Names near it.
        near: Vec<String>,
    },
    /// No class of that id.
    #[error("there is no class {name:?}; `pointsman classes` lists them")]
    UnknownClass {
        /// As asked.
        name: String,
    },
    /// No decision of that id: never made here, or past its retention.
    #[error("there is no decision {id}: it was not made here, or its retention has passed")]
    UnknownDecision {
        /// As asked.
        id: DecisionId,
    },
    /// Every arm was left out.
    #[error("no arm is eligible for this request{}", exclusions_text(exclusions))]
    NoEligibleArm {
        /// Why, arm by arm.
        exclusions: Vec<Exclusion>,
    },
    /// A budget of money is used up. Waiting does not help before it resets.
    #[error("budget {budget:?} is used up: {spent_usd:.4} of {limit_usd:.4} US dollars")]
    BudgetExceeded {
        /// Which budget.
        budget: String,
        /// Spent in US dollars.
        spent_usd: f64,
        /// Limit in US dollars.
        limit_usd: f64,
        /// When it resets, in milliseconds from now; `None` = never by itself.
        resets_after_ms: Option<u64>,
    },
    /// One of our own limits is reached; it passes with time.
    #[error("limit {limit:?} is reached{}", retry_text(*retry_after_ms))]
    LimitReached {
        /// Which limit.
        limit: String,
        /// When to try again, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// Every attempt failed.
    #[error("every attempt failed{}", attempts_text(attempts))]
    AllFailed {
        /// The attempts in order.
        attempts: Vec<Attempt>,
        /// When to try again, in milliseconds, where an upstream or a breaker said so.
        retry_after_ms: Option<u64>,
    },
    /// The request's deadline passed.
    #[error("the deadline passed")]
    Deadline,
    /// The server is going down.
    #[error("the server is shutting down; try another one")]
    Draining,
    /// What the memory holds does not go with what is asked; says what to do first.
    #[error("{0}")]
    MemoryConflict(String),
    /// The memory failed, in its own words.
    #[error("memory: {0}")]
    Memory(String),
    /// A defect of ours; the words are for the log, not for the caller.
    #[error("internal: {0}")]
    Internal(String),
}

fn near_text(near: &[String]) -> String {
    match near {
        [] => String::new(),
        [one] => format!("; did you mean {one:?}?"),
        many => format!("; near it: {}", many.join(", ")),
    }
}

fn exclusions_text(exclusions: &[Exclusion]) -> String {
    let listed: Vec<String> = exclusions
        .iter()
        .take(8)
        .map(|exclusion| format!("{}: {}", exclusion.arm, exclusion.reason))
        .collect();
    if listed.is_empty() {
        return String::new();
    }
    let more = exclusions.len().saturating_sub(listed.len());
    let tail = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!(" ({}{tail})", listed.join("; "))
}

fn attempts_text(attempts: &[Attempt]) -> String {
    let listed: Vec<String> = attempts.iter().take(8).filter_map(failure).collect();
    if listed.is_empty() {
        String::new()
    } else {
        format!(" ({})", listed.join("; "))
    }
}

fn failure(attempt: &Attempt) -> Option<String> {
    match &attempt.result {
        crate::domain::AttemptResult::Failed(fault) => Some(format!("{}: {fault}", attempt.arm)),
        crate::domain::AttemptResult::Completed | crate::domain::AttemptResult::Cancelled => None,
    }
}

fn retry_text(retry_after_ms: Option<u64>) -> String {
    retry_after_ms.map_or_else(String::new, |ms| {
        format!("; try again in {:.1} s", ms as f64 / 1000.0)
    })
}
