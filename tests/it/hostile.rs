//! Learning and deciding on what nobody should send: no weights, hundreds of classes, arms that are
//! gone, and a stored learner whose numbers were changed by hand so that its checksum still fits.

use pointsman::{
    decide::{Candidate, Inputs, rank},
    domain::{ArmId, Context, Fact, Ran, Ranking, Score, Source, Weights},
    learn::{ArmPrior, Learner, Settings, context},
    replay::regime::Random,
};

const NONE: Weights = Weights {
    quality: 0.0,
    cost: 0.0,
    latency: 0.0,
};

fn priors(count: usize) -> Vec<ArmPrior> {
    let prior = |i: usize| ArmPrior {
        arm: ArmId::from(format!("arm-{i}")),
        price: None,
        prior_quality: None,
    };
    (0..count).map(prior).collect()
}

fn prompt(random: &mut Random, dimensions: usize) -> Context {
    let embedding: Vec<f32> = (0..dimensions).map(|_| random.normal() as f32).collect();
    context::build(&embedding, "")
}

fn chosen(context: &Context, arm: &str) -> Fact {
    Fact::Chosen {
        context: Some(context.clone()),
        class: None,
        arm: ArmId::new(arm),
        at_ms: 0,
    }
}

fn judged(context: &Context, arm: &str, quality: f64) -> Fact {
    Fact::Judged {
        context: Some(context.clone()),
        class: None,
        arm: ArmId::new(arm),
        quality,
        replaces: None,
        source: Source::Caller(String::new()),
        at_ms: 0,
    }
}

fn decide(learner: &Learner, arms: &[ArmPrior], context: &Context, weights: Weights) -> Ranking {
    let candidate = |prior: &ArmPrior| Candidate::new(prior.arm.clone(), None);
    let candidates: Vec<Candidate> = arms.iter().map(candidate).collect();
    let knowledge = learner.knowledge();
    let inputs = Inputs {
        context: Some(context),
        weights,
        seed: 7,
        ..Inputs::new(&knowledge, &candidates)
    };
    rank(&inputs).unwrap()
}

fn is_sound(ranking: &Ranking, arms: usize) {
    assert_eq!(ranking.scores.len(), arms);
    let total: f64 = ranking.scores.iter().map(|score| score.propensity).sum();
    assert!((total - 1.0).abs() < 1e-6, "{total}");
    assert!(ranking.propensity > 0.0 && ranking.propensity <= 1.0 + 1e-9);
    for score in &ranking.scores {
        assert!((0.0..=1.0).contains(&score.quality.mean), "{score:?}");
        assert!(score.quality.sd.is_finite() && score.score.is_finite());
    }
}

#[test]
fn no_weights_are_refused_and_a_decision_made_with_them_all_the_same_is_sound() {
    let wrong = NONE.checked().unwrap_err().to_string();
    assert!(wrong.contains("all weights are 0"), "{wrong}");
    let arms = priors(3);
    let learner = Learner::new(Settings::default(), &arms);
    let context = prompt(&mut Random(1), 8);
    is_sound(&decide(&learner, &arms, &context, NONE), 3);
}

#[test]
fn fifty_arms_and_a_thousand_classes_are_decided_between() {
    let arms = priors(50);
    let settings = Settings {
        max_classes: 1000,
        found_below: 0.95,
        ..Settings::default()
    };
    let mut learner = Learner::new(settings.clone(), &arms);
    let mut random = Random(2);
    let mut last = prompt(&mut random, 24);
    for _ in 0..1010 {
        last = prompt(&mut random, 24);
        learner.apply(&chosen(&last, "arm-0"));
    }
    let score = |i: usize| Score {
        quality: i as f64 % 2.0,
        cost_usd: Some(0.001),
        output_tokens: None,
    };
    for _ in 0..3 {
        let scores = arms.iter().enumerate();
        learner.apply(&Fact::Scored {
            context: last.clone(),
            scores: scores.map(|(i, arm)| (arm.arm.clone(), score(i))).collect(),
            weight: 1.0,
            at_ms: 0,
        });
    }
    let classes = learner.knowledge().classes().len();
    assert!((950..=1000).contains(&classes), "{classes}");
    is_sound(&decide(&learner, &arms, &last, Weights::BALANCED), 50);
    let twin = Learner::decode(&learner.encode(), settings).unwrap();
    assert_eq!(twin.encode(), learner.encode());
}

#[test]
fn feedback_for_an_arm_that_is_gone_is_kept_for_its_return_and_a_stranger_is_passed_over() {
    let arms = priors(2);
    let mut learner = Learner::new(Settings::default(), &arms);
    let context = prompt(&mut Random(3), 8);
    for _ in 0..20 {
        learner.apply(&chosen(&context, "arm-0"));
        learner.apply(&judged(&context, "arm-0", 0.9));
    }
    learner.declare(&arms[..1]);
    let quality = |learner: &Learner, arm: usize| {
        let ranking = decide(learner, &arms, &context, Weights::BALANCED);
        let name = &arms[arm].arm;
        let of = ranking.scores.iter().find(|score| score.arm == *name);
        of.unwrap().quality.mean
    };
    let before = learner.encode();
    learner.apply(&judged(&context, "never-declared", 0.0));
    assert!((quality(&learner, 0) - 0.9).abs() < 0.1);
    assert!(
        learner.encode().len() <= before.len() + 8,
        "nothing is kept of a stranger"
    );
    for _ in 0..20 {
        learner.apply(&judged(&context, "arm-1", 0.1));
    }
    learner.declare(&arms);
    assert!(quality(&learner, 1) < 0.4 && quality(&learner, 0) > 0.7);
}

/// Every byte of a stored learner, changed in two ways, with a checksum that fits.
#[test]
fn a_stored_learner_changed_by_hand_is_refused_or_decides_soundly() {
    let arms = priors(2);
    let mut learner = Learner::new(Settings::default(), &arms);
    let mut random = Random(4);
    let prompts: Vec<Context> = (0..3).map(|_| prompt(&mut random, 4)).collect();
    for i in 0..12 {
        let (context, arm) = (&prompts[i % 3], ["arm-0", "arm-1"][i % 2]);
        learner.apply(&chosen(context, arm));
        learner.apply(&judged(context, arm, (i % 5) as f64 / 4.0));
    }
    let bytes = learner.encode();
    let body = bytes.len() - 4;
    let (mut refused, mut taken) = (0, 0);
    for at in 5..body {
        for change in [0xFF, 0x80] {
            let mut changed = bytes[..body].to_vec();
            changed[at] ^= change;
            changed.extend(crc32fast::hash(&changed).to_le_bytes());
            let Ok(mut learner) = Learner::decode(&changed, Settings::default()) else {
                refused += 1;
                continue;
            };
            taken += 1;
            learner.declare(&arms);
            for context in &prompts {
                learner.apply(&chosen(context, "arm-0"));
                learner.apply(&judged(context, "arm-0", 1.0));
                learner.apply(&Fact::Ran {
                    class: None,
                    arm: ArmId::new("arm-1"),
                    ran: Ran::default(),
                    at_ms: 0,
                });
                is_sound(&decide(&learner, &arms, context, Weights::BALANCED), 2);
            }
        }
    }
    assert!(refused > 100 && taken > 100, "{refused} {taken}");
}
