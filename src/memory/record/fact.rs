//! The stored form of a fact.

use super::{context, feedback::SourceV1};
use crate::domain::{ArmId, ClassId, Context, Fact, Ran, Score, Source};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) enum V1 {
    Chosen {
        context: Option<context::V1>,
        class: Option<u32>,
        arm: String,
        at_ms: u64,
    },
    Ran {
        class: Option<u32>,
        arm: String,
        ran: RanV1,
        at_ms: u64,
    },
    Judged {
        context: Option<context::V1>,
        class: Option<u32>,
        arm: String,
        quality: f64,
        replaces: Option<f64>,
        source: SourceV1,
        at_ms: u64,
    },
    Scored {
        context: context::V1,
        scores: Vec<(String, ScoreV1)>,
        weight: f64,
        at_ms: u64,
    },
    Labelled {
        class: u32,
        label: String,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct RanV1 {
    failed: bool,
    cost_usd: Option<f64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    latency_ms: Option<f64>,
    first_token_ms: Option<f64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ScoreV1 {
    quality: f64,
    cost_usd: Option<f64>,
    output_tokens: Option<u64>,
}

impl From<&Fact> for V1 {
    fn from(fact: &Fact) -> Self {
        let class_number = |class: &Option<ClassId>| class.map(|class| class.0);
        match fact {
            Fact::Chosen {
                context,
                class,
                arm,
                at_ms,
            } => Self::Chosen {
                context: context.as_ref().map(context::V1::from),
                class: class_number(class),
                arm: arm.to_string(),
                at_ms: *at_ms,
            },
            Fact::Ran {
                class,
                arm,
                ran,
                at_ms,
            } => Self::Ran {
                class: class_number(class),
                arm: arm.to_string(),
                ran: ran.into(),
                at_ms: *at_ms,
            },
            Fact::Judged {
                context,
                class,
                arm,
                quality,
                replaces,
                source,
                at_ms,
            } => Self::Judged {
                context: context.as_ref().map(context::V1::from),
                class: class_number(class),
                arm: arm.to_string(),
                quality: *quality,
                replaces: *replaces,
                source: source.into(),
                at_ms: *at_ms,
            },
            Fact::Scored {
                context,
                scores,
                weight,
                at_ms,
            } => Self::Scored {
                context: context.into(),
                scores: scores
                    .iter()
                    .map(|(arm, score)| (arm.to_string(), score.into()))
                    .collect(),
                weight: *weight,
                at_ms: *at_ms,
            },
            Fact::Labelled { class, label } => Self::Labelled {
                class: class.0,
                label: label.clone(),
            },
        }
    }
}

impl From<V1> for Fact {
    fn from(stored: V1) -> Self {
        match stored {
            V1::Chosen {
                context,
                class,
                arm,
                at_ms,
            } => Self::Chosen {
                context: context.map(Context::from),
                class: class.map(ClassId),
                arm: arm.into(),
                at_ms,
            },
            V1::Ran {
                class,
                arm,
                ran,
                at_ms,
            } => Self::Ran {
                class: class.map(ClassId),
                arm: arm.into(),
                ran: ran.into(),
                at_ms,
            },
            V1::Judged {
                context,
                class,
                arm,
                quality,
                replaces,
                source,
                at_ms,
            } => Self::Judged {
                context: context.map(Context::from),
                class: class.map(ClassId),
                arm: arm.into(),
                quality,
                replaces,
                source: Source::from(source),
                at_ms,
            },
            V1::Scored {
                context,
                scores,
                weight,
                at_ms,
            } => Self::Scored {
                context: context.into(),
                scores: scores
                    .into_iter()
                    .map(|(arm, score)| (ArmId::from(arm), score.into()))
                    .collect(),
                weight,
                at_ms,
            },
            V1::Labelled { class, label } => Self::Labelled {
                class: ClassId(class),
                label,
            },
        }
    }
}

impl From<&Ran> for RanV1 {
    fn from(ran: &Ran) -> Self {
        let Ran {
            failed,
            cost_usd,
            input_tokens,
            output_tokens,
            latency_ms,
            first_token_ms,
        } = *ran;
        Self {
            failed,
            cost_usd,
            input_tokens,
            output_tokens,
            latency_ms,
            first_token_ms,
        }
    }
}

impl From<RanV1> for Ran {
    fn from(stored: RanV1) -> Self {
        let RanV1 {
            failed,
            cost_usd,
            input_tokens,
            output_tokens,
            latency_ms,
            first_token_ms,
        } = stored;
        Self {
            failed,
            cost_usd,
            input_tokens,
            output_tokens,
            latency_ms,
            first_token_ms,
        }
    }
}

impl From<&Score> for ScoreV1 {
    fn from(score: &Score) -> Self {
        let Score {
            quality,
            cost_usd,
            output_tokens,
        } = *score;
        Self {
            quality,
            cost_usd,
            output_tokens,
        }
    }
}

impl From<ScoreV1> for Score {
    fn from(stored: ScoreV1) -> Self {
        let ScoreV1 {
            quality,
            cost_usd,
            output_tokens,
        } = stored;
        Self {
            quality,
            cost_usd,
            output_tokens,
        }
    }
}
