//! The product itself on the field: `learn` and `decide` as the service runs them, no second
//! implementation.

use super::field::{Ask, Router, Taught};
use super::world::World;
use crate::decide::{Candidate, Inputs, rank};
use crate::domain::{ArmId, ClassId, Fact, Ran, Score, Source, Weights};
use crate::learn::{ArmPrior, Change, Learner, Settings};

/// The adaptive router.
pub struct Adaptive {
    learner: Learner,
    candidates: Vec<Candidate>,
    closed: Option<usize>,
    /// Cost that one unit of lambda is charged for: the dearest arm's mean by list.
    unit_usd: f64,
    /// Class of the last prompt, as it was decided on.
    class: Option<ClassId>,
    /// Changes of an arm's quality that it believes to have seen.
    pub alarms: usize,
}

impl Adaptive {
    /// A router that knows the list prices of all arms but those that join later.
    #[must_use]
    pub fn new(world: &World, settings: Settings, closed: Option<usize>, unit_usd: f64) -> Self {
        let candidates: Vec<Candidate> = world
            .prices
            .iter()
            .enumerate()
            .map(|(a, price)| Candidate::new(World::alias(a), *price))
            .collect();
        let mut router = Self {
            learner: Learner::new(settings, &[]),
            candidates,
            closed,
            unit_usd,
            class: None,
            alarms: 0,
        };
        router.declare();
        router
    }

    fn declare(&mut self) {
        let open = self
            .candidates
            .iter()
            .enumerate()
            .filter(|(a, _)| Some(*a) != self.closed);
        let priors: Vec<ArmPrior> = open
            .map(|(_, c)| ArmPrior {
                arm: c.arm.clone(),
                price: c.price,
                prior_quality: None,
            })
            .collect();
        self.learner.declare(&priors);
    }

    fn index(&self, arm: &ArmId) -> usize {
        self.candidates
            .iter()
            .position(|c| c.arm == *arm)
            .unwrap_or(0)
    }

    /// What it has learned.
    #[must_use]
    pub fn learner(&self) -> &Learner {
        &self.learner
    }
}

impl Router for Adaptive {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        let knowledge = self.learner.knowledge();
        let prompt = &world.prompts[ask.prompt];
        // The sweep's lambda is per unit of the world's cost, the product's weight per reference.
        let cost = ask.lambda * knowledge.references().cost_usd / self.unit_usd;
        let open: Vec<Candidate>;
        let candidates = match ask.closed {
            None => &self.candidates,
            Some(closed) => {
                let all = self.candidates.iter().enumerate();
                open = all
                    .filter(|(a, _)| *a != closed)
                    .map(|(_, c)| c.clone())
                    .collect();
                &open
            }
        };
        let ranking = rank(&Inputs {
            context: Some(&prompt.context),
            weights: Weights {
                quality: 1.0,
                cost,
                latency: 0.0,
            },
            seed: ask.seed,
            now_ms: ask.step as u64 * 1000,
            input_tokens: world.answer(ask.prompt, 0).input_tokens.unwrap_or(0.0) as u64,
            ..Inputs::new(&knowledge, candidates)
        });
        let Some(ranking) = ranking else { return 0 };
        self.class = ranking.class;
        let (context, class) = (Some(prompt.context.clone()), ranking.class);
        let (arm, at_ms) = (ranking.chosen.clone(), ask.step as u64 * 1000);
        self.learner.apply(&Fact::Chosen {
            context,
            class,
            arm,
            at_ms,
        });
        self.index(&ranking.chosen)
    }

    fn learn(&mut self, world: &World, taught: &Taught) {
        let answer = world.answer(taught.prompt, taught.arm);
        let at_ms = taught.step as u64 * 1000;
        let arm = World::alias(taught.arm);
        let context = &world.prompts[taught.prompt].context;
        let class = self.class;
        let ran = Ran {
            failed: false,
            cost_usd: Some(taught.cost_usd),
            input_tokens: answer.input_tokens.map(|t| t as u64),
            output_tokens: answer.output_tokens.map(|t| t as u64),
            latency_ms: None,
            first_token_ms: None,
        };
        self.learner.apply(&Fact::Ran {
            class,
            arm: arm.clone(),
            ran,
            at_ms,
        });
        if let Some(quality) = taught.quality {
            let (context, source) = (Some(context.clone()), Source::Caller(String::new()));
            let replaces = None;
            let changes = self.learner.apply(&Fact::Judged {
                context,
                class,
                arm,
                quality,
                replaces,
                source,
                at_ms,
            });
            let alarm = |change: &&Change| matches!(change, Change::Drift { .. });
            self.alarms += changes.iter().filter(alarm).count();
        }
    }

    fn warm_up(&mut self, world: &World, prompt: usize) {
        let score = |a: usize| {
            let answer = world.answer(prompt, a);
            let score = Score {
                quality: answer.quality,
                cost_usd: answer.cost_usd,
                output_tokens: answer.output_tokens.map(|t| t as u64),
            };
            (World::alias(a), score)
        };
        self.learner.apply(&Fact::Scored {
            context: world.prompts[prompt].context.clone(),
            scores: (0..world.arms.len()).map(score).collect(),
            weight: 1.0,
            at_ms: 0,
        });
    }

    fn newcomer(&mut self, _world: &World, _arm: usize) {
        self.closed = None;
        self.declare();
    }
}
