//! Streamed answers: the dispatcher's progress becomes events; the outcome is recorded before the
//! terminal event, or when the caller leaves.

use super::{
    api::{Deadline, EngineError, RouteEvent, RouteRequest},
    core::{Begun, Core, Kind},
    route::{elapsed_ms, in_time, limits, outcome, refusal},
};
use crate::{
    dispatch::{Progress, Ran},
    domain::{Attempt, Completion, Decision, ResponseFormat},
};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::{collections::VecDeque, sync::Arc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Decides and starts the call; the events follow.
///
/// # Errors
/// What is refused before a decision.
pub(crate) async fn route_stream(
    core: Arc<Core>,
    request: RouteRequest,
    deadline: Deadline,
) -> Result<BoxStream<'static, RouteEvent>, EngineError> {
    let started = Instant::now();
    let begun = in_time(deadline, core.begin(&request, Kind::Streamed)).await?;
    let limits = limits(&begun.decision, deadline, request.routing.restart_stream);
    let format = request.chat.response_format.clone();
    let chat = Arc::new(request.chat);
    let progress = core
        .dispatcher
        .run_stream(
            begun.decision.plan.clone(),
            chat,
            limits,
            CancellationToken::new(),
        )
        .boxed();
    let state = Streaming {
        run: Running {
            core,
            decision: Arc::clone(&begun.decision),
            attempts: Vec::new(),
            reserved_usd: begun.reserved_usd,
            started,
            ended: false,
        },
        format,
        begun: Some(begun),
        told: false,
        progress,
        ready: VecDeque::new(),
    };
    Ok(stream::unfold(state, Streaming::next).boxed())
}

struct Streaming {
    /// Dropped first: it records a stream that nobody reads to its end.
    run: Running,
    format: ResponseFormat,
    begun: Option<Begun>,
    told: bool,
    progress: BoxStream<'static, Progress>,
    ready: VecDeque<RouteEvent>,
}

impl Streaming {
    async fn next(mut self) -> Option<(RouteEvent, Self)> {
        loop {
            if !self.told {
                self.told = true;
                let decision = Box::new(Decision::clone(&self.run.decision));
                return Some((RouteEvent::Decision(decision), self));
            }
            if let Some(event) = self.ready.pop_front() {
                return Some((event, self));
            }
            if self.run.ended {
                return None;
            }
            let progress = self.progress.next().await?;
            self.take(progress).await;
        }
    }

    async fn take(&mut self, progress: Progress) {
        match progress {
            Progress::AttemptFailed(attempt) => {
                self.run.attempts.push(Attempt::clone(&attempt));
                self.ready.push_back(RouteEvent::AttemptFailed(*attempt));
            }
            Progress::Delta(delta) => self.ready.push_back(RouteEvent::Delta(delta)),
            Progress::Restarted { from, to, fault } => {
                self.ready
                    .push_back(RouteEvent::Restarted { from, to, fault });
            }
            Progress::Completed(ran) | Progress::Failed(ran) => self.end(*ran).await,
        }
    }

    /// Records the outcome, then tells the end.
    async fn end(&mut self, ran: Ran) {
        self.run.ended = true;
        let Some(begun) = self.begun.take() else {
            return;
        };
        let core = Arc::clone(&self.run.core);
        let outcome = outcome(&begun.decision, &ran, elapsed_ms(self.run.started));
        let taught = core.taught(&begun.decision, &self.format, &ran, &outcome);
        let _ = core.finish(begun, outcome.clone(), taught).await;
        match ran.completion {
            Ok(completion) => {
                self.ready.push_back(RouteEvent::Usage(completion.usage));
                let Completion {
                    stop,
                    model,
                    upstream_id,
                    ..
                } = completion;
                self.ready.push_back(RouteEvent::Completed {
                    stop,
                    model,
                    upstream_id,
                    outcome,
                });
            }
            Err(error) => {
                let error = refusal(error, ran.attempts);
                self.ready.push_back(RouteEvent::Failed {
                    error,
                    outcome: Some(outcome),
                });
            }
        }
    }
}

/// Records the outcome should the stream be dropped before its end.
struct Running {
    core: Arc<Core>,
    decision: Arc<Decision>,
    attempts: Vec<Attempt>,
    reserved_usd: f64,
    started: Instant,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            let attempts = std::mem::take(&mut self.attempts);
            self.core.abandoned(
                &self.decision,
                attempts,
                self.reserved_usd,
                elapsed_ms(self.started),
            );
        }
    }
}
