//! Every error's status, and that trailers stay small.

use super::*;
use crate::domain::{ArmId, DecisionId, Exclusion, Usage};
use std::fmt::Write;

fn failed(kind: FaultKind) -> Attempt {
    Attempt {
        arm: ArmId::from("a/b"),
        deployment: None,
        started_at_ms: 0,
        first_token_ms: None,
        latency_ms: 1.0,
        result: AttemptResult::Failed(Fault::new(kind, "said no")),
        usage: Usage::default(),
        cost_usd: None,
    }
}

fn all_failed(kinds: &[FaultKind]) -> EngineError {
    EngineError::AllFailed {
        attempts: kinds.iter().copied().map(failed).collect(),
        retry_after_ms: Some(1500),
    }
}

fn errors() -> Vec<EngineError> {
    use FaultKind as K;
    let unknown = || ("gpt5".to_owned(), vec!["openai/gpt-5".to_owned()]);
    vec![
        EngineError::InvalidRequest {
            field: "routing.allow".into(),
            message: "leaves no arm".into(),
        },
        {
            let (name, near) = unknown();
            EngineError::UnknownArm { name, near }
        },
        {
            let (name, near) = unknown();
            EngineError::UnknownModel { name, near }
        },
        EngineError::UnknownDecision { id: DecisionId(7) },
        EngineError::NoEligibleArm {
            exclusions: vec![Exclusion {
                arm: "a/b".into(),
                reason: "does not take images".into(),
            }],
        },
        EngineError::BudgetExceeded {
            budget: "tenant:blue".into(),
            spent_usd: 5.0,
            limit_usd: 5.0,
            resets_after_ms: None,
        },
        EngineError::LimitReached {
            limit: "requests".into(),
            retry_after_ms: Some(500),
        },
        all_failed(&[K::ServerError, K::RateLimited]),
        all_failed(&[K::Credentials, K::QuotaExhausted]),
        all_failed(&[K::Credentials, K::Overloaded]),
        all_failed(&[K::BreakerOpen]),
        all_failed(&[K::ServerError, K::InvalidRequest]),
        all_failed(&[K::ContextTooLong]),
        all_failed(&[K::ContentFilter]),
        all_failed(&[K::ServerError, K::Deadline]),
        all_failed(&[]),
        EngineError::Deadline,
        EngineError::Draining,
        EngineError::MemoryConflict("import with mode merge".into()),
        EngineError::Memory("the disk is full".into()),
        EngineError::Internal("secret words".into()),
    ]
}

#[test]
fn every_error_has_its_status() {
    let mut table = String::new();
    for error in errors() {
        let reason = reason(&error);
        let status = of(error);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, reason);
        let retry = details.retry_info().and_then(|retry| retry.retry_delay);
        let retry = retry.map_or_else(|| "-".to_owned(), |wait| format!("{wait:?}"));
        writeln!(
            table,
            "{:?} {reason} {retry} | {}",
            status.code(),
            status.message()
        )
        .unwrap();
    }
    insta::assert_snapshot!(table, @r#"
InvalidArgument CALLER_INVALID_REQUEST - | routing.allow: leaves no arm
NotFound CALLER_UNKNOWN_ARM - | there is no arm "gpt5"; did you mean "openai/gpt-5"?
NotFound CALLER_UNKNOWN_MODEL - | there is no model or alias "gpt5"; did you mean "openai/gpt-5"?
NotFound CALLER_UNKNOWN_DECISION - | there is no decision 00000000000000000000000007: it was not made here, or its retention has passed
FailedPrecondition POLICY_NO_ELIGIBLE_ARM - | no arm is eligible for this request (a/b: does not take images)
FailedPrecondition POLICY_BUDGET_EXCEEDED - | budget "tenant:blue" is used up: 5.0000 of 5.0000 US dollars
ResourceExhausted POLICY_LIMIT_REACHED 500ms | limit "requests" is reached; try again in 0.5 s
Unavailable PROVIDER_ALL_FAILED 1.5s | every attempt failed (a/b: said no; a/b: said no); try again in 1.5 s
FailedPrecondition PROVIDER_CREDENTIALS - | every attempt failed (a/b: said no; a/b: said no)
Unavailable PROVIDER_ALL_FAILED 1.5s | every attempt failed (a/b: said no; a/b: said no); try again in 1.5 s
Unavailable PROVIDER_ALL_FAILED 1.5s | every attempt failed (a/b: said no); try again in 1.5 s
InvalidArgument CALLER_REJECTED_BY_PROVIDER - | every attempt failed (a/b: said no; a/b: said no)
InvalidArgument CALLER_CONTEXT_TOO_LONG - | every attempt failed (a/b: said no)
InvalidArgument CALLER_CONTENT_FILTERED - | every attempt failed (a/b: said no)
DeadlineExceeded CALLER_DEADLINE_PASSED - | every attempt failed (a/b: said no; a/b: said no)
Unavailable PROVIDER_ALL_FAILED 1.5s | every attempt failed; try again in 1.5 s
DeadlineExceeded CALLER_DEADLINE_PASSED - | the deadline passed
Unavailable OWN_DRAINING 1s | the server is shutting down; try another one
FailedPrecondition CALLER_MEMORY_CONFLICT - | import with mode merge
Unavailable OWN_MEMORY - | memory: the disk is full
Internal OWN_INTERNAL - | internal error; the server's log says more
"#);
}

#[test]
fn a_limit_and_a_budget_can_be_told_apart() {
    let subject = |error: EngineError| {
        let details = of(error).get_error_details();
        let quota = details.quota_failure().unwrap().violations[0].clone();
        (quota.subject, details.retry_info().is_some())
    };
    let limit = EngineError::LimitReached {
        limit: "tenants.blue.requests_per_minute".into(),
        retry_after_ms: Some(9000),
    };
    let budget = EngineError::BudgetExceeded {
        budget: "tenants.blue.budgets[0]".into(),
        spent_usd: 1.0,
        limit_usd: 1.0,
        resets_after_ms: Some(9000),
    };
    let named = "limit:tenants.blue.requests_per_minute".to_owned();
    assert_eq!(subject(limit), (named, true));
    let named = "budget:tenants.blue.budgets[0]".to_owned();
    assert_eq!(subject(budget), (named, false), "waiting does not help");
}

#[test]
fn trailers_stay_small() {
    let exclusions = (0..1000).map(|i| Exclusion {
        arm: format!("provider/model-{i}").as_str().into(),
        reason: "x".repeat(1000),
    });
    let status = of(EngineError::NoEligibleArm {
        exclusions: exclusions.collect(),
    });
    assert!(status.message().len() + status.details().len() < 4000);
    let violations = (0..16).map(|i| (format!("f[{i}]"), "y".repeat(5000)));
    let status = invalid(violations.collect());
    assert!(status.message().len() + status.details().len() < 8000);
}
