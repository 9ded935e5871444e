//! An engine that does as it is told.

use crate::{
    domain::{
        ArmId, Completion, Decision, DecisionId, Feedback, Interval, Outcome, OutcomeStatus, Part,
        Plan, Ranking, Step, StopReason, Usage, Weights,
    },
    engine::api::{
        ClassShown, Compared, ConfigurationShown, Deadline, DecisionFilter, DecisionPage,
        DeploymentAction, DeploymentShown, EngineApi, EngineError, Event, Example,
        ExamplesImported, Explained, FeedbackAccepted, ImportMode, MemoryImported, Page,
        ProfileFilter, ProfileShown, ProviderShown, Result, RouteEvent, RouteRequest, Routed,
        Statistics, StatisticsRange,
    },
};
use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use tokio::sync::{broadcast, watch};

/// What `route` and `route_stream` do.
#[derive(Clone, Debug, Default)]
pub enum Script {
    /// Answer.
    #[default]
    Answer,
    /// Fail before a decision.
    Refuse(EngineError),
    /// Decide, say something, then never end.
    Hang,
    /// Decide, say something, then fail.
    Break(EngineError),
    /// Decide, then end without a terminal event.
    BreakOff,
}

#[derive(Debug)]
pub struct Scripted {
    pub script: Mutex<Script>,
    pub asked: Mutex<Vec<RouteRequest>>,
    pub dropped: Arc<AtomicU32>,
    pub judged: Mutex<Vec<Feedback>>,
    pub events: broadcast::Sender<Event>,
    pub failure: watch::Sender<Option<String>>,
}

/// Counts when it is dropped: somebody cancelled.
pub struct Tell(Arc<AtomicU32>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            script: Mutex::default(),
            asked: Mutex::default(),
            dropped: Arc::default(),
            judged: Mutex::default(),
            events: broadcast::channel(4).0,
            failure: watch::Sender::new(None),
        }
    }
}

pub fn decision() -> Decision {
    let arm = ArmId::from("sim/small");
    Decision {
        id: DecisionId::from_parts(1_700_000_000_000, 1),
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
            class: None,
            similarity: 0.0,
            margin: 0.0,
            scores: vec![],
            chosen: arm.clone(),
            propensity: 1.0,
            explored: false,
            knowledge_version: 0,
        },
        excluded: vec![],
        plan: Plan {
            steps: vec![Step { arm, attempts: 1 }],
            fan_out: None,
            max_attempts: 1,
            hedge_after_ms: None,
        },
        decide_only: false,
        prompt: None,
    }
}

fn outcome() -> Outcome {
    Outcome {
        decision: decision().id,
        status: OutcomeStatus::Completed,
        served_by: Some("sim/small".into()),
        attempts: vec![],
        latency_ms: 1.0,
        agreement: None,
        judging: None,
    }
}

fn completion() -> Completion {
    Completion {
        parts: vec![Part::Text("hello".into())],
        tool_calls: vec![],
        stop: StopReason::Stop,
        usage: Usage::default(),
        model: "small".into(),
        upstream_id: None,
        reported_cost_usd: None,
        extra: Default::default(),
    }
}

fn completed() -> RouteEvent {
    RouteEvent::Completed {
        stop: StopReason::Stop,
        model: "small".into(),
        upstream_id: None,
        extra: Default::default(),
        outcome: outcome(),
    }
}

impl Scripted {
    fn next(&self, request: RouteRequest) -> Script {
        self.asked.lock().unwrap().push(request);
        self.script.lock().unwrap().clone()
    }

    fn tell(&self) -> Tell {
        Tell(Arc::clone(&self.dropped))
    }
}

impl EngineApi for Scripted {
    async fn decide(&self, request: RouteRequest) -> Result<Arc<Decision>> {
        match self.next(request) {
            Script::Refuse(error) => Err(error),
            _ => Ok(Arc::new(decision())),
        }
    }

    async fn route(&self, request: RouteRequest, _deadline: Deadline) -> Result<Routed> {
        let script = self.next(request);
        let _tell = self.tell();
        match script {
            Script::Refuse(error) | Script::Break(error) => Err(error),
            Script::Hang => std::future::pending().await,
            Script::Answer | Script::BreakOff => Ok(Routed {
                decision: Arc::new(decision()),
                outcome: outcome(),
                completion: completion(),
            }),
        }
    }

    async fn route_stream(
        &self,
        request: RouteRequest,
        _deadline: Deadline,
    ) -> Result<BoxStream<'static, RouteEvent>> {
        use crate::domain::Delta;
        let script = self.next(request);
        let tell = self.tell();
        let mut events = vec![
            RouteEvent::Decision(Arc::new(decision())),
            RouteEvent::Delta(Delta::Text("hel".into())),
        ];
        match script {
            Script::Refuse(error) => return Err(error),
            Script::Break(error) => events.push(RouteEvent::Failed {
                error,
                outcome: Some(outcome()),
            }),
            Script::Answer => {
                events.push(RouteEvent::Usage(Usage::default()));
                events.push(completed());
            }
            Script::BreakOff => {}
            Script::Hang => {
                let forever = stream::iter(events).chain(stream::pending());
                return Ok(forever.inspect(move |_| _ = &tell).boxed());
            }
        }
        Ok(stream::iter(events).inspect(move |_| _ = &tell).boxed())
    }

    async fn compare(
        &self,
        request: RouteRequest,
        _arms: Vec<String>,
        _deadline: Deadline,
    ) -> Result<Compared> {
        self.next(request);
        Ok(Compared {
            decision: Arc::new(decision()),
            answers: vec![],
            outcome: outcome(),
        })
    }

    async fn feedback(&self, feedback: Feedback) -> Result<FeedbackAccepted> {
        self.judged.lock().unwrap().push(feedback);
        Ok(FeedbackAccepted {
            applied: true,
            ..FeedbackAccepted::default()
        })
    }

    async fn providers(&self) -> Result<Vec<ProviderShown>> {
        Ok(vec![ProviderShown {
            name: "sim".into(),
            dialect: "simulated".into(),
            arms: vec![],
            deployments: vec![],
        }])
    }

    async fn set_deployment_state(
        &self,
        deployment: crate::domain::DeploymentId,
        _action: DeploymentAction,
    ) -> Result<DeploymentShown> {
        Err(EngineError::UnknownDeployment {
            name: deployment.to_string(),
            near: vec![],
        })
    }

    async fn classes(&self) -> Result<Vec<ClassShown>> {
        Ok(vec![])
    }

    async fn rename_class(
        &self,
        class: crate::domain::ClassId,
        _label: String,
    ) -> Result<ClassShown> {
        Err(EngineError::UnknownClass {
            name: class.to_string(),
        })
    }

    async fn profiles(&self, _filter: ProfileFilter) -> Result<Vec<ProfileShown>> {
        Ok(vec![ProfileShown {
            class: None,
            label: String::new(),
            arm: "sim/small".into(),
            quality: Interval { mean: 0.5, sd: 0.1 },
            evidence: 3.0,
            cost_usd: None,
            latency_ms: None,
            failure_rate: 0.0,
            calls: 4.0,
        }])
    }

    async fn decision(&self, id: DecisionId) -> Result<Explained> {
        Err(EngineError::UnknownDecision { id })
    }

    async fn decisions(&self, _filter: DecisionFilter, _page: Page) -> Result<DecisionPage> {
        Ok(DecisionPage::default())
    }

    async fn statistics(&self, _range: StatisticsRange) -> Result<Statistics> {
        Ok(Statistics::default())
    }

    fn watch(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    async fn import_examples(&self, examples: Vec<Example>) -> Result<ExamplesImported> {
        Ok(ExamplesImported {
            examples: examples.len() as u64 - 1,
            scores: examples.len() as u64 - 1,
            refused: vec![(examples.len() - 1, "the last one".into())],
        })
    }

    async fn export_memory(&self) -> Result<BoxStream<'static, Result<Bytes>>> {
        let pieces = ["one", "two"].map(|piece| Ok(Bytes::from(piece)));
        Ok(stream::iter(pieces).boxed())
    }

    async fn import_memory(
        &self,
        _mode: ImportMode,
        pieces: BoxStream<'static, Result<Bytes>>,
    ) -> Result<MemoryImported> {
        let bytes: usize = pieces
            .map(|piece| piece.unwrap().len())
            .collect::<Vec<_>>()
            .await
            .iter()
            .sum();
        Ok(MemoryImported {
            records: bytes as u64,
            skipped: 0,
            facts_left_out: 0,
        })
    }

    async fn reset_memory(&self) -> Result<u64> {
        Ok(7)
    }

    fn configuration_shown(&self) -> ConfigurationShown {
        ConfigurationShown::default()
    }
}
