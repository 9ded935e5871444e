//! Events of a streamed answer, and events that operators watch: engine -> wire.

use super::{
    decision::to_decision,
    outcome::{to_attempt, to_extra, to_fault, to_outcome, to_stop, to_usage},
};
use crate::{
    domain::Delta,
    engine::api::{EngineError, Event, EventKind, RouteEvent},
    proto::{self, route_stream_response::Event as Wire},
    service::status,
};
use tonic::Status;

/// One engine event as messages, and the status that ends the call where it failed.
#[derive(Debug, Default)]
pub struct Told {
    /// The messages in order, at most two.
    pub messages: Vec<proto::RouteStreamResponse>,
    /// Nothing follows.
    pub terminal: bool,
    /// The status that ends a failed call.
    pub status: Option<Box<Status>>,
}

impl Told {
    fn one(event: Wire) -> Self {
        Self {
            messages: vec![message(event)],
            ..Self::default()
        }
    }

    /// The end of a stream that failed: the terminal event and the status after it.
    #[must_use]
    pub fn failed(error: EngineError, outcome: Option<crate::domain::Outcome>) -> Self {
        let reason = status::reason(&error).to_owned();
        let status = status::of(error);
        let failed = proto::Failed {
            code: status.code().into(),
            message: status.message().to_owned(),
            reason,
            outcome: outcome.map(to_outcome),
        };
        Self {
            messages: vec![message(Wire::Failed(failed))],
            terminal: true,
            status: Some(Box::new(status)),
        }
    }
}

/// Translates one event.
#[must_use]
pub fn to_told(event: RouteEvent) -> Told {
    match event {
        RouteEvent::Decision(decision) => Told::one(Wire::Decision(to_decision(&decision))),
        RouteEvent::AttemptFailed(attempt) => {
            Told::one(Wire::AttemptFailed(proto::AttemptFailed {
                attempt: Some(to_attempt(attempt)),
            }))
        }
        RouteEvent::Delta(delta) => to_delta(delta).map(Told::one).unwrap_or_default(),
        RouteEvent::Usage(usage) => Told::one(Wire::Usage(to_usage(usage))),
        RouteEvent::Restarted { from, to, fault } => Told::one(Wire::Restarted(proto::Restarted {
            from_arm: from.to_string(),
            to_arm: to.to_string(),
            fault: Some(to_fault(fault)),
        })),
        RouteEvent::Completed {
            stop,
            model,
            upstream_id,
            extra,
            outcome,
        } => Told {
            terminal: true,
            ..Told::one(Wire::Completed(proto::Completed {
                stop_reason: to_stop(stop).into(),
                model,
                outcome: Some(to_outcome(outcome)),
                upstream_id,
                extra_json: to_extra(&extra),
            }))
        },
        RouteEvent::Failed { error, outcome } => Told::failed(error, outcome),
    }
}

fn to_delta(delta: Delta) -> Option<Wire> {
    match delta {
        Delta::Text(text) => Some(Wire::TextDelta(proto::TextDelta { text })),
        Delta::Reasoning { text, signature } => Some(Wire::ReasoningDelta(proto::ReasoningDelta {
            text,
            signature,
        })),
        Delta::ToolCall {
            index,
            id,
            name,
            arguments,
            signature,
        } => Some(Wire::ToolCallDelta(proto::ToolCallDelta {
            index,
            id,
            name,
            arguments_json: arguments,
            signature,
        })),
        // The engine turns it into `Usage` and `Completed`.
        Delta::Done { .. } => None,
    }
}

fn message(event: Wire) -> proto::RouteStreamResponse {
    proto::RouteStreamResponse { event: Some(event) }
}

/// An event for those who watch.
#[must_use]
pub fn to_event(event: Event) -> proto::Event {
    let (at_ms, kind, words) = (event.at_ms, event.kind, event.words());
    proto::Event {
        at_ms,
        kind: to_kind(kind).into(),
        subject: words.subject,
        message: words.message,
        details: words
            .details
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

/// What a watcher who was too slow is told.
#[must_use]
pub fn lagged(missed: u64, at_ms: u64) -> proto::Event {
    proto::Event {
        at_ms,
        kind: proto::EventKind::Lagged.into(),
        subject: String::new(),
        message: format!("{missed} events were dropped: this watcher reads too slowly"),
        details: [("missed".to_owned(), missed.to_string())].into(),
    }
}

/// The kind for the wire.
#[must_use]
pub fn to_kind(kind: EventKind) -> proto::EventKind {
    match kind {
        EventKind::Decided => proto::EventKind::Decided,
        EventKind::Ended => proto::EventKind::Ended,
        EventKind::AttemptFailed => proto::EventKind::AttemptFailed,
        EventKind::Switched => proto::EventKind::Switched,
        EventKind::Health => proto::EventKind::Health,
        EventKind::Operator => proto::EventKind::Operator,
        EventKind::Feedback => proto::EventKind::Feedback,
        EventKind::Learned => proto::EventKind::Learned,
        EventKind::Memory => proto::EventKind::Memory,
    }
}
