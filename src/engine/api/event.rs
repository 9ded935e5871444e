//! Events that operators watch.

/// Something that happened. Carries no prompt text and no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unix milliseconds.
    pub at_ms: u64,
    /// Kind.
    pub kind: EventKind,
    /// What it is about: a decision, deployment, class or arm.
    pub subject: String,
    /// Plain words.
    pub message: String,
    /// Details by name, such as `arm`, `class`, `from`, `to`, `reason`, `cost_usd`.
    pub details: Vec<(&'static str, String)>,
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
