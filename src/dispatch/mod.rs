//! Runs a plan: attempts, retries, fallbacks, hedges, fan-outs, within a deadline.
//!
//! Dispatch never re-ranks: the plan says which arms, in which order. It is the one owner of
//! retries; attempts are counted over everything, so that layers never multiply. Nothing reaches
//! the caller before the first real token, and until then failures are invisible. Dropping a
//! future or a stream stops the upstream calls and gives permits and room back.

mod attempt;
mod backoff;
pub mod checks;
mod course;
mod deployment;
mod fanout;
mod feed;
mod habits;
mod judge;
mod limits;
mod live;
mod load;
mod observer;
mod open;
mod race;
mod refusal;
mod registry;
mod run;
mod snapshot;
mod statistics;
mod verdict;

pub use backoff::Backoff;
pub use deployment::{Deployment, DeploymentSpec, Mode, NotNow};
pub use limits::{CallLimits, Full, Meter, Reserved};
pub use observer::{Notice, Observer};
pub use registry::Deployments;
pub use snapshot::{Health, Snapshot};
pub use statistics::Statistics;

use crate::domain::{ArmId, Attempt, Completion, Delta, Fault, Judging};
use backoff::RetryBudget;
use futures_util::future::BoxFuture;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, atomic::AtomicU64};
use std::time::Duration;
use tokio::time::Instant;

/// How failures are answered, for all requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Waits before the same deployment is tried again.
    pub backoff: Backoff,
    /// Retries as a share of requests, in [0, 1].
    pub retry_share: f64,
    /// Retries a second that are always allowed.
    pub retries_per_second: f64,
    /// Statuses that another attempt may mend; empty = as the fault's kind says.
    pub retry_codes: BTreeSet<u16>,
    /// Where everything is out for the moment: wait for the first to come back, within the deadline.
    pub wait_when_all_open: bool,
    /// Longest such wait.
    pub max_wait: Duration,
    /// Try the next arm after "context too long".
    pub fall_back_on_context_length: bool,
    /// Try the next arm after a refusal by the vendor's filter.
    pub fall_back_on_content_filter: bool,
    /// Requests that may start a second call beside a slow one, as a share of all, in [0, 1].
    pub hedge_share: f64,
    /// Arms that are asked when all else failed, and only after what the next two say.
    pub last_resort: BTreeSet<ArmId>,
    /// They are asked after errors.
    pub last_resort_on_error: bool,
    /// They are asked after rate limits, the upstream's or ours.
    pub last_resort_on_rate_limit: bool,
    /// Long answers of a fan-out agree from this similarity on, in [0, 1].
    pub agreement_threshold: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            retry_share: 0.2,
            retries_per_second: 10.0,
            retry_codes: BTreeSet::new(),
            wait_when_all_open: true,
            max_wait: Duration::from_secs(60),
            fall_back_on_context_length: true,
            fall_back_on_content_filter: true,
            hedge_share: 1.0,
            last_resort: BTreeSet::new(),
            last_resort_on_error: true,
            last_resort_on_rate_limit: true,
            agreement_threshold: 0.8,
        }
    }
}

/// What bounds one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// When it must have ended.
    pub deadline: Option<Instant>,
    /// Seed of its draws: jitter, choice among deployments.
    pub seed: u64,
    /// A cut stream may start again on another arm.
    pub restart_stream: bool,
}

/// How similar two texts are, in [0, 1]. For the agreement of long answers.
pub trait Similarity: Send + Sync + 'static {
    /// The similarity.
    fn similarity<'a>(&'a self, a: &'a str, b: &'a str) -> BoxFuture<'a, f64>;
}

/// By shared words.
struct Lexical;

impl Similarity for Lexical {
    fn similarity<'a>(&'a self, a: &'a str, b: &'a str) -> BoxFuture<'a, f64> {
        Box::pin(async move { crate::consensus::lexical_similarity(a, b) })
    }
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// The answer, or why there is none.
    pub completion: Result<Completion, DispatchError>,
    /// The arm whose answer it is.
    pub served_by: Option<ArmId>,
    /// All attempts in the order of their start (to the millisecond; of their end where they started
    /// together); refusals by breakers and limits among them, without
    /// a deployment.
    pub attempts: Vec<Attempt>,
    /// Agreement of a fan-out, in [0, 1].
    pub agreement: Option<f64>,
    /// What a judge said, where the answers of a fan-out split and one was asked.
    pub judging: Option<Judging>,
    /// Every arm's answer of a fan-out, in the plan's order; those cancelled are missing.
    pub answers: Vec<ArmAnswer>,
}

/// One arm's answer in a fan-out.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmAnswer {
    /// The arm.
    pub arm: ArmId,
    /// Its answer, or why there is none.
    pub result: Result<Completion, Fault>,
    /// The upstream call.
    pub attempt: Attempt,
}

/// Why there is no (whole) answer. The attempts beside it say what was tried.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DispatchError {
    /// Every attempt failed.
    #[error("every attempt failed; the last: {fault}")]
    Failed {
        /// The fault that tells most: the caller's own before the last upstream's.
        fault: Fault,
        /// When to try again, in milliseconds, where a breaker, a limit or an upstream said so.
        retry_after_ms: Option<u64>,
    },
    /// The answer broke off after the caller had seen a part of it.
    #[error("the answer broke off: {fault}")]
    Truncated {
        /// Why.
        fault: Fault,
    },
    /// The deadline passed.
    #[error("the deadline passed")]
    Deadline,
    /// The caller left.
    #[error("cancelled")]
    Cancelled,
}

/// What happens in a streamed run. Exactly one `Completed` or `Failed`, and it comes last.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// An upstream call failed, or was refused; another may follow.
    AttemptFailed(Box<Attempt>),
    /// More of the answer; never `Delta::Done`.
    Delta(Delta),
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
    Completed(Box<Ran>),
    /// There will be no (complete) answer.
    Failed(Box<Ran>),
}

/// Runs plans.
#[derive(Clone)]
pub struct Dispatcher {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Arc<Deployments>,
    settings: Settings,
    observer: Arc<dyn Observer>,
    similarity: Arc<dyn Similarity>,
    retries: Mutex<RetryBudget>,
    /// Requests so far, and those of them that were hedged.
    hedges: (AtomicU64, AtomicU64),
}

impl Dispatcher {
    /// A dispatcher for these deployments. Without a measure of similarity long answers are
    /// compared by their words.
    #[must_use]
    pub fn new(
        registry: Arc<Deployments>,
        settings: Settings,
        observer: Arc<dyn Observer>,
        similarity: Option<Arc<dyn Similarity>>,
    ) -> Self {
        let retries = RetryBudget::new(settings.retry_share, settings.retries_per_second);
        Self {
            shared: Arc::new(Shared {
                registry,
                settings,
                observer,
                similarity: similarity.unwrap_or_else(|| Arc::new(Lexical)),
                retries: Mutex::new(retries),
                hedges: Default::default(),
            }),
        }
    }

    /// The deployments.
    #[must_use]
    pub fn registry(&self) -> &Arc<Deployments> {
        &self.shared.registry
    }
}

#[cfg(test)]
mod tests;
