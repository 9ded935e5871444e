//! The way of one `Decide`, stage by stage, for counting instructions under callgrind
//! (`scripts/instructions.sh`): each stage is a function of its own that is never inlined, so that
//! its inclusive count can be read off by name. Counts do not depend on how busy the machine is.

use super::{
    BenchError,
    decide::WORDS,
    decision::{arm, priors},
};
use crate::{
    config,
    decide::{Candidate, Inputs, plan, rank},
    domain::{ChatRequest, Context, Fact, Message, Plan, Ranking, Role},
    embed::StaticTable,
    engine::{
        Engine, Options,
        api::{EngineApi as _, RouteRequest},
    },
    learn::{Knowledge, Learner, Settings, context},
    load::Prompts,
};
use std::hint::black_box;

const ARMS: usize = 10;
/// Prompts that the learner has seen before anything is counted.
const LEARNED: u64 = 600;

/// Walks the stages so often, then makes so many decisions through the whole engine.
///
/// # Errors
/// The engine does not start, or refuses.
pub async fn walk(turns: u64, whole: u64) -> Result<(), BenchError> {
    stages(turns);
    if whole > 0 {
        through_the_engine(whole).await?;
    }
    Ok(())
}

fn stages(turns: u64) {
    let prompts = Prompts {
        from: 0,
        different: None,
        words: WORDS,
    };
    let table = StaticTable::built_in();
    let priors = priors(ARMS);
    let mut learner = Learner::new(Settings::default(), &priors);
    for n in 0..LEARNED {
        let text = prompts.text(n);
        let vector = table.vector(&text).unwrap_or_default();
        learner.apply(&chosen(context::build(&vector, &text), n));
    }
    let candidates: Vec<Candidate> = (0..ARMS).map(|n| Candidate::new(arm(n), None)).collect();
    for n in LEARNED..LEARNED + turns {
        let text = prompts.text(n);
        let vector = stage_embed(&table, &text);
        let context = stage_context(&vector, &text);
        let knowledge = learner.knowledge();
        let Some(ranking) = stage_rank(&knowledge, &context, &candidates, n) else {
            return;
        };
        black_box(stage_plan(&ranking));
        stage_learn(&mut learner, &chosen(context, n));
    }
}

fn chosen(context: Context, n: u64) -> Fact {
    Fact::Chosen {
        context: Some(context),
        class: None,
        arm: arm(n as usize % ARMS),
        at_ms: n,
    }
}

#[inline(never)]
fn stage_embed(table: &StaticTable, text: &str) -> Vec<f32> {
    table.vector(black_box(text)).unwrap_or_default()
}

#[inline(never)]
fn stage_context(vector: &[f32], text: &str) -> Context {
    context::build(black_box(vector), text)
}

#[inline(never)]
fn stage_rank(
    knowledge: &Knowledge,
    context: &Context,
    candidates: &[Candidate],
    seed: u64,
) -> Option<Ranking> {
    rank(&Inputs {
        context: Some(context),
        seed,
        ..Inputs::new(knowledge, candidates)
    })
}

#[inline(never)]
fn stage_plan(ranking: &Ranking) -> Plan {
    plan::build(ranking, &plan::Options::default())
}

#[inline(never)]
fn stage_learn(learner: &mut Learner, fact: &Fact) {
    black_box(learner.apply(fact));
}

/// The whole of it but the wire: prepared, embedded, decided, recorded durably, learned.
async fn through_the_engine(decisions: u64) -> Result<(), BenchError> {
    let folder = super::server::Temporary::new("path")?;
    let text = super::server::Wanted::default().yaml(&folder.0.join("memory"));
    let failed = |error: &dyn std::fmt::Display| BenchError::Child(error.to_string());
    let config = config::from_text(&text, config::Origin::Simulated, &|_| None);
    let config = config.map_err(|error| failed(&error))?;
    let engine = Engine::open(config, Options::default()).await;
    let engine = engine.map_err(|error| failed(&error))?;
    let prompts = Prompts {
        from: 1 << 32,
        different: None,
        words: WORDS,
    };
    for n in 0..decisions {
        let decided = engine.decide(request(prompts.text(n))).await;
        black_box(decided.map_err(|error| failed(&error))?);
    }
    engine.close().await;
    Ok(())
}

fn request(text: String) -> RouteRequest {
    let chat = ChatRequest {
        messages: vec![Message::text(Role::User, text)],
        ..ChatRequest::default()
    };
    RouteRequest {
        chat,
        ..RouteRequest::default()
    }
}
