//! Events that operators watch.

use crate::domain::{Decision, Outcome};
use std::sync::Arc;

/// Something that happened. Carries no key; what it says in words holds no prompt text.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unix milliseconds.
    pub at_ms: u64,
    /// Kind.
    pub kind: EventKind,
    /// What happened to what.
    pub about: About,
}

/// What an event is about. What happens to every request is told as it is: words are made for those
/// who read them ([`Event::words`]).
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// A decision was made.
    Decision(Arc<Decision>),
    /// A request ended.
    Outcome(Arc<Outcome>),
    /// Anything else, in words.
    Words(Words),
}

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What it is about: a decision, deployment, class or arm.
    pub subject: String,
    /// Plain words.
    pub message: String,
    /// Details by name, such as `arm`, `class`, `from`, `to`, `reason`, `cost_usd`.
    pub details: Vec<(&'static str, String)>,
}

impl Event {
    /// The event in words.
    #[must_use]
    pub fn words(self) -> Words {
        match self.about {
            About::Decision(decision) => crate::engine::events::words_of_decision(&decision),
            About::Outcome(outcome) => crate::engine::events::words_of_outcome(&outcome),
            About::Words(words) => words,
        }
    }
}

/// Kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An arm was chosen.
    Decided,
    /// A request ended.
    Ended,
    /// An upstream call failed.
    AttemptFailed,
    /// Another arm took over after a failure.
    Switched,
    /// A breaker or a health check changed its mind.
    Health,
    /// An operator changed something.
    Operator,
    /// A judgement arrived.
    Feedback,
    /// What is known changed notably: a new class, drift, a new arm.
    Learned,
    /// The memory: a damaged record, a snapshot, an import.
    Memory,
}
