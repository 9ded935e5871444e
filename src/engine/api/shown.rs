//! What operators are shown: copies made for reading, apart from the structs that do the work.

use crate::domain::{
    ArmId, ClassId, Decision, DecisionId, DeploymentId, Fault, Feedback, Interval, Outcome,
    OutcomeStatus, ProviderId,
};

/// A provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderShown {
    /// Its name.
    pub name: ProviderId,
    /// Its dialect, such as `openai` or `simulated`.
    pub dialect: String,
    /// Its arms.
    pub arms: Vec<ArmId>,
    /// Its deployments.
    pub deployments: Vec<DeploymentShown>,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentShown {
    /// Its id.
    pub id: DeploymentId,
    /// Its provider.
    pub provider: ProviderId,
    /// The vendor's model name.
    pub model: String,
    /// Its address, without credentials.
    pub address: Option<String>,
    /// What the operator asked for.
    pub state: AdminState,
    /// Its breaker.
    pub breaker: BreakerShown,
    /// Calls in flight.
    pub in_flight: u32,
    /// Its calls since the start.
    pub statistics: CallStatistics,
}

/// What the operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AdminState {
    /// It takes calls.
    #[default]
    Enabled,
    /// No new calls.
    Draining,
    /// No calls.
    Disabled,
}

/// A breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerShown {
    /// Its state.
    pub state: BreakerState,
    /// Why it tripped.
    pub reason: Option<String>,
    /// When it lets a probe through, Unix milliseconds.
    pub retry_at_ms: Option<u64>,
    /// How often it tripped since the start.
    pub trips: u64,
}

/// State of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Admits.
    Closed,
    /// Rejects.
    Open,
    /// Probes.
    HalfOpen,
}

/// Calls of a deployment since the start.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CallStatistics {
    /// All calls that ended.
    pub calls: u64,
    /// Whole answers.
    pub completed: u64,
    /// Failures.
    pub failed: u64,
    /// Throttled by the upstream.
    pub throttled: u64,
    /// Given up by us or by the caller.
    pub cancelled: u64,
    /// Median latency in milliseconds.
    pub latency_p50_ms: Option<f64>,
    /// 95th percentile of the latency in milliseconds.
    pub latency_p95_ms: Option<f64>,
    /// Known cost in US dollars.
    pub cost_usd: f64,
    /// The latest failure and when it was (Unix milliseconds).
    pub last_fault: Option<(Fault, u64)>,
}

/// A learned class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassShown {
    /// Its id.
    pub id: ClassId,
    /// Its label; empty = none.
    pub label: String,
    /// Prompts seen (effective number).
    pub prompts: f64,
    /// Share of all prompts in [0, 1].
    pub share: f64,
    /// Mean cosine of its prompts to its centroid.
    pub cohesion: f64,
    /// The class that it refines.
    pub parent: Option<ClassId>,
    /// The best arm by estimated quality.
    pub best_arm: Option<ArmId>,
}

/// Which profiles.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ProfileFilter {
    /// Only this class.
    pub class: Option<ClassId>,
    /// Only this arm.
    pub arm: Option<ArmId>,
}

/// What is known of an arm on one class, or over all.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileShown {
    /// The class; `None` = over all prompts.
    pub class: Option<ClassId>,
    /// The class's label; empty = none.
    pub label: String,
    /// The arm.
    pub arm: ArmId,
    /// Quality in [0, 1].
    pub quality: Interval,
    /// Judgements that it rests on (effective number).
    pub evidence: f64,
    /// Cost of a call in US dollars.
    pub cost_usd: Option<Interval>,
    /// Time to the last byte in milliseconds.
    pub latency_ms: Option<Interval>,
    /// Probability that a call fails.
    pub failure_rate: f64,
    /// Calls seen (effective number).
    pub calls: f64,
}

/// A past decision and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What was decided.
    pub decision: Decision,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Judgements in the order of their arrival.
    pub feedback: Vec<FeedbackShown>,
    /// The whole in plain words.
    pub explanation: String,
}

/// A judgement of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedbackShown {
    /// What was said.
    pub feedback: Feedback,
    /// A later judgement of the same rater replaced its quality: it does not count.
    pub replaced: bool,
}

/// Which decisions.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DecisionFilter {
    /// From this moment, Unix milliseconds.
    pub from_ms: Option<u64>,
    /// Before this moment, Unix milliseconds.
    pub to_ms: Option<u64>,
    /// That chose this arm.
    pub arm: Option<ArmId>,
    /// Of this class.
    pub class: Option<ClassId>,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// That ended so.
    pub status: Option<OutcomeStatus>,
    /// By this policy.
    pub policy: Option<String>,
    /// Of this session.
    pub session: Option<String>,
    /// Of the request with this id of the caller's.
    pub request_id: Option<String>,
    /// With a quality, or without.
    pub judged: Option<bool>,
    /// That chose another arm than the best by score, or that did not.
    pub explored: Option<bool>,
}

/// Which part of a long list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many, 1 to 1000.
    pub size: usize,
    /// Only those before this one.
    pub before: Option<DecisionId>,
}

/// A part of the decisions.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DecisionPage {
    /// Newest first.
    pub decisions: Vec<DecisionSummary>,
    /// Where the next page starts; `None` = no more.
    pub next: Option<DecisionId>,
}

/// A decision in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionSummary {
    /// Its id; carries the time.
    pub id: DecisionId,
    /// The chosen arm.
    pub arm: ArmId,
    /// The prompt's class.
    pub class: Option<ClassId>,
    /// Probability of the choice.
    pub propensity: f64,
    /// Not the best score.
    pub explored: bool,
    /// How it ended, where that is known.
    pub status: Option<OutcomeStatus>,
    /// The arm that served.
    pub served_by: Option<ArmId>,
    /// Cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Whole time in milliseconds.
    pub latency_ms: Option<f64>,
    /// The judged quality that stands, the latest of several raters'.
    pub quality: Option<f64>,
    /// Judgements of its quality that stand.
    pub judgements: u32,
    /// Upstream calls that failed on the way.
    pub failed_attempts: u32,
    /// The policy's name.
    pub policy: String,
    /// Who asked.
    pub tenant: Option<String>,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConfigurationShown {
    /// As YAML, secrets hidden.
    pub yaml: String,
    /// Where it came from.
    pub sources: Vec<String>,
}

/// Which cached answers; all fields empty = all.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CacheFilter {
    /// The answer of this decision.
    pub decision: Option<DecisionId>,
    /// Answers to this tenant.
    pub tenant: Option<String>,
}

/// What the response caches hold and found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CacheShown {
    /// Answers and their bytes in the exact cache; `None` = off.
    pub exact: Option<(u64, u64)>,
    /// Answers and their bytes in the semantic cache; `None` = off.
    pub semantic: Option<(u64, u64)>,
    /// Requests that looked since the start.
    pub requests: u64,
    /// Found in the exact cache.
    pub exact_hits: u64,
    /// Found in the semantic cache.
    pub semantic_hits: u64,
}
