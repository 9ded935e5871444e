//! Behaviour of the learner as a whole.

use super::*;
use crate::domain::{ArmId, Context, Fact, Ran, Score, Source};
use proptest::prelude::*;

pub(crate) fn priors(names: &[&str]) -> Vec<ArmPrior> {
    let prior = |name: &&str| ArmPrior {
        arm: ArmId::new(name),
        price: None,
        prior_quality: None,
    };
    names.iter().map(prior).collect()
}

/// A prompt that lies along one of eight axes, a little off it.
pub(crate) fn prompt(axis: usize, wobble: f32) -> Context {
    let mut embedding = [0.0f32; 8];
    embedding[axis % 8] = 1.0;
    embedding[(axis + 1) % 8] = wobble;
    context::build(&embedding, "")
}

pub(crate) fn judged(axis: usize, arm: &str, quality: f64) -> Fact {
    Fact::Judged {
        context: Some(prompt(axis, 0.0)),
        class: None,
        arm: ArmId::new(arm),
        quality,
        replaces: None,
        source: Source::Caller(String::new()),
        at_ms: 0,
    }
}

pub(crate) fn chosen(axis: usize, arm: &str) -> Fact {
    Fact::Chosen {
        context: Some(prompt(axis, 0.0)),
        class: None,
        arm: ArmId::new(arm),
        at_ms: 0,
    }
}

pub(super) fn quality(learner: &Learner, arm: &str, axis: usize) -> f64 {
    let knowledge = learner.knowledge();
    let class = knowledge.classify(&prompt(axis, 0.0));
    let column = knowledge.column(&ArmId::new(arm));
    knowledge
        .estimate(column, class.as_ref(), None, 0)
        .quality
        .mean
}

#[test]
fn each_arm_is_learned_for_the_prompts_it_is_good_at() {
    let mut learner = Learner::new(Settings::default(), &priors(&["a", "b"]));
    for i in 0..200 {
        let (axis, arm) = (i % 2 * 3, if i % 4 < 2 { "a" } else { "b" });
        learner.apply(&chosen(axis, arm));
        let good = (axis == 0) == (arm == "a");
        learner.apply(&judged(axis, arm, if good { 0.9 } else { 0.3 }));
    }
    assert!(quality(&learner, "a", 0) > quality(&learner, "b", 0) + 0.3);
    assert!(quality(&learner, "b", 3) > quality(&learner, "a", 3) + 0.3);
}

/// Good for 200 judgements, then bad for 60: with drift detection off, only what is forgotten tells
/// how soon the estimate follows.
#[test]
fn forgetting_follows_a_change_and_remembering_does_not() {
    let after = |forgetting| {
        let settings = Settings {
            forgetting,
            detect_drift: false,
            ..Settings::default()
        };
        let mut learner = Learner::new(settings, &priors(&["a", "b"]));
        for i in 0..260 {
            learner.apply(&judged(0, "a", if i < 200 { 0.9 } else { 0.1 }));
        }
        quality(&learner, "a", 0)
    };
    let mean_of_all = (200.0 * 0.9 + 60.0 * 0.1) / 260.0;
    assert!((after(1.0) - mean_of_all).abs() < 0.05, "{}", after(1.0));
    assert!(after(0.95) < 0.25, "{}", after(0.95));
}

#[test]
fn a_restart_changes_nothing() {
    let arms = priors(&["a", "b", "c"]);
    let mut learner = Learner::new(Settings::default(), &arms);
    let fact = |i: usize| match i % 2 {
        0 => chosen(i * 7 % 5, ["a", "b", "c"][i % 3]),
        _ => judged(i * 7 % 5, ["a", "b", "c"][i % 3], (i % 11) as f64 / 10.0),
    };
    (0..123).for_each(|i| drop(learner.apply(&fact(i))));
    let mut twin = Learner::decode(&learner.encode(), Settings::default()).unwrap();
    for i in 123..400 {
        assert_eq!(learner.apply(&fact(i)), twin.apply(&fact(i)));
    }
    assert_eq!(learner.encode(), twin.encode());
}

#[test]
fn damaged_bytes_are_refused() {
    let learner = Learner::new(Settings::default(), &priors(&["a"]));
    let bytes = learner.encode();
    assert_eq!(
        Learner::decode(b"", Settings::default()).unwrap_err(),
        DecodeError::Foreign
    );
    for at in 5..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 0x55;
        assert!(
            Learner::decode(&bad, Settings::default()).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn a_correction_takes_the_earlier_judgement_back() {
    let mut learner = Learner::new(Settings::default(), &priors(&["a", "b"]));
    let mut twin = learner.clone();
    for _ in 0..5 {
        learner.apply(&judged(0, "a", 0.0));
        learner.apply(&judged(0, "a", 1.0));
        let Fact::Judged {
            context,
            class,
            arm,
            quality,
            source,
            at_ms,
            ..
        } = judged(0, "a", 1.0)
        else {
            unreachable!()
        };
        let replaces = Some(0.0);
        learner.apply(&Fact::Judged {
            context,
            class,
            arm,
            quality,
            replaces,
            source,
            at_ms,
        });
        twin.apply(&judged(0, "a", 1.0));
        twin.apply(&judged(0, "a", 1.0));
    }
    assert_eq!(learner.arms[0].unplaced, twin.arms[0].unplaced);
}

#[test]
fn a_snapshot_of_an_older_make_is_refused_by_name() {
    let mut bytes = Learner::new(Settings::default(), &priors(&["a"])).encode();
    bytes[4] = 1;
    assert_eq!(
        Learner::decode(&bytes, Settings::default()).unwrap_err(),
        DecodeError::Older { found: 1 }
    );
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1.0),
        Just(1e300),
        Just(0.0),
        0.0f64..1.0,
    ]
}

fn any_context() -> impl Strategy<Value = Context> {
    prop_oneof![
        (any::<Vec<i8>>(), any::<f32>(), any::<Vec<f32>>()).prop_map(|(u, scale, s)| Context {
            units: u.into(),
            scale,
            surface: s.into()
        }),
        (0usize..8, -1.0f32..1.0).prop_map(|(axis, wobble)| prompt(axis, wobble)),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let arm = || prop::sample::select(vec!["a", "b", "gone"]).prop_map(ArmId::new);
    let class = || prop::option::of((0u32..99).prop_map(crate::domain::ClassId));
    prop_oneof![
        (prop::option::of(any_context()), class(), arm()).prop_map(|(context, class, arm)| {
            Fact::Chosen {
                context,
                class,
                arm,
                at_ms: 0,
            }
        }),
        (
            class(),
            arm(),
            any_number(),
            any::<bool>(),
            any_number(),
            any::<u64>()
        )
            .prop_map(|(class, arm, cost, failed, latency, tokens)| Fact::Ran {
                class,
                arm,
                ran: Ran {
                    failed,
                    cost_usd: Some(cost),
                    input_tokens: Some(tokens),
                    output_tokens: Some(tokens),
                    latency_ms: Some(latency),
                    first_token_ms: None,
                },
                at_ms: 0,
            }),
        (
            prop::option::of(any_context()),
            class(),
            arm(),
            any_number(),
            prop::option::of(any_number())
        )
            .prop_map(|(context, class, arm, quality, replaces)| Fact::Judged {
                context,
                class,
                arm,
                quality,
                replaces,
                source: Source::Judge,
                at_ms: 0,
            }),
        (any_context(), arm(), any_number(), any_number()).prop_map(|(context, arm, q, weight)| {
            let score = Score {
                quality: q,
                cost_usd: Some(q),
                output_tokens: None,
            };
            Fact::Scored {
                context,
                scores: vec![(arm, score)],
                weight,
                at_ms: 0,
            }
        }),
        (class(), ".*").prop_map(|(class, label)| Fact::Labelled {
            class: class.unwrap_or_default(),
            label,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_fact_breaks_the_learner(facts in prop::collection::vec(any_fact(), 0..120)) {
        let settings = Settings { max_classes: 5, max_groups: 2, ..Settings::default() };
        let mut learner = Learner::new(settings.clone(), &priors(&["a", "b"]));
        for fact in &facts {
            learner.apply(fact);
        }
        let knowledge = learner.knowledge();
        prop_assert!(knowledge.classes().len() <= 5);
        for profile in knowledge.profiles() {
            prop_assert!((0.0..=1.0).contains(&profile.quality.mean), "{profile:?}");
            prop_assert!(profile.quality.sd.is_finite());
            prop_assert!(profile.cost_usd.is_none_or(|c| (0.0..=1e3).contains(&c)));
        }
        prop_assert!(Learner::decode(&learner.encode(), settings).is_ok());
    }
}
