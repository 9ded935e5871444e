//! What goes in and comes out of the engine's calls.

use super::EngineError;
use crate::domain::{
    ArmId, Attempt, ChatRequest, Completion, Decision, Delta, Fault, Outcome, Routing, Score,
    StopReason, Usage,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A checked request: what to ask, how to route it, and the caller's own id of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RouteRequest {
    /// What to ask.
    pub chat: ChatRequest,
    /// How to route it.
    pub routing: Routing,
    /// The caller's own id.
    pub request_id: Option<String>,
}

/// When a request must be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Deadline(pub Option<Instant>);

impl Deadline {
    /// None at all.
    pub const NONE: Self = Self(None);

    /// That long after `now`; a moment beyond what the clock can tell is none.
    #[must_use]
    pub fn after(now: Instant, wait: Duration) -> Self {
        Self(now.checked_add(wait))
    }

    /// What is left of it; `None` = no deadline, zero = passed.
    #[must_use]
    pub fn remaining(self, now: Instant) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(now))
    }
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// What was decided.
    pub decision: Arc<Decision>,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer.
    pub completion: Completion,
}

/// One event of a streamed request. `Decision` is first; `Completed` or `Failed` is last.
#[derive(Clone, Debug)]
pub enum RouteEvent {
    /// What was decided.
    Decision(Arc<Decision>),
    /// An upstream call failed; another may follow.
    AttemptFailed(Attempt),
    /// More of the answer. `Delta::Done` never comes this way: it becomes `Usage` and `Completed`.
    Delta(Delta),
    /// Tokens of the answer.
    Usage(Usage),
    /// The answer starts again: forget all deltas so far.
    Restarted {
        /// The arm that broke off.
        from: ArmId,
        /// The arm that starts now.
        to: ArmId,
        /// Why the first broke off.
        fault: Fault,
    },
    /// The answer is complete.
    Completed {
        /// Why it ended.
        stop: StopReason,
        /// The model as the upstream names it.
        model: String,
        /// The upstream's own id of the answer.
        upstream_id: Option<String>,
        /// What else it said, as in [`crate::domain::Completion::extra`].
        extra: serde_json::Map<String, serde_json::Value>,
        /// What came of the request.
        outcome: Outcome,
    },
    /// There will be no (complete) answer.
    Failed {
        /// Why.
        error: EngineError,
        /// What came of the request.
        outcome: Option<Outcome>,
    },
}

/// Several arms' answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What was decided.
    pub decision: Arc<Decision>,
    /// One answer an arm, in the order asked.
    pub answers: Vec<Answer>,
    /// What came of it in all.
    pub outcome: Outcome,
}

/// One arm's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The arm.
    pub arm: ArmId,
    /// The answer, or why there is none.
    pub result: Result<Completion, Fault>,
    /// The upstream call.
    pub attempt: Attempt,
}

/// What became of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FeedbackAccepted {
    /// It changed what is known.
    pub applied: bool,
    /// The same request id was seen before; nothing changed.
    pub duplicate: bool,
    /// It replaced an earlier judgement of the same rater.
    pub replaced: bool,
}

/// What to do with a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentAction {
    /// Close its breaker and forget its recent failures.
    Reset,
    /// No new calls; those in flight end by themselves.
    Drain,
    /// No new calls; those in flight are cancelled.
    Disable,
    /// Take calls again.
    Enable,
}

/// A prompt with known scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The prompt's text, not empty.
    pub prompt: String,
    /// Scores by arm, at least one.
    pub scores: Vec<(ArmId, Score)>,
    /// Weight of this evidence, 1 = as a live judgement; `None` = as configured.
    pub weight: Option<f64>,
}

/// What became of a batch of examples.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ExamplesImported {
    /// Examples taken in.
    pub examples: u64,
    /// Scores taken in.
    pub scores: u64,
    /// What was left out: (position in the batch, why).
    pub refused: Vec<(usize, String)>,
}

/// What happens to the memory that is there when another is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ImportMode {
    /// There must be nothing.
    #[default]
    IntoEmpty,
    /// It stays, and what the import knows beside it is added.
    Merge,
    /// It is replaced.
    Replace,
}

/// What became of an imported memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MemoryImported {
    /// Records taken in.
    pub records: u64,
    /// Records that were damaged, known already or past their retention, and left out.
    pub skipped: u64,
    /// Facts that the import's snapshot alone knows, which cannot be merged; 0 unless merged.
    pub facts_left_out: u64,
}
