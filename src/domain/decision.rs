//! A decision: an immutable record of what was chosen, why, and what is to be done.

use super::{ArmId, ClassId, Context, DecisionId, Weights};
use serde::{Deserialize, Serialize};

/// What was decided for one request. Written before the first upstream call, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id; carries the time.
    pub id: DecisionId,
    /// The caller's own id of the request.
    pub request_id: Option<String>,
    /// Who asked.
    pub tenant: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// Labels of the request.
    pub tags: Vec<(String, String)>,
    /// The model or alias asked for, where one was.
    pub requested: Option<String>,
    /// The policy by name.
    pub policy: String,
    /// The strategy by name (`adaptive` unless configured otherwise).
    pub strategy: String,
    /// The trade-off in force.
    pub weights: Weights,
    /// Estimated input tokens.
    pub input_tokens: u64,
    /// What the learner saw of the prompt; `None` where the prompt could not be embedded.
    pub context: Option<Context>,
    /// Knowledge that was missing.
    pub degradation: Option<Degradation>,
    /// What the request asked for and was served without, because no eligible arm has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Need>,
    /// The answer was at hand: no arm is called. The ranking is then that of the decision whose
    /// answer it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<CacheHit>,
    /// Seed of this decision's draws.
    pub seed: u64,
    /// All eligible arms, scored, and the choice among them.
    pub ranking: Ranking,
    /// Arms left out, with the reason.
    pub excluded: Vec<Exclusion>,
    /// What to do.
    pub plan: Plan,
    /// The caller makes the call itself (`Decide`): the outcome arrives as feedback, if at all.
    pub decide_only: bool,
    /// The prompt's text; only where the configuration asks for it.
    pub prompt: Option<String>,
}

/// What a request may need of an arm, in the order in which it is given up where no arm has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// An answer held to a JSON schema.
    JsonSchema,
    /// Room for the whole conversation.
    Context,
    /// Calls of tools.
    Tools,
    /// Sight of images.
    Images,
}

impl Need {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::Context, Self::Tools, Self::Images];

    /// Its name for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::Context => "context",
            Self::Tools => "tools",
            Self::Images => "images",
        }
    }
}

/// An answer that was given before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheHit {
    /// Which cache had it.
    pub kind: CacheKind,
    /// The decision whose answer it is.
    pub source: DecisionId,
    /// Age of the answer in milliseconds.
    pub age_ms: u64,
    /// Cosine of the two prompts, 1 for an exact hit.
    pub similarity: f64,
    /// What the answer cost when it was made, in US dollars; `None` where that is not known.
    pub saved_usd: Option<f64>,
}

/// A cache of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheKind {
    /// The same request.
    Exact,
    /// A request whose prompt means the same.
    Semantic,
}

impl CacheKind {
    /// Its name for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
        }
    }
}

/// Why a decision was made on arm-level knowledge alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Degradation {
    /// The embedder failed, with its words.
    EmbeddingFailed(String),
    /// The embedding was not there in time, in milliseconds.
    EmbeddingLate(u64),
    /// The embedder's queue was full.
    EmbeddingQueueFull,
}

/// What `decide` yields: the eligible arms, best score first, and the choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The prompt's class; `None` without a context or while nothing is known.
    pub class: Option<ClassId>,
    /// Cosine of the prompt to its class's centroid, -1 to 1; 0 without a class.
    pub similarity: f64,
    /// Similarity minus that of the second class.
    pub margin: f64,
    /// Eligible arms, best score first; never empty.
    pub scores: Vec<ArmScore>,
    /// The chosen arm.
    pub chosen: ArmId,
    /// Probability with which it was chosen, in (0, 1].
    pub propensity: f64,
    /// The chosen arm is not the one with the best score.
    pub explored: bool,
    /// Version of the knowledge that was used.
    pub knowledge_version: u64,
}

/// One arm's estimates in one decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmScore {
    /// The arm.
    pub arm: ArmId,
    /// Quality in [0, 1].
    pub quality: Interval,
    /// Cost in US dollars; `None` where neither price nor experience tells.
    pub cost_usd: Option<Interval>,
    /// Time to the last byte in milliseconds; `None` before the first call.
    pub latency_ms: Option<Interval>,
    /// Probability that a call fails, in [0, 1].
    pub failure_rate: f64,
    /// Judgements that the quality rests on (effective number, after forgetting).
    pub evidence: f64,
    /// The score before exploration: quality, cost, latency and failures combined.
    pub score: f64,
    /// Probability of being chosen, in [0, 1].
    pub propensity: f64,
    /// What each part added to the score: (term, value), for the explanation.
    pub terms: Vec<(String, f64)>,
}

/// A mean and its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the estimate (not of single outcomes).
    pub sd: f64,
}

/// An arm that was not eligible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The arm.
    pub arm: ArmId,
    /// Why, in plain words.
    pub reason: String,
}

/// What dispatch does. It never re-ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The chosen arm first, then fallbacks in order; at least one.
    pub steps: Vec<Step>,
    /// Call the first arms at once instead of one after another.
    pub fan_out: Option<FanOut>,
    /// Attempts over all steps together at most.
    pub max_attempts: u32,
    /// Start a second attempt on the next step if the first token has not come after this long.
    pub hedge_after_ms: Option<u64>,
}

/// One planned arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The arm.
    pub arm: ArmId,
    /// Attempts on it at most, at least 1.
    pub attempts: u32,
}

/// Several arms at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FanOut {
    /// The arms, best first; 2 to 8.
    pub arms: Vec<ArmId>,
    /// How the answer is chosen.
    pub mode: FanOutMode,
    /// Who chooses where the answers split, instead of the largest group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<ArmId>,
}

/// How one answer comes out of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanOutMode {
    /// The first whole answer; the others are cancelled.
    First,
    /// The answer of the arm with the best score that answered.
    Best,
    /// The answer that this many arms agree on, as soon as they do; else the largest group's.
    Quorum(u32),
    /// The answer that more than half agree on; else the largest group's.
    Majority,
    /// All answers (`Compare`).
    All,
}
