//! What happened: attempts, the outcome of a request, and a later judgement of it.

use super::{ArmId, DecisionId, DeploymentId, Fault, Source, Usage};
use serde::{Deserialize, Serialize};

/// One actual upstream call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The arm.
    pub arm: ArmId,
    /// Where it was sent; `None` where none admitted it.
    pub deployment: Option<DeploymentId>,
    /// Unix milliseconds at the start.
    pub started_at_ms: u64,
    /// Time to the first token in milliseconds, where one came.
    pub first_token_ms: Option<f64>,
    /// Time to the end in milliseconds.
    pub latency_ms: f64,
    /// How it ended.
    pub result: AttemptResult,
    /// Tokens.
    pub usage: Usage,
    /// Cost in US dollars; `None` where it is not known.
    pub cost_usd: Option<f64>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptResult {
    /// A whole answer.
    Completed,
    /// It failed.
    Failed(Fault),
    /// Another attempt won, or the caller left.
    Cancelled,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The decision.
    pub decision: DecisionId,
    /// How it ended.
    pub status: OutcomeStatus,
    /// The arm whose answer the caller got.
    pub served_by: Option<ArmId>,
    /// All attempts in the order of their start.
    pub attempts: Vec<Attempt>,
    /// Whole time in milliseconds, from the arrival of the request.
    pub latency_ms: f64,
    /// Agreement of a fan-out in [0, 1].
    pub agreement: Option<f64>,
    /// What a judge said of a fan-out whose answers split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judging: Option<Judging>,
}

/// A judge's work: an arm that reads the answers of the others. Its call is none of the request's
/// attempts, and teaches nothing of the judge on the request's kind of prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judging {
    /// The arm that judged.
    pub judge: ArmId,
    /// Its call; `None` where it was not made.
    pub attempt: Option<Attempt>,
    /// The arms whose answers it saw, each with a quality in [0, 1]; empty where there is no verdict.
    pub scores: Vec<(ArmId, f64)>,
    /// Why there is no verdict, in plain words.
    pub failure: Option<String>,
}

impl Outcome {
    /// All upstream calls: the attempts, then the judge's.
    pub fn calls(&self) -> impl Iterator<Item = &Attempt> {
        let judging = self.judging.as_ref();
        self.attempts
            .iter()
            .chain(judging.and_then(|judging| judging.attempt.as_ref()))
    }

    /// What all calls cost together; `None` where any of them is not known.
    #[must_use]
    pub fn cost_usd(&self) -> Option<f64> {
        self.calls()
            .filter(|attempt| {
                attempt.usage.known
                    || attempt.cost_usd.is_some()
                    || attempt.result == AttemptResult::Completed
            })
            .map(|attempt| attempt.cost_usd)
            .sum()
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    /// The caller got a whole answer.
    Completed,
    /// Every attempt failed.
    Failed,
    /// The caller got a part and then an error.
    Truncated,
    /// The caller left.
    Cancelled,
}

impl OutcomeStatus {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Truncated => "truncated",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A judgement of a decision, or the outcome of a call the caller made itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The decision.
    pub decision: DecisionId,
    /// The arm judged; `None` = the one that served.
    pub arm: Option<ArmId>,
    /// Makes the call idempotent: the same id twice is one feedback.
    pub request_id: Option<String>,
    /// Quality in [0, 1].
    pub quality: Option<f64>,
    /// Free words; kept with the decision, not learned from.
    pub comment: Option<String>,
    /// Who judges.
    pub source: Source,
    /// Observed by the caller after `Decide`.
    pub usage: Option<Usage>,
    /// Observed cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Observed latency in milliseconds.
    pub latency_ms: Option<f64>,
    /// The caller's own call failed.
    pub failed: Option<bool>,
    /// Unix milliseconds of its arrival.
    pub at_ms: u64,
}
