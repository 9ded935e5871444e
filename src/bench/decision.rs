//! The decision by itself: classify and rank, no embedding, no wire, nothing kept.

use super::{Context, Measure, rounds::Rounds};
use crate::{
    decide::{Candidate, Inputs, rank},
    domain::{ArmId, Context as Prompt, Fact, Source},
    learn::{ArmPrior, Knowledge, Learner, Settings, context},
};
use std::{hint::black_box, sync::Arc};
use tokio::time::Instant;

pub(super) const SUITE: &str = "decision";
/// Classes and arms.
pub(super) const SHAPES: [(usize, usize); 3] = [(64, 10), (64, 50), (1000, 10)];
const DIMENSIONS: usize = 384;
const TURNS: u32 = 5000;

pub(super) fn run(context: &mut Context<'_>) -> Vec<Measure> {
    let mut rounds = Rounds::default();
    let shapes: Vec<_> = SHAPES
        .map(|(classes, arms)| (classes, arms, learned(classes, arms)))
        .into();
    for _ in 0..context.options.rounds {
        for (classes, arms, knowledge) in &shapes {
            let what = format!("{classes} classes, {arms} arms");
            rounds.add(&what, "us", microseconds(knowledge, *arms));
        }
    }
    rounds.medians(SUITE)
}

fn microseconds(knowledge: &Knowledge, arms: usize) -> f64 {
    let prompts: Vec<Prompt> = (0..64).map(prompt).collect();
    let candidates: Vec<Candidate> = (0..arms).map(|n| Candidate::new(arm(n), None)).collect();
    let began = Instant::now();
    for turn in 0..TURNS {
        let inputs = Inputs {
            context: Some(&prompts[turn as usize % prompts.len()]),
            seed: u64::from(turn),
            ..Inputs::new(knowledge, &candidates)
        };
        black_box(rank(black_box(&inputs)));
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(TURNS)
}

/// What a learner knows that has seen each class some times, each arm about as often as another.
fn learned(classes: usize, arms: usize) -> Arc<Knowledge> {
    let priors = priors(arms);
    let settings = Settings {
        max_classes: classes,
        ..Settings::default()
    };
    let mut learner = Learner::new(settings, &priors);
    for round in 0..classes.max(500) {
        let (context, arm) = (prompt(round % classes), arm(round % arms));
        learner.apply(&Fact::Chosen {
            context: Some(context.clone()),
            class: None,
            arm: arm.clone(),
            at_ms: 0,
        });
        learner.apply(&Fact::Judged {
            context: Some(context),
            class: None,
            arm,
            quality: (round % 11) as f64 / 10.0,
            replaces: None,
            source: Source::Caller(String::new()),
            at_ms: 0,
        });
    }
    learner.declare(&priors);
    learner.knowledge()
}

/// Arms of which nothing is known.
pub(super) fn priors(arms: usize) -> Vec<ArmPrior> {
    let prior = |n| ArmPrior {
        arm: arm(n),
        price: None,
        prior_quality: None,
    };
    (0..arms).map(prior).collect()
}

pub(super) fn arm(number: usize) -> ArmId {
    ArmId::new(&format!("mock/model-{number}"))
}

/// A prompt far from that of any other number.
fn prompt(number: usize) -> Prompt {
    let mut state = number as u64;
    let vector: Vec<f32> = (0..DIMENSIONS)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    let vector: Vec<f32> = vector.iter().map(|x| x / norm).collect();
    context::build(&vector, "a prompt of some length, made up from a number")
}
