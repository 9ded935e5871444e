//! An engine that does as it is told.

use crate::domain::{
    ArmId, Attempt, AttemptResult, ClassId, Completion, Decision, DecisionId, Delta, DeploymentId,
    Fault, FaultKind, Feedback, Outcome, OutcomeStatus, Part, Plan, Ranking, Step, StopReason,
    ToolCall, Usage, Weights,
};
use crate::engine::api::*;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, watch};

pub const HI: &str = r#"{"model":"auto","messages":[{"role":"user","content":"Hi"}]}"#;
pub const HI_STREAM: &str = r#"{"model":"auto","stream":true,"stream_options":{"include_usage":true},
    "messages":[{"role":"user","content":"Hi"}]}"#;

/// What `route` and `route_stream` do.
#[derive(Clone, Debug, Default)]
pub enum Script {
    #[default]
    Answer,
    Refuse(EngineError),
    /// Decide and fail before anything was said.
    FailEarly(EngineError),
    /// Say something, then fail.
    Break(EngineError),
    /// Say something, then never end.
    Hang,
    /// Say something, then break off without an end.
    BreakOff,
}

pub struct Scripted {
    pub script: Mutex<Script>,
    pub asked: Mutex<Vec<(RouteRequest, bool)>>,
    pub judged: Mutex<Vec<Feedback>>,
    pub dropped: Arc<AtomicU32>,
    pub providers: Mutex<Vec<ProviderShown>>,
    pub events: broadcast::Sender<Event>,
    pub failure: watch::Sender<Option<String>>,
}

struct Tell(Arc<AtomicU32>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn arm(name: &str) -> ArmId {
    ArmId::from(name)
}

pub fn decision() -> Decision {
    Decision {
        id: DecisionId::from_parts(1_763_000_000_000, 1),
        request_id: None,
        tenant: None,
        session: None,
        tags: vec![],
        requested: None,
        policy: "balanced".into(),
        strategy: "adaptive".into(),
        weights: Weights::BALANCED,
        input_tokens: 3,
        context: None,
        degradation: None,
        dropped: Vec::new(),
        cached: None,
        seed: 1,
        ranking: Ranking {
            class: Some(ClassId(3)),
            similarity: 0.5,
            margin: 0.1,
            scores: vec![],
            chosen: arm("sim/small"),
            propensity: 0.9,
            explored: false,
            knowledge_version: 0,
        },
        excluded: vec![],
        plan: Plan {
            steps: vec![Step {
                arm: arm("sim/small"),
                attempts: 1,
            }],
            fan_out: None,
            max_attempts: 1,
            hedge_after_ms: None,
        },
        decide_only: false,
        prompt: None,
    }
}

pub fn attempt(name: &str, result: AttemptResult) -> Attempt {
    Attempt {
        arm: arm(name),
        deployment: Some(DeploymentId::from(name)),
        started_at_ms: 1_763_000_000_000,
        first_token_ms: None,
        latency_ms: 90.0,
        result,
        usage: Usage::default(),
        cost_usd: Some(0.0005),
    }
}

pub fn failed(name: &str, kind: FaultKind) -> Attempt {
    attempt(
        name,
        AttemptResult::Failed(Fault::new(kind, "it did not work")),
    )
}

pub fn outcome() -> Outcome {
    Outcome {
        decision: decision().id,
        status: OutcomeStatus::Completed,
        served_by: Some(arm("sim/small")),
        attempts: vec![attempt("sim/small", AttemptResult::Completed)],
        latency_ms: 91.5,
        agreement: None,
        judging: None,
    }
}

fn usage() -> Usage {
    Usage {
        input_uncached: 10,
        cache_read: 4,
        cache_write: 2,
        output_visible: 5,
        reasoning: 7,
        known: true,
    }
}

fn call() -> ToolCall {
    ToolCall {
        id: "call_1".into(),
        name: "look".into(),
        arguments: r#"{"a":1}"#.into(),
        signature: Some("gemini:c2ln".into()),
    }
}

fn completion() -> Completion {
    Completion {
        parts: vec![
            Part::Reasoning {
                text: "Hm.".into(),
                signature: Some("anthropic:c2ln".into()),
            },
            Part::Text("Grüße 🌍".into()),
        ],
        tool_calls: vec![call()],
        stop: StopReason::ToolCalls,
        usage: usage(),
        model: "small-2026".into(),
        upstream_id: Some("up-1".into()),
        reported_cost_usd: None,
        extra: Default::default(),
    }
}

fn said() -> Vec<RouteEvent> {
    vec![
        RouteEvent::Decision(Arc::new(decision())),
        RouteEvent::Delta(Delta::Reasoning {
            text: "Hm.".into(),
            signature: Some("anthropic:c2ln".into()),
        }),
        RouteEvent::Delta(Delta::Text("Grüße ".into())),
        RouteEvent::Delta(Delta::Text("🌍".into())),
        RouteEvent::Delta(Delta::ToolCall {
            index: 0,
            id: Some("call_1".into()),
            name: Some("look".into()),
            arguments: String::new(),
            signature: None,
        }),
        RouteEvent::Delta(Delta::ToolCall {
            index: 0,
            id: None,
            name: None,
            arguments: r#"{"a":1}"#.into(),
            signature: Some("gemini:c2ln".into()),
        }),
    ]
}

fn completed() -> Vec<RouteEvent> {
    vec![
        RouteEvent::Usage(usage()),
        RouteEvent::Completed {
            stop: StopReason::ToolCalls,
            model: "small-2026".into(),
            upstream_id: None,
            extra: Default::default(),
            outcome: outcome(),
        },
    ]
}

impl Scripted {
    pub fn new() -> Self {
        Self {
            script: Mutex::default(),
            asked: Mutex::default(),
            judged: Mutex::default(),
            dropped: Arc::default(),
            providers: Mutex::default(),
            events: broadcast::channel(16).0,
            failure: watch::Sender::new(None),
        }
    }

    pub fn play(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    fn ask(&self, request: RouteRequest, deadline: Deadline) -> Script {
        let timed = deadline.0.is_some();
        self.asked.lock().unwrap().push((request, timed));
        self.script.lock().unwrap().clone()
    }
}

impl EngineApi for Scripted {
    async fn route(&self, request: RouteRequest, deadline: Deadline) -> Result<Routed> {
        let _tell = Tell(Arc::clone(&self.dropped));
        match self.ask(request, deadline) {
            Script::Answer => Ok(Routed {
                decision: Arc::new(decision()),
                outcome: outcome(),
                completion: completion(),
            }),
            Script::Refuse(error) | Script::FailEarly(error) | Script::Break(error) => Err(error),
            Script::Hang | Script::BreakOff => std::future::pending().await,
        }
    }

    async fn route_stream(
        &self,
        request: RouteRequest,
        deadline: Deadline,
    ) -> Result<BoxStream<'static, RouteEvent>> {
        let tell = Tell(Arc::clone(&self.dropped));
        let fail = |error| RouteEvent::Failed {
            error,
            outcome: None,
        };
        let mut hang = false;
        let events = match self.ask(request, deadline) {
            Script::Answer => [said(), completed()].concat(),
            Script::Refuse(error) => return Err(error),
            Script::FailEarly(error) => {
                let first = RouteEvent::Decision(Arc::new(decision()));
                let lost = failed("sim/small", FaultKind::ServerError);
                vec![first, RouteEvent::AttemptFailed(lost), fail(error)]
            }
            Script::Break(error) => [said(), vec![fail(error)]].concat(),
            Script::BreakOff => said(),
            Script::Hang => {
                hang = true;
                said()
            }
        };
        let events = stream::iter(events);
        let rest = if hang {
            stream::pending().boxed()
        } else {
            stream::empty().boxed()
        };
        let all = events.chain(rest).inspect(move |_| {
            let _held = &tell;
        });
        Ok(all.boxed())
    }

    async fn feedback(&self, feedback: Feedback) -> Result<FeedbackAccepted> {
        self.judged.lock().unwrap().push(feedback);
        Ok(FeedbackAccepted {
            applied: true,
            duplicate: false,
            replaced: true,
        })
    }

    async fn providers(&self) -> Result<Vec<ProviderShown>> {
        Ok(self.providers.lock().unwrap().clone())
    }

    fn watch(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    // What the face never asks for.
    async fn decide(&self, _: RouteRequest) -> Result<Arc<Decision>> {
        unreachable!()
    }
    async fn compare(&self, _: RouteRequest, _: Vec<String>, _: Deadline) -> Result<Compared> {
        unreachable!()
    }
    async fn set_deployment_state(
        &self,
        _: DeploymentId,
        _: DeploymentAction,
    ) -> Result<DeploymentShown> {
        unreachable!()
    }
    async fn classes(&self) -> Result<Vec<ClassShown>> {
        unreachable!()
    }
    async fn rename_class(&self, _: ClassId, _: String) -> Result<ClassShown> {
        unreachable!()
    }
    async fn profiles(&self, _: ProfileFilter) -> Result<Vec<ProfileShown>> {
        unreachable!()
    }
    async fn decision(&self, _: DecisionId) -> Result<Explained> {
        unreachable!()
    }
    async fn decisions(&self, _: DecisionFilter, _: Page) -> Result<DecisionPage> {
        unreachable!()
    }
    async fn statistics(&self, _: StatisticsRange) -> Result<Statistics> {
        unreachable!()
    }
    async fn import_examples(&self, _: Vec<Example>) -> Result<ExamplesImported> {
        unreachable!()
    }
    async fn export_memory(&self) -> Result<BoxStream<'static, Result<Bytes>>> {
        unreachable!()
    }
    async fn import_memory(
        &self,
        _: ImportMode,
        _: BoxStream<'static, Result<Bytes>>,
    ) -> Result<MemoryImported> {
        unreachable!()
    }
    async fn reset_memory(&self) -> Result<u64> {
        unreachable!()
    }
    fn names(&self) -> Vec<(String, &'static str)> {
        vec![("fast".into(), "alias"), ("cost".into(), "policy")]
    }
    fn configuration_shown(&self) -> ConfigurationShown {
        unreachable!()
    }
}
