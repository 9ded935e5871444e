//! What the learner is told. Facts are self-contained: folding them in order is all there is to
//! learning, in the service, after a restart and in a replay.

use super::{ArmId, ClassId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the learner sees of a prompt. Rounded once, when it is made, so that a stored context
/// decides exactly as the live one did. Made by `learn::context`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The unit-norm embedding in steps of 1/127 of its largest component.
    pub units: Arc<[i8]>,
    /// Length of one step.
    pub scale: f32,
    /// Surface features of the text, each roughly standardised.
    pub surface: Arc<[f32]>,
}

/// One thing that happened, as the learner is told it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An arm was chosen for a prompt. Teaches where prompts lie, and which pulls are in flight.
    Chosen {
        /// The prompt.
        context: Option<Context>,
        /// Its class at the time.
        class: Option<ClassId>,
        /// The arm.
        arm: ArmId,
        /// Unix milliseconds.
        at_ms: u64,
    },
    /// A call ended. Teaches cost, latency and failures; says nothing of quality.
    Ran {
        /// The prompt's class at the time of the decision.
        class: Option<ClassId>,
        /// The arm.
        arm: ArmId,
        /// What was observed.
        ran: Ran,
        /// Unix milliseconds.
        at_ms: u64,
    },
    /// An answer was judged.
    Judged {
        /// The prompt.
        context: Option<Context>,
        /// Its class at the time of the decision.
        class: Option<ClassId>,
        /// The arm.
        arm: ArmId,
        /// Quality in [0, 1].
        quality: f64,
        /// A correction: the quality that this source gave before, which this one replaces.
        replaces: Option<f64>,
        /// Who judged.
        source: Source,
        /// Unix milliseconds.
        at_ms: u64,
    },
    /// Several arms' answers to one prompt were scored: imported examples, or a judged comparison.
    Scored {
        /// The prompt.
        context: Context,
        /// The scores, one an arm.
        scores: Vec<(ArmId, Score)>,
        /// Weight of this evidence, 1 = as a live judgement.
        weight: f64,
        /// Unix milliseconds.
        at_ms: u64,
    },
    /// A person named a class.
    Labelled {
        /// The class.
        class: ClassId,
        /// Its label; empty takes it away.
        label: String,
    },
}

/// What one call showed.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Ran {
    /// It failed by the upstream's fault.
    pub failed: bool,
    /// Cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Input tokens.
    pub input_tokens: Option<u64>,
    /// Output tokens, reasoning included.
    pub output_tokens: Option<u64>,
    /// Time to the last byte in milliseconds.
    pub latency_ms: Option<f64>,
    /// Time to the first token in milliseconds.
    pub first_token_ms: Option<f64>,
}

/// An imported score of one arm on one prompt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Quality in [0, 1].
    pub quality: f64,
    /// Cost in US dollars.
    pub cost_usd: Option<f64>,
    /// Output tokens.
    pub output_tokens: Option<u64>,
}

/// Who says how good an answer was. Each source has a weight of its own and can be switched off.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A caller's feedback, by the caller's name (empty = unnamed). Bounded for each name.
    Caller(String),
    /// Agreement in a fan-out.
    Agreement,
    /// The answer broke the JSON schema it was asked to follow.
    Schema,
    /// The answer was empty or cut.
    Truncation,
    /// The caller asked the same again at once.
    QuickRetry,
    /// Another arm judged.
    Judge,
}
