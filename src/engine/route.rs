//! Whole answers: decide, dispatch, record, answer.

use super::{
    api::{Answer, Compared, Deadline, EngineError, RouteRequest, Routed},
    begun::Begun,
    cache::AtHand,
    core::{Core, Kind},
    ended::refusal,
    resolve,
};
use crate::{
    dispatch::{ArmAnswer, Limits, Ran},
    domain::{ArmId, ChatRequest, Decision, FanOut, FanOutMode, FanOutWish, Outcome, Plan},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Arms of a comparison that names none and says no number.
const COMPARED_ARMS: u32 = 3;

impl Core {
    /// Decides, calls, records; the answer is given when all of it is durable.
    pub(crate) async fn route(
        self: &Arc<Self>,
        request: RouteRequest,
        deadline: Deadline,
    ) -> Result<Routed, EngineError> {
        let slot = match in_time(deadline, self.at_hand(&request)).await? {
            AtHand::Answer(routed) => return Ok(*routed),
            AtHand::Nothing(slot) => slot,
        };
        let mut begun = in_time(deadline, self.begin(&request, Kind::Whole)).await?;
        begun.slot = slot;
        let limits = limits(&begun.decision, deadline, request.routing.restart_stream);
        let decision = Arc::clone(&begun.decision);
        let chat = Arc::new(request.chat);
        let (ran, outcome) = carry_out(begun, &decision.plan, chat, limits).await;
        match ran.completion {
            Ok(completion) => Ok(Routed {
                decision,
                outcome,
                completion,
            }),
            Err(error) => Err(refusal(error, ran.attempts)),
        }
    }

    /// Asks several arms at once; all answers.
    pub(crate) async fn compare(
        self: &Arc<Self>,
        mut request: RouteRequest,
        arms: Vec<String>,
        deadline: Deadline,
    ) -> Result<Compared, EngineError> {
        let asked: Vec<ArmId> = arms
            .iter()
            .map(|name| resolve::arm(&self.config, name))
            .collect::<Result<_, _>>()?;
        ask_all(&mut request, &asked);
        let begun = in_time(deadline, self.begin(&request, Kind::Whole)).await?;
        let limits = limits(&begun.decision, deadline, false);
        let decision = Arc::clone(&begun.decision);
        let plan = side_by_side(&decision);
        let chat = Arc::new(request.chat);
        let (ran, outcome) = carry_out(begun, &plan, chat, limits).await;
        Ok(Compared {
            decision,
            answers: in_order(ran.answers, &asked),
            outcome,
        })
    }
}

/// Runs a plan and ends the request with what came of it. Dropped before that, the request is
/// recorded as cancelled.
async fn carry_out(
    mut begun: Begun,
    plan: &Plan,
    chat: Arc<ChatRequest>,
    limits: Limits,
) -> (Ran, Outcome) {
    let chat = begun.less.take().unwrap_or(chat);
    let dispatcher = begun.core.dispatcher.clone();
    let ran = dispatcher
        .run(plan, &chat, limits, &CancellationToken::new())
        .await;
    // In a box: what follows the answer needs no room while it is waited for.
    let outcome = Box::pin(begun.finish(&ran, &chat)).await;
    (ran, outcome)
}

/// Makes a comparison of a request: these arms, or as many of the best as it wishes.
fn ask_all(request: &mut RouteRequest, asked: &[ArmId]) {
    let routing = &mut request.routing;
    let arms = match asked.len() {
        0 => routing.fan_out.map_or(COMPARED_ARMS, |wish| wish.arms),
        named => u32::try_from(named).unwrap_or(u32::MAX),
    };
    routing.disable_fallbacks = true;
    routing.fan_out = Some(FanOutWish {
        arms,
        mode: FanOutMode::All,
    });
    if !asked.is_empty() {
        routing.allow = asked.iter().map(ToString::to_string).collect();
    }
}

/// The decision's plan; one arm alone is compared with nothing, but it is what was asked.
fn side_by_side(decision: &Decision) -> Plan {
    let mut plan = decision.plan.clone();
    plan.fan_out.get_or_insert_with(|| FanOut {
        arms: vec![decision.ranking.chosen.clone()],
        mode: FanOutMode::All,
        judge: None,
    });
    plan
}

/// The answers in the order asked.
fn in_order(answers: Vec<ArmAnswer>, asked: &[ArmId]) -> Vec<Answer> {
    let place = |arm: &ArmId| asked.iter().position(|other| other == arm);
    let mut answers: Vec<Answer> = answers
        .into_iter()
        .map(|one| Answer {
            arm: one.arm,
            result: one.result,
            attempt: one.attempt,
        })
        .collect();
    answers.sort_by_key(|answer| place(&answer.arm).unwrap_or(usize::MAX));
    answers
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
