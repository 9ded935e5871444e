//! Streamed answers: the dispatcher's progress becomes events; the outcome is recorded before the
//! terminal event, or when the caller leaves.

use super::{
    api::{Deadline, EngineError, RouteEvent, RouteRequest, Routed},
    begun::Begun,
    cache::AtHand,
    core::{Core, Kind},
    ended::refusal,
    route::{in_time, limits},
};
use crate::{
    dispatch::{Progress, Ran},
    domain::{Attempt, ChatRequest, Completion, Delta, Outcome},
    provider::assemble,
};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::{collections::VecDeque, sync::Arc};
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
    let slot = match in_time(deadline, core.at_hand(&request)).await? {
        AtHand::Answer(routed) => return Ok(at_once(*routed)),
        AtHand::Nothing(slot) => slot,
    };
    let mut begun = in_time(deadline, core.begin(&request, Kind::Streamed)).await?;
    let limits = limits(&begun.decision, deadline, request.routing.restart_stream);
    let chat = begun.less.take();
    let chat = chat.unwrap_or_else(|| Arc::new(request.chat));
    begun.slot = slot;
    let asked = Arc::clone(&chat);
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
        begun: Some(begun),
        asked,
        told: false,
        progress,
        ready: VecDeque::new(),
    };
    Ok(stream::unfold(state, Streaming::next).boxed())
}

/// An answer that was at hand, as a stream.
fn at_once(routed: Routed) -> BoxStream<'static, RouteEvent> {
    let decision = RouteEvent::Decision(routed.decision);
    let deltas = assemble::deltas(routed.completion.clone());
    let told = deltas
        .into_iter()
        .filter(|delta| !matches!(delta, Delta::Done { .. }));
    let deltas = told.map(RouteEvent::Delta);
    let end = whole_end(routed.completion, routed.outcome);
    let events: Vec<RouteEvent> = std::iter::once(decision).chain(deltas).chain(end).collect();
    stream::iter(events).boxed()
}

/// The last two events of a whole answer.
fn whole_end(completion: Completion, outcome: Outcome) -> [RouteEvent; 2] {
    let usage = RouteEvent::Usage(completion.usage);
    let completed = RouteEvent::Completed {
        stop: completion.stop,
        model: completion.model,
        upstream_id: completion.upstream_id,
        extra: completion.extra,
        outcome,
    };
    [usage, completed]
}

struct Streaming {
    /// Until the end. Dropped first: it records a stream that nobody reads to its end.
    begun: Option<Begun>,
    asked: Arc<ChatRequest>,
    told: bool,
    progress: BoxStream<'static, Progress>,
    ready: VecDeque<RouteEvent>,
}

impl Streaming {
    async fn next(mut self) -> Option<(RouteEvent, Self)> {
        loop {
            if let (false, Some(begun)) = (self.told, &self.begun) {
                let decision = Arc::clone(&begun.decision);
                self.told = true;
                return Some((RouteEvent::Decision(decision), self));
            }
            if let Some(event) = self.ready.pop_front() {
                return Some((event, self));
            }
            self.begun.as_ref()?;
            let progress = self.progress.next().await?;
            self.take(progress).await;
        }
    }

    async fn take(&mut self, progress: Progress) {
        match progress {
            Progress::AttemptFailed(attempt) => {
                if let Some(begun) = &mut self.begun {
                    begun.attempts.push(Attempt::clone(&attempt));
                }
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
        let Some(begun) = self.begun.take() else {
            return;
        };
        // In a box: what follows the answer needs no room in every piece of it.
        let outcome = Box::pin(begun.finish(&ran, &self.asked)).await;
        match ran.completion {
            Ok(completion) => self.ready.extend(whole_end(completion, outcome)),
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
