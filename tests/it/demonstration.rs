//! The demonstration's traffic through the real engine, on eleven seeds: after the run the chosen arm
//! of each kind of prompt is the best trade-off, also after a restart.
//!
//! Nothing depends on the machine's load: tokio's time is paused, so that the simulated models take
//! exactly as long as they say; the engine's clock stands still until it is set; all chance follows
//! from the seed. The demonstration itself (`pointsman demo`) does the same over gRPC.

use pointsman::{
    clock::ManualClock,
    config::{self, Origin},
    demo::{Truth, traffic},
    domain::{ArmId, ChatRequest, DecisionId, Feedback, Message, Role, Source, Weights},
    engine::{
        Engine, Options,
        api::{Deadline, EngineApi, EngineError, RouteRequest},
    },
    provider::simulated::{Kind, grade},
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// As many as `pointsman demo` sends.
const PROMPTS: usize = 400;
/// Prompts of each kind that the service is asked about when all is done.
const ASKED: usize = 15;

/// As `demo::server::config` writes it, apart from the doors and the speed.
fn configuration(memory: &Path, seed: u64) -> config::Config {
    let text = format!(
        "embedding: {{ kind: static }}\n\
         memory: {{ path: {memory:?} }}\n\
         learning: {{ exploration: 5, spread: 2.5 }}\n\
         providers:\n  - name: simulated\n    type: simulated\n    \
         simulation: {{ seed: {seed}, time_scale: 1 }}\n"
    );
    config::from_text(&text, Origin::Simulated, &|_| None).unwrap()
}

/// One service, its clock and its seed.
struct Service {
    engine: Engine,
    clock: Arc<ManualClock>,
    seed: u64,
}

impl Service {
    async fn open(memory: &Path, seed: u64, clock: &Arc<ManualClock>) -> Self {
        let options = Options {
            seed: Some(seed),
            clock: Some(clock.clone()),
        };
        let engine = Engine::open(configuration(memory, seed), options).await;
        Self {
            engine: engine.unwrap(),
            clock: Arc::clone(clock),
            seed,
        }
    }

    /// Routes a prompt and judges the answer as its user would; the arm that served.
    async fn ask(&self, prompt: &str) -> Option<ArmId> {
        self.clock.advance(Duration::from_millis(100));
        let routed = match self.engine.route(request(prompt), Deadline::NONE).await {
            Ok(routed) => routed,
            Err(EngineError::AllFailed { .. }) => return None,
            Err(error) => panic!("{prompt}: {error}"),
        };
        let arm = routed.outcome.served_by.unwrap();
        let quality = grade(prompt, &arm, self.seed).unwrap();
        let judged = judgement(routed.decision.id, quality);
        assert!(self.engine.feedback(judged).await.unwrap().applied);
        Some(arm)
    }

    /// The arm that most of a kind's prompts go to where nothing is tried out.
    async fn choice(&self, kind: Kind) -> ArmId {
        let mut votes: BTreeMap<ArmId, usize> = BTreeMap::new();
        for prompt in kind.prompts().take(ASKED) {
            let mut request = request(prompt);
            request.routing.explore = Some(false);
            let decision = self.engine.decide(request).await.unwrap();
            *votes.entry(decision.ranking.chosen.clone()).or_default() += 1;
        }
        votes.into_iter().max_by_key(|(_, n)| *n).unwrap().0
    }
}

fn request(prompt: &str) -> RouteRequest {
    RouteRequest {
        chat: ChatRequest {
            messages: vec![Message::text(Role::User, prompt)],
            ..ChatRequest::default()
        },
        ..RouteRequest::default()
    }
}

fn judgement(decision: DecisionId, quality: f64) -> Feedback {
    Feedback {
        decision,
        arm: None,
        request_id: None,
        quality: Some(quality),
        comment: None,
        source: Source::Caller("demonstration".to_owned()),
        usage: None,
        cost_usd: None,
        latency_ms: None,
        failed: None,
        at_ms: 0,
    }
}

/// What was served, request by request, and what is chosen for each kind after a restart.
async fn run(seed: u64, prompts: usize) -> (Vec<Option<ArmId>>, Vec<(Kind, ArmId)>) {
    let memory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let service = Service::open(memory.path(), seed, &clock).await;
    let mut served = Vec::new();
    for request in traffic(&Kind::FIVE, prompts, seed) {
        served.push(service.ask(request.prompt).await);
    }
    service.engine.close().await;
    drop(service);

    let service = Service::open(memory.path(), seed, &clock).await;
    let mut chosen = Vec::new();
    for kind in Kind::FIVE {
        chosen.push((kind, service.choice(kind).await));
    }
    service.engine.close().await;
    (served, chosen)
}

async fn check(seed: u64) {
    let truth = Truth::of(&traffic(&Kind::FIVE, PROMPTS, seed), seed);
    let best: Vec<(Kind, ArmId)> = Kind::FIVE
        .into_iter()
        .map(|kind| (kind, truth.best(kind, &Weights::BALANCED).unwrap()))
        .collect();
    let (served, chosen) = run(seed, PROMPTS).await;
    assert_eq!(chosen, best, "seed {seed}: the choice and the best");
    let answered = served.iter().flatten().count();
    assert!(answered * 100 >= PROMPTS * 99, "seed {seed}: {answered}");
}

/// Were it otherwise, a passed test would say little about the next run of it.
#[tokio::test(start_paused = true)]
async fn the_same_seed_serves_and_chooses_the_same_again() {
    assert_eq!(run(1, 150).await, run(1, 150).await);
}

/// A test a seed, so that they run side by side.
macro_rules! seeds {
    ($($name:ident: $seed:literal,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            check($seed).await;
        }
    )*};
}

seeds! {
    the_best_trade_off_of_each_kind_is_found_seed_1: 1,
    the_best_trade_off_of_each_kind_is_found_seed_2: 2,
    the_best_trade_off_of_each_kind_is_found_seed_3: 3,
    the_best_trade_off_of_each_kind_is_found_seed_4: 4,
    the_best_trade_off_of_each_kind_is_found_seed_5: 5,
    the_best_trade_off_of_each_kind_is_found_seed_6: 6,
    the_best_trade_off_of_each_kind_is_found_seed_7: 7,
    the_best_trade_off_of_each_kind_is_found_seed_8: 8,
    the_best_trade_off_of_each_kind_is_found_seed_9: 9,
    the_best_trade_off_of_each_kind_is_found_seed_10: 10,
    the_best_trade_off_of_each_kind_is_found_seed_11: 11,
}
