//! Prompts, arms and learners made up from numbers: the same in each run.

use pointsman::{
    domain::{ArmId, ClassId, Context, Fact, Price, Ran, Source},
    learn::{ArmPrior, Learner, Settings, context},
    rng::generator,
};
use rand_distr::{Distribution as _, StandardNormal};
use std::fmt;

/// Length of MiniLM's vectors, the longer ones of the two embedders.
const DIMENSIONS: usize = 384;

/// Noon of some day, in Unix milliseconds.
pub const NOW_MS: u64 = 1_800_000_000_000;

/// How much a learner knows.
#[derive(Clone, Copy)]
pub struct Size {
    pub classes: usize,
    pub arms: usize,
}

impl Size {
    pub const fn of(classes: usize, arms: usize) -> Self {
        Self { classes, arms }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} classes, {} arms", self.classes, self.arms)
    }
}

/// A text of so many tokens: each of its words is one.
pub fn text(tokens: usize) -> String {
    const WORDS: &str = "how do i write a function that reads a long list of numbers from a file \
        and returns the largest of them without keeping the whole list in memory at the same time";
    let words: Vec<&str> = WORDS.split_whitespace().cycle().take(tokens).collect();
    words.join(" ")
}

/// A vector far from that of any other number.
pub fn embedding(number: usize) -> Vec<f32> {
    let mut rng = generator(number as u64, "benchmark prompt");
    (0..DIMENSIONS)
        .map(|_| StandardNormal.sample(&mut rng))
        .collect()
}

pub fn prompt(number: usize) -> Context {
    context::build(&embedding(number), &text(8 + number % 64))
}

pub fn arm(number: usize) -> ArmId {
    ArmId::new(&format!("provider-{}/model-{number}", number % 5))
}

/// Prices over two orders of magnitude, as models have them.
pub fn price(number: usize) -> Price {
    let input = 0.1 * 1.1f64.powi(number as i32 % 50);
    Price {
        input_per_mtok: input,
        output_per_mtok: 4.0 * input,
        cache_read_per_mtok: None,
        cache_write_per_mtok: None,
    }
}

pub fn priors(arms: usize) -> Vec<ArmPrior> {
    let prior = |number| ArmPrior {
        arm: arm(number),
        price: Some(price(number)),
        prior_quality: None,
    };
    (0..arms).map(prior).collect()
}

/// A judgement; what an arm is worth in a class does not change from round to round.
pub fn judged(round: usize, size: Size) -> Fact {
    let (prompt_number, arm_number) = (round % size.classes, round % size.arms);
    let worth = 0.4 + 0.4 * ((prompt_number * 7 + arm_number * 3) % 11) as f64 / 10.0;
    Fact::Judged {
        context: Some(prompt(prompt_number)),
        class: None,
        arm: arm(arm_number),
        quality: worth + if round.is_multiple_of(2) { 0.05 } else { -0.05 },
        replaces: None,
        source: Source::Caller(String::new()),
        at_ms: NOW_MS + round as u64,
    }
}

fn ran(class: Option<ClassId>, arm: ArmId, round: usize) -> Fact {
    Fact::Ran {
        class,
        arm,
        ran: Ran {
            cost_usd: Some(0.001),
            input_tokens: Some(200),
            output_tokens: Some(150),
            latency_ms: Some(800.0 + (round % 100) as f64),
            ..Ran::default()
        },
        at_ms: NOW_MS,
    }
}

/// A learner past its first hundreds of requests, with so many classes and arms.
pub fn learner(size: Size) -> Learner {
    let settings = Settings {
        max_classes: size.classes,
        ..Settings::default()
    };
    let mut learner = Learner::new(settings, &priors(size.arms));
    for round in 0..size.classes.max(480) {
        let (context, arm) = (prompt(round % size.classes), arm(round % size.arms));
        learner.apply(&Fact::Chosen {
            context: Some(context.clone()),
            class: None,
            arm: arm.clone(),
            at_ms: NOW_MS,
        });
        let class = learner.knowledge().classify(&context).map(|of| of.class);
        learner.apply(&ran(class, arm, round));
        learner.apply(&judged(round, size));
    }
    learner.declare(&priors(size.arms)); // publishes what was learned last
    assert_eq!(learner.knowledge().classes().len(), size.classes);
    learner
}
