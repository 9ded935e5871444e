//! Whole answers: decide, dispatch, record, answer.

use super::{
    api::{Answer, Compared, Deadline, EngineError, RouteRequest, Routed},
    core::{Begun, Core, Kind},
    events, facts, implicit, resolve,
};
use crate::{
    dispatch::{DispatchError, Limits, Ran},
    domain::{
        ArmId, Completion, Decision, Fact, FanOut, FanOutMode, FanOutWish, Fault, Outcome,
        OutcomeStatus, Source,
    },
};
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

impl Core {
    /// Decides, calls, records; the answer is given when all of it is durable.
    pub(crate) async fn route(
        &self,
        request: RouteRequest,
        deadline: Deadline,
    ) -> Result<Routed, EngineError> {
        let started = Instant::now();
        let begun = in_time(deadline, self.begin(&request, Kind::Whole)).await?;
        let mut watch = Abandoned::new(self, &begun, started);
        let chat = Arc::new(request.chat);
        let limits = limits(&begun.decision, deadline, request.routing.restart_stream);
        let ran = self
            .dispatcher
            .run(
                &begun.decision.plan,
                &chat,
                limits,
                &CancellationToken::new(),
            )
            .await;
        watch.disarm();
        let outcome = outcome(&begun.decision, &ran, elapsed_ms(started));
        let taught = self.taught(&begun.decision, &chat.response_format, &ran, &outcome);
        let decision = self.finish(begun, outcome.clone(), taught).await?;
        match ran.completion {
            Ok(completion) => Ok(Routed {
                decision: Arc::unwrap_or_clone(decision),
                outcome,
                completion,
            }),
            Err(error) => Err(refusal(error, ran.attempts)),
        }
    }

    /// Asks several arms at once; all answers.
    pub(crate) async fn compare(
        &self,
        mut request: RouteRequest,
        arms: Vec<String>,
        deadline: Deadline,
    ) -> Result<Compared, EngineError> {
        let started = Instant::now();
        let asked: Vec<ArmId> = arms
            .iter()
            .map(|name| resolve::arm(&self.config, name))
            .collect::<Result<_, _>>()?;
        request.routing.disable_fallbacks = true;
        let wanted = request.routing.fan_out.map_or(3, |wish| wish.arms);
        let wanted = if asked.is_empty() {
            wanted
        } else {
            asked.len() as u32
        };
        request.routing.fan_out = Some(FanOutWish {
            arms: wanted,
            mode: FanOutMode::All,
        });
        if !asked.is_empty() {
            request.routing.allow = asked.iter().map(ToString::to_string).collect();
        }
        let begun = in_time(deadline, self.begin(&request, Kind::Whole)).await?;
        let mut watch = Abandoned::new(self, &begun, started);
        let chat = Arc::new(request.chat);
        let limits = limits(&begun.decision, deadline, false);
        let mut plan = begun.decision.plan.clone();
        if plan.fan_out.is_none() {
            // One arm alone is compared with nothing, but it is what was asked.
            plan.fan_out = Some(FanOut {
                arms: vec![begun.decision.ranking.chosen.clone()],
                mode: FanOutMode::All,
            });
        }
        let ran = self
            .dispatcher
            .run(&plan, &chat, limits, &CancellationToken::new())
            .await;
        watch.disarm();
        let outcome = outcome(&begun.decision, &ran, elapsed_ms(started));
        let taught = self.taught(&begun.decision, &chat.response_format, &ran, &outcome);
        let decision = self.finish(begun, outcome.clone(), taught).await?;
        let order = |arm: &ArmId| {
            asked
                .iter()
                .position(|other| other == arm)
                .unwrap_or(usize::MAX)
        };
        let mut answers: Vec<Answer> = ran
            .answers
            .into_iter()
            .map(|one| Answer {
                arm: one.arm,
                result: one.result,
                attempt: one.attempt,
            })
            .collect();
        answers.sort_by_key(|answer| order(&answer.arm));
        Ok(Compared {
            decision: Arc::unwrap_or_clone(decision),
            answers,
            outcome,
        })
    }

    /// Queues the outcome and waits until decision and outcome are durable. A memory that cannot
    /// write does not take the answer from the caller: it is told in the log and by the metrics.
    pub(crate) async fn finish(
        &self,
        begun: Begun,
        outcome: Outcome,
        facts: Vec<Fact>,
    ) -> Result<Arc<Decision>, EngineError> {
        let now_ms = self.clock.now_ms();
        if self.events.receiver_count() > 0 {
            for event in events::failures(now_ms, &outcome) {
                let _ = self.events.send(event);
            }
            let _ = self.events.send(events::ended(now_ms, &outcome));
        }
        let Begun {
            decision,
            recorded,
            reserved_usd,
        } = begun;
        self.settle(&decision, &outcome, reserved_usd);
        let finished = self
            .recorder
            .finished(Arc::clone(&decision), outcome, facts)
            .await;
        for receipt in [recorded, finished] {
            if let Err(error) = receipt.durable().await {
                tracing::error!(decision = %decision.id, %error, "an answered request is not remembered");
            }
        }
        Ok(decision)
    }

    /// What an ended request teaches, signals that nobody had to send included.
    pub(crate) fn taught(
        &self,
        decision: &Decision,
        format: &crate::domain::ResponseFormat,
        ran: &Ran,
        outcome: &Outcome,
    ) -> Vec<Fact> {
        let now_ms = self.clock.now_ms();
        let mut taught = facts::of_outcome(decision, outcome, now_ms);
        let switches = &self.config.learning.implicit_feedback;
        let answers = ran
            .answers
            .iter()
            .filter_map(|one| Some((&one.attempt, one.result.as_ref().ok()?)));
        let served = outcome.attempts.iter().filter(|_| ran.answers.is_empty());
        let served = served.filter_map(|attempt| {
            let completion = ran.completion.as_ref().ok()?;
            (attempt.result == crate::domain::AttemptResult::Completed)
                .then_some((attempt, completion))
        });
        for (attempt, completion) in answers.chain(served) {
            if let Some((quality, source)) = implicit::of_completion(switches, format, completion) {
                taught.push(facts::implied(decision, attempt, quality, source, now_ms));
            }
        }
        taught.extend(self.agreed(decision, ran, now_ms));
        taught
    }

    /// Agreement in a fan-out: those whose answer is the consensus were right, by the share that
    /// agrees; the others were not.
    fn agreed(&self, decision: &Decision, ran: &Ran, now_ms: u64) -> Vec<Fact> {
        let consensus = matches!(
            decision.plan.fan_out.as_ref().map(|fan_out| fan_out.mode),
            Some(FanOutMode::Majority | FanOutMode::Quorum(_))
        );
        let (Some(agreement), Ok(winner)) = (ran.agreement, &ran.completion) else {
            return Vec::new();
        };
        if !consensus
            || agreement <= 0.5
            || !self.config.learning.implicit_feedback.agreement.enabled
        {
            return Vec::new();
        }
        let same = |completion: &Completion| {
            crate::consensus::lexical_similarity(&completion.text(), &winner.text()) > 0.8
        };
        let judged = ran.answers.iter().filter_map(|one| {
            let quality = if same(one.result.as_ref().ok()?) {
                agreement
            } else {
                1.0 - agreement
            };
            Some(facts::implied(
                decision,
                &one.attempt,
                quality,
                Source::Agreement,
                now_ms,
            ))
        });
        judged.collect()
    }
}

/// Records a request as cancelled when its future is dropped before it has ended.
pub(crate) struct Abandoned<'a> {
    core: &'a Core,
    decision: Arc<Decision>,
    reserved_usd: f64,
    started: Instant,
    armed: bool,
}

impl<'a> Abandoned<'a> {
    fn new(core: &'a Core, begun: &Begun, started: Instant) -> Self {
        Self {
            core,
            decision: Arc::clone(&begun.decision),
            reserved_usd: begun.reserved_usd,
            started,
            armed: true,
        }
    }

    fn disarm(&mut self) {
        self.armed = false;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.core.abandoned(
                &self.decision,
                Vec::new(),
                self.reserved_usd,
                elapsed_ms(self.started),
            );
        }
    }
}

impl Core {
    fn settle(&self, decision: &Decision, outcome: &Outcome, reserved_usd: f64) {
        let spent_usd = outcome
            .attempts
            .iter()
            .filter_map(|attempt| attempt.cost_usd)
            .sum();
        self.budgets
            .settle(decision.tenant.as_deref(), reserved_usd, spent_usd);
    }

    /// The caller left: the outcome is recorded without waiting.
    pub(crate) fn abandoned(
        &self,
        decision: &Arc<Decision>,
        attempts: Vec<crate::domain::Attempt>,
        reserved_usd: f64,
        latency_ms: f64,
    ) {
        let outcome = Outcome {
            decision: decision.id,
            status: OutcomeStatus::Cancelled,
            served_by: None,
            attempts,
            latency_ms,
            agreement: None,
        };
        self.settle(decision, &outcome, reserved_usd);
        let taught = facts::of_outcome(decision, &outcome, self.clock.now_ms());
        if !self
            .recorder
            .finished_now(Arc::clone(decision), outcome, taught)
        {
            tracing::warn!(decision = %decision.id, "the recorder's queue is full: a cancelled request has no outcome");
        }
    }
}

/// Runs within the deadline.
pub(crate) async fn in_time<T>(
    deadline: Deadline,
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    match deadline.0 {
        Some(at) => tokio::time::timeout_at(at, work)
            .await
            .unwrap_or(Err(EngineError::Deadline)),
        None => work.await,
    }
}

pub(crate) fn limits(decision: &Decision, deadline: Deadline, restart_stream: bool) -> Limits {
    Limits {
        deadline: deadline.0,
        seed: decision.seed,
        restart_stream,
    }
}

pub(crate) fn elapsed_ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

/// What became of a run.
pub(crate) fn outcome(decision: &Decision, ran: &Ran, latency_ms: f64) -> Outcome {
    let status = match &ran.completion {
        Ok(_) => OutcomeStatus::Completed,
        Err(DispatchError::Truncated { .. }) => OutcomeStatus::Truncated,
        Err(DispatchError::Cancelled) => OutcomeStatus::Cancelled,
        Err(DispatchError::Failed { .. } | DispatchError::Deadline) => OutcomeStatus::Failed,
    };
    Outcome {
        decision: decision.id,
        status,
        served_by: ran.served_by.clone(),
        attempts: ran.attempts.clone(),
        latency_ms,
        agreement: ran.agreement,
    }
}

/// Why there is no answer, as the caller is told it.
pub(crate) fn refusal(error: DispatchError, attempts: Vec<crate::domain::Attempt>) -> EngineError {
    match error {
        DispatchError::Failed {
            fault,
            retry_after_ms,
        } => callers_own(&fault).unwrap_or(EngineError::AllFailed {
            attempts,
            retry_after_ms,
        }),
        DispatchError::Truncated { .. } => EngineError::AllFailed {
            attempts,
            retry_after_ms: None,
        },
        DispatchError::Deadline | DispatchError::Cancelled => EngineError::Deadline,
    }
}

/// A fault of the caller's making is told as such, in the upstream's words.
fn callers_own(fault: &Fault) -> Option<EngineError> {
    use crate::domain::FaultKind;
    matches!(
        fault.kind,
        FaultKind::InvalidRequest | FaultKind::ContextTooLong | FaultKind::ContentFilter
    )
    .then(|| EngineError::InvalidRequest {
        field: "chat".to_owned(),
        message: fault.message.clone(),
    })
}
