//! What happened -> events for those who watch. No prompt text, no key.

use super::api::{About, Event, EventKind, Words};
use crate::dispatch::Notice;
use crate::domain::{ArmId, Attempt, AttemptResult, Decision, Feedback, Outcome};
use crate::learn::{Change, Direction};
use std::sync::Arc;

type Details = Vec<(&'static str, String)>;

fn event(
    at_ms: u64,
    kind: EventKind,
    subject: &dyn ToString,
    message: String,
    details: Details,
) -> Event {
    let about = About::Words(words(subject, message, details));
    Event { at_ms, kind, about }
}

fn words(subject: &dyn ToString, message: String, details: Details) -> Words {
    Words {
        subject: subject.to_string(),
        message,
        details,
    }
}

/// An arm was chosen.
pub(crate) fn decided(decision: &Arc<Decision>) -> Event {
    Event {
        at_ms: decision.id.at_ms(),
        kind: EventKind::Decided,
        about: About::Decision(Arc::clone(decision)),
    }
}

pub(super) fn words_of_decision(decision: &Decision) -> Words {
    let ranking = &decision.ranking;
    let mut details = vec![
        ("arm", ranking.chosen.to_string()),
        ("propensity", format!("{:.4}", ranking.propensity)),
        ("policy", decision.policy.clone()),
        ("strategy", decision.strategy.clone()),
    ];
    details.extend(ranking.class.map(|class| ("class", class.to_string())));
    details.extend(decision.tenant.clone().map(|tenant| ("tenant", tenant)));
    let message = format!("chose {}", ranking.chosen);
    words(&decision.id, message, details)
}

/// A request ended.
pub(crate) fn ended(at_ms: u64, outcome: &Outcome) -> Event {
    Event {
        at_ms,
        kind: EventKind::Ended,
        about: About::Outcome(Arc::new(outcome.clone())),
    }
}

pub(super) fn words_of_outcome(outcome: &Outcome) -> Words {
    let mut details = vec![
        ("status", outcome.status.as_str().to_owned()),
        ("attempts", outcome.attempts.len().to_string()),
        ("latency_ms", format!("{:.1}", outcome.latency_ms)),
    ];
    details.extend(
        outcome
            .served_by
            .as_ref()
            .map(|arm| ("arm", arm.to_string())),
    );
    details.extend(
        outcome
            .cost_usd()
            .map(|cost| ("cost_usd", format!("{cost:.6}"))),
    );
    let message = format!("ended: {}", outcome.status.as_str());
    words(&outcome.decision, message, details)
}

/// Failed attempts of a request, and each switch to another arm.
pub(crate) fn failures(at_ms: u64, outcome: &Outcome) -> Vec<Event> {
    let mut events = Vec::new();
    for (position, attempt) in outcome.attempts.iter().enumerate() {
        let AttemptResult::Failed(fault) = &attempt.result else {
            continue;
        };
        let mut details = vec![
            ("arm", attempt.arm.to_string()),
            ("reason", fault.kind.as_str().to_owned()),
        ];
        details.extend(
            attempt
                .deployment
                .as_ref()
                .map(|d| ("deployment", d.to_string())),
        );
        events.push(event(
            at_ms,
            EventKind::AttemptFailed,
            &outcome.decision,
            fault.message.clone(),
            details,
        ));
        events.extend(next_arm(outcome, position, attempt).map(|to| {
            let details = vec![
                ("from", attempt.arm.to_string()),
                ("to", to.to_string()),
                ("reason", fault.kind.as_str().to_owned()),
            ];
            let message = format!("{} took over from {}", to, attempt.arm);
            event(
                at_ms,
                EventKind::Switched,
                &outcome.decision,
                message,
                details,
            )
        }));
    }
    events
}

fn next_arm<'a>(outcome: &'a Outcome, position: usize, attempt: &Attempt) -> Option<&'a ArmId> {
    let next = &outcome.attempts.get(position + 1)?.arm;
    (*next != attempt.arm).then_some(next)
}

/// A judgement arrived.
pub(crate) fn feedback(at_ms: u64, decision: &Decision, feedback: &Feedback) -> Event {
    let arm = feedback.arm.as_ref().unwrap_or(&decision.ranking.chosen);
    let mut details = vec![("arm", arm.to_string())];
    details.extend(
        feedback
            .quality
            .map(|quality| ("quality", format!("{quality:.3}"))),
    );
    details.extend(
        decision
            .ranking
            .class
            .map(|class| ("class", class.to_string())),
    );
    event(
        at_ms,
        EventKind::Feedback,
        &decision.id,
        "judged".to_owned(),
        details,
    )
}

/// What is known changed notably.
pub(crate) fn learned(at_ms: u64, change: &Change) -> Event {
    let (subject, message) = match change {
        Change::ArmJoined { arm } => (arm.to_string(), "a new arm".to_owned()),
        Change::ArmLeft { arm } => (
            arm.to_string(),
            "the arm left; what is known of it is kept".to_owned(),
        ),
        Change::ClassFounded { class } => (class.to_string(), "a new class of prompts".to_owned()),
        Change::ClassMerged { kept, gone } => (kept.to_string(), format!("took in class {gone}")),
        Change::Drift { arm, direction } => {
            let message = match direction {
                Direction::Better => "its quality became better",
                Direction::Worse => "its quality became worse; it is tried again now and then",
            };
            (arm.to_string(), message.to_owned())
        }
    };
    event(at_ms, EventKind::Learned, &subject, message, Vec::new())
}

/// An operator changed something.
pub(crate) fn operator(at_ms: u64, subject: &dyn ToString, message: String) -> Event {
    event(at_ms, EventKind::Operator, subject, message, Vec::new())
}

/// What the dispatcher noticed; attempts and switches are told with the outcome of their request.
pub(crate) fn of_notice(at_ms: u64, notice: &Notice) -> Option<Event> {
    let (deployment, message) = match notice {
        Notice::Tripped {
            deployment,
            reason,
            wait,
        } => (
            deployment,
            format!("breaker open ({reason:?}) for {:.1} s", wait.as_secs_f64()),
        ),
        Notice::Recovered { deployment } => (deployment, "breaker closed: recovered".to_owned()),
        Notice::Throttled { deployment, wait } => (
            deployment,
            format!("throttled by the upstream for {:.1} s", wait.as_secs_f64()),
        ),
        Notice::LimitReached { deployment, what } => {
            (deployment, format!("our limit of {what} is reached"))
        }
        Notice::Checked {
            deployment,
            fault: Some(fault),
        } => (deployment, format!("health check failed: {fault}")),
        Notice::Checked {
            deployment,
            fault: None,
        } => (deployment, "health check passed".to_owned()),
        Notice::AttemptFailed { .. } | Notice::Switched { .. } => return None,
    };
    Some(event(
        at_ms,
        EventKind::Health,
        deployment,
        message,
        Vec::new(),
    ))
}
