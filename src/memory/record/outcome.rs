//! The stored form of an outcome.

use super::{
    Damage,
    names::{Name, Table, Texts},
};
use crate::domain::{
    Attempt, AttemptResult, DecisionId, DeploymentId, Fault, FaultKind, Judging, Outcome,
    OutcomeStatus, Usage,
};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer as _, value},
};

/// Version 2: a judge.
#[derive(Serialize, Deserialize)]
pub(super) struct V2 {
    first: V1,
    judging: Option<JudgingV2>,
}

#[derive(Serialize, Deserialize)]
struct JudgingV2 {
    texts: Vec<String>,
    judge: Name,
    attempt: Option<AttemptV1>,
    scores: Vec<(Name, f64)>,
    failure: Option<Name>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    texts: Vec<String>,
    status: StatusV1,
    served_by: Option<Name>,
    attempts: Vec<AttemptV1>,
    latency_ms: f64,
    agreement: Option<f64>,
}

#[derive(Serialize, Deserialize)]
enum StatusV1 {
    Completed,
    Failed,
    Truncated,
    Cancelled,
}

#[derive(Serialize, Deserialize)]
struct AttemptV1 {
    arm: Name,
    deployment: Option<Name>,
    started_at_ms: u64,
    first_token_ms: Option<f64>,
    latency_ms: f64,
    result: ResultV1,
    usage: UsageV1,
    cost_usd: Option<f64>,
}

#[derive(Serialize, Deserialize)]
enum ResultV1 {
    Completed,
    Failed {
        /// The kind by name, so that kinds may be added in any order.
        kind: Name,
        message: Name,
        status: Option<u16>,
        retry_after_ms: Option<u64>,
    },
    Cancelled,
}

/// `None` where the upstream said nothing.
#[derive(Serialize, Deserialize)]
pub(super) struct UsageV1(Option<[u64; 5]>);

impl From<&Usage> for UsageV1 {
    fn from(usage: &Usage) -> Self {
        let Usage {
            input_uncached,
            cache_read,
            cache_write,
            output_visible,
            reasoning,
            known,
        } = *usage;
        let counts = [
            input_uncached,
            cache_read,
            cache_write,
            output_visible,
            reasoning,
        ];
        Self(known.then_some(counts))
    }
}

impl From<UsageV1> for Usage {
    fn from(stored: UsageV1) -> Self {
        let Some(
            [
                input_uncached,
                cache_read,
                cache_write,
                output_visible,
                reasoning,
            ],
        ) = stored.0
        else {
            return Self::default();
        };
        Self {
            input_uncached,
            cache_read,
            cache_write,
            output_visible,
            reasoning,
            known: true,
        }
    }
}

impl From<&Outcome> for V1 {
    fn from(outcome: &Outcome) -> Self {
        let Outcome {
            decision: _,
            status,
            served_by,
            attempts,
            latency_ms,
            agreement,
            judging: _,
        } = outcome;
        let mut table = Table::default();
        Self {
            status: (*status).into(),
            served_by: served_by.as_ref().map(|arm| table.name(arm.as_str())),
            attempts: attempts
                .iter()
                .map(|attempt| to_v1(attempt, &mut table))
                .collect(),
            latency_ms: *latency_ms,
            agreement: *agreement,
            texts: table.into_texts(),
        }
    }
}

fn to_v1<'a>(attempt: &'a Attempt, table: &mut Table<'a>) -> AttemptV1 {
    let Attempt {
        arm,
        deployment,
        started_at_ms,
        first_token_ms,
        latency_ms,
        result,
        usage,
        cost_usd,
    } = attempt;
    AttemptV1 {
        arm: table.name(arm.as_str()),
        deployment: deployment.as_ref().map(|place| table.name(place.as_str())),
        started_at_ms: *started_at_ms,
        first_token_ms: *first_token_ms,
        latency_ms: *latency_ms,
        result: match result {
            AttemptResult::Completed => ResultV1::Completed,
            AttemptResult::Cancelled => ResultV1::Cancelled,
            AttemptResult::Failed(fault) => ResultV1::Failed {
                kind: table.name(fault.kind.as_str()),
                message: table.name(&fault.message),
                status: fault.status,
                retry_after_ms: fault.retry_after_ms,
            },
        },
        usage: usage.into(),
        cost_usd: *cost_usd,
    }
}

impl V1 {
    pub(super) fn into_domain(self, decision: DecisionId) -> Result<Outcome, Damage> {
        let texts = Texts(self.texts);
        Ok(Outcome {
            decision,
            status: self.status.into(),
            served_by: self.served_by.map(|arm| texts.arm(arm)).transpose()?,
            attempts: self
                .attempts
                .into_iter()
                .map(|attempt| attempt.into_domain(&texts))
                .collect::<Result<_, _>>()?,
            latency_ms: self.latency_ms,
            agreement: self.agreement,
            judging: None,
        })
    }
}

impl From<&Outcome> for V2 {
    fn from(outcome: &Outcome) -> Self {
        Self {
            first: V1::from(outcome),
            judging: outcome.judging.as_ref().map(JudgingV2::from),
        }
    }
}

impl V2 {
    pub(super) fn into_domain(self, decision: DecisionId) -> Result<Outcome, Damage> {
        Ok(Outcome {
            judging: self.judging.map(JudgingV2::into_domain).transpose()?,
            ..self.first.into_domain(decision)?
        })
    }
}

impl From<&Judging> for JudgingV2 {
    fn from(judging: &Judging) -> Self {
        let Judging {
            judge,
            attempt,
            scores,
            failure,
        } = judging;
        let mut table = Table::default();
        Self {
            judge: table.name(judge.as_str()),
            attempt: attempt.as_ref().map(|attempt| to_v1(attempt, &mut table)),
            scores: scores
                .iter()
                .map(|(arm, quality)| (table.name(arm.as_str()), *quality))
                .collect(),
            failure: failure.as_ref().map(|words| table.name(words)),
            texts: table.into_texts(),
        }
    }
}

impl JudgingV2 {
    fn into_domain(self) -> Result<Judging, Damage> {
        let texts = Texts(self.texts);
        let score = |(arm, quality)| Ok((texts.arm(arm)?, quality));
        Ok(Judging {
            judge: texts.arm(self.judge)?,
            attempt: self
                .attempt
                .map(|attempt| attempt.into_domain(&texts))
                .transpose()?,
            scores: self
                .scores
                .into_iter()
                .map(score)
                .collect::<Result<_, _>>()?,
            failure: self.failure.map(|words| texts.text(words)).transpose()?,
        })
    }
}

impl AttemptV1 {
    fn into_domain(self, texts: &Texts) -> Result<Attempt, Damage> {
        let deployment = self.deployment.map(|place| texts.text(place)).transpose()?;
        Ok(Attempt {
            arm: texts.arm(self.arm)?,
            deployment: deployment.map(DeploymentId::from),
            started_at_ms: self.started_at_ms,
            first_token_ms: self.first_token_ms,
            latency_ms: self.latency_ms,
            result: self.result.into_domain(texts)?,
            usage: self.usage.into(),
            cost_usd: self.cost_usd,
        })
    }
}

impl ResultV1 {
    fn into_domain(self, texts: &Texts) -> Result<AttemptResult, Damage> {
        Ok(match self {
            Self::Completed => AttemptResult::Completed,
            Self::Cancelled => AttemptResult::Cancelled,
            Self::Failed {
                kind,
                message,
                status,
                retry_after_ms,
            } => AttemptResult::Failed(Fault {
                kind: fault_kind(&texts.text(kind)?)?,
                message: texts.text(message)?,
                status,
                retry_after_ms,
            }),
        })
    }
}

fn fault_kind(name: &str) -> Result<FaultKind, Damage> {
    FaultKind::deserialize(name.into_deserializer())
        .map_err(|error: value::Error| Damage::Form(error.to_string()))
}

impl From<OutcomeStatus> for StatusV1 {
    fn from(status: OutcomeStatus) -> Self {
        match status {
            OutcomeStatus::Completed => Self::Completed,
            OutcomeStatus::Failed => Self::Failed,
            OutcomeStatus::Truncated => Self::Truncated,
            OutcomeStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<StatusV1> for OutcomeStatus {
    fn from(stored: StatusV1) -> Self {
        match stored {
            StatusV1::Completed => Self::Completed,
            StatusV1::Failed => Self::Failed,
            StatusV1::Truncated => Self::Truncated,
            StatusV1::Cancelled => Self::Cancelled,
        }
    }
}
