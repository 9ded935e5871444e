//! The two ways to run a plan: for a whole answer, and for a stream.

use super::course::Course;
use super::feed::{Driven, Feed};
use super::live::{Live, Next};
use super::open::Opened;
use super::{ArmAnswer, DispatchError, Dispatcher, Limits, Progress, Ran, fanout};
use crate::domain::{
    ArmId, Attempt, AttemptResult, ChatRequest, Completion, Delta, Fault, FaultKind, Plan,
};
use crate::provider::assemble;
use futures_util::Stream;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Dispatcher {
    /// Runs the plan for a whole answer. `cancel` ends it early with a record of what was under
    /// way; dropping the future ends it without.
    pub async fn run(
        &self,
        plan: &Plan,
        request: &Arc<ChatRequest>,
        limits: Limits,
        cancel: &CancellationToken,
    ) -> Ran {
        let mut course = Course::new(&self.shared, plan, request, limits, false);
        let mut voted = fanout::Voted::default();
        let opened = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(DispatchError::Cancelled),
            opened = begin(&mut course, plan, &mut voted, |_| ()) => Ok(opened),
        };
        course.give_up_all();
        match opened {
            Ok(Some(Opened::Whole(whole))) => finish(course, voted, Ok(*whole)),
            // A whole answer was asked for, so no stream can have been opened.
            Ok(Some(Opened::Live(_)) | None) => {
                let error = failure(&course);
                finish(course, voted, Err(error))
            }
            Err(error) => finish(course, voted, Err(error)),
        }
    }

    /// Runs the plan as a stream. Exactly one `Completed` or `Failed` comes last. Work goes on only
    /// while the stream is polled; dropping it stops the upstream.
    pub fn run_stream(
        &self,
        plan: Plan,
        request: Arc<ChatRequest>,
        limits: Limits,
        cancel: CancellationToken,
    ) -> impl Stream<Item = Progress> + Send + 'static {
        let course = Course::new(&self.shared, &plan, &request, limits, true);
        Driven::new(move |feed| drive(course, plan, feed, cancel))
    }
}

/// The fan-out first, where the plan has one; then, or else, one step after another.
async fn begin(
    course: &mut Course,
    plan: &Plan,
    voted: &mut fanout::Voted,
    mut told: impl FnMut(&Attempt),
) -> Option<Opened> {
    let Some(fan_out) = &plan.fan_out else {
        return course.open(told).await;
    };
    // In a box, so that the many requests without a fan-out carry no room for one.
    let whole = Box::pin(fanout::run(course, fan_out, voted, &mut told)).await;
    if whole.is_some() || fan_out.mode == crate::domain::FanOutMode::All {
        return whole.map(|whole| Opened::Whole(Box::new(whole)));
    }
    course.skip(&fan_out.arms);
    course.open(told).await
}

async fn drive(mut course: Course, plan: Plan, feed: Feed, cancel: CancellationToken) {
    let mut voted = fanout::Voted::default();
    let mut broken: Option<(ArmId, Fault)> = None;
    loop {
        let failed =
            |attempt: &Attempt| feed.put(Progress::AttemptFailed(Box::new(attempt.clone())));
        let opened = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(DispatchError::Cancelled),
            opened = async {
                match &broken {
                    None => begin(&mut course, &plan, &mut voted, failed).await,
                    Some(_) => course.open(failed).await,
                }
            } => Ok(opened),
        };
        course.give_up_all();
        let end = match opened {
            Ok(Some(Opened::Live(live))) => {
                let to = live.ticket.deployment.spec.arm.clone();
                if let Some((from, fault)) = broken.take() {
                    feed.put(Progress::Restarted { from, to, fault });
                }
                match forward(*live, &feed, &cancel).await {
                    Next::End(whole) => Ok(*whole),
                    Next::Broken(failed) => {
                        let (fault, attempt) = *failed;
                        let cancelled = attempt.result == AttemptResult::Cancelled;
                        course.attempts.push(attempt.clone());
                        let again = course.broke_off(&attempt, &fault);
                        let arm = attempt.arm.clone();
                        if !cancelled {
                            feed.put(Progress::AttemptFailed(Box::new(attempt)));
                        }
                        if again && course.limits.restart_stream {
                            broken = Some((arm, fault));
                            continue;
                        }
                        Err(if cancelled {
                            DispatchError::Cancelled
                        } else {
                            DispatchError::Truncated { fault }
                        })
                    }
                    Next::Piece(_) => Err(failure(&course)),
                }
            }
            Ok(Some(Opened::Whole(whole))) => {
                for delta in assemble::deltas(whole.0.clone()) {
                    if matches!(delta, Delta::Done { .. }) {
                        break;
                    }
                    feed.hand_over(Progress::Delta(delta)).await;
                }
                Ok(*whole)
            }
            Ok(None) => Err(match broken {
                Some((_, fault)) => DispatchError::Truncated { fault },
                None => failure(&course),
            }),
            Err(error) => Err(error),
        };
        let ran = Box::new(finish(course, voted, end));
        feed.put(match ran.completion {
            Ok(_) => Progress::Completed(ran),
            Err(_) => Progress::Failed(ran),
        });
        return;
    }
}

/// Hands pieces on until the stream ends or breaks.
async fn forward(mut live: Live, feed: &Feed, cancel: &CancellationToken) -> Next {
    loop {
        let next = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                let fault = Fault::new(FaultKind::Cancelled, "the caller left");
                let attempt = live.ticket.cancelled(live.streamed_bytes());
                return Next::Broken(Box::new((fault, attempt)));
            }
            next = live.next() => next,
        };
        match next {
            Next::Piece(delta) => feed.hand_over(Progress::Delta(delta)).await,
            end => return end,
        }
    }
}

fn failure(course: &Course) -> DispatchError {
    if course.past_deadline() {
        return DispatchError::Deadline;
    }
    DispatchError::Failed {
        fault: course.telling(),
        retry_after_ms: course.retry_after_ms(),
    }
}

fn finish(
    mut course: Course,
    voted: fanout::Voted,
    end: Result<(Completion, Attempt), DispatchError>,
) -> Ran {
    let (completion, served_by) = match end {
        Ok((answer, attempt)) => {
            let arm = attempt.arm.clone();
            course.attempts.push(attempt);
            (Ok(answer), Some(arm))
        }
        Err(error) => (Err(error), None),
    };
    let won = served_by.as_ref();
    let others = voted
        .answers
        .iter()
        .flatten()
        .filter(|one| one.result.is_ok() && won != Some(&one.arm));
    course
        .attempts
        .extend(others.map(|one| one.attempt.clone()));
    course.attempts.sort_by_key(|attempt| attempt.started_at_ms);
    Ran {
        completion,
        served_by,
        attempts: course.attempts,
        agreement: voted.agreement,
        judging: voted.judging,
        answers: voted
            .answers
            .into_iter()
            .flatten()
            .collect::<Vec<ArmAnswer>>(),
    }
}
