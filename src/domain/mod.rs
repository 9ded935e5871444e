//! The language of the project: ids, units, requests, decisions, outcomes.
//!
//! Pure data, no I/O, no clock, no randomness. This module knows no other module of the crate.

mod arm;
mod chat;
mod completion;
mod decision;
mod fact;
mod fault;
mod ids;
mod outcome;
mod request;
mod usage;
mod weights;

pub use arm::{Arm, Capabilities, Price};
pub use chat::{ImageSource, Message, Part, ResponseFormat, Role, Sampling, Tool, ToolChoice};
pub use completion::{Completion, Delta, StopReason, ToolCall};
pub use decision::{
    ArmScore, CacheHit, CacheKind, Decision, Degradation, Exclusion, FanOut, FanOutMode, Interval,
    Need, Plan, Ranking, Step,
};
pub use fact::{Context, Fact, Ran, Score, Source};
pub use fault::{Blame, Fault, FaultKind};
pub use ids::{ArmId, ClassId, DecisionId, DeploymentId, InvalidId, ProviderId};
pub use outcome::{Attempt, AttemptResult, Feedback, Judging, Outcome, OutcomeStatus};
pub use request::{CacheWish, ChatRequest, FanOutWish, Routing};
pub use usage::Usage;
pub use weights::{InvalidWeights, Weights};
