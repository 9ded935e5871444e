//! Learning: facts in, knowledge out. Pure: no clock, no randomness, no I/O.
//!
//! `Learner` folds facts in order; the same facts give the same knowledge, live, after a restart and
//! in a replay. It publishes `Knowledge`, an immutable snapshot that decisions are made with.
//! Quality, cost, latency and failures are learned apart and only weighed by `decide`.

mod arm;
mod cell;
mod classes;
mod codec;
pub mod context;
mod drift;
#[cfg(test)]
mod drift_tests;
mod judge;
mod knowledge;
mod learner;
mod prompts;
mod publish;
mod ratio;
mod settings;
mod solve;
mod sources;
#[cfg(test)]
mod tests;

pub use arm::ArmPrior;
pub use codec::DecodeError;
pub use drift::Direction;
pub use knowledge::{
    ArmClassProfile, ClassProfile, Classification, Estimate, Knowledge, References,
    TYPICAL_INPUT_TOKENS, TYPICAL_OUTPUT_TOKENS,
};
pub use learner::{Change, Learner};
pub use settings::{Settings, SourceWeights};
