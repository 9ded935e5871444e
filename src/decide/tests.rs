//! Behaviour of decisions as a whole.

use super::*;
use crate::domain::{ArmId, FanOutMode, FanOutWish, Price, Weights};
use crate::learn::{ArmPrior, Learner, Settings};
use proptest::prelude::*;

fn normal(seed: u64, counter: u64) -> f64 {
    let u = |k: u64| {
        let mut z = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(k.wrapping_mul(0x9E3779B97F4A7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + 1e-17
    };
    (-2.0 * u(2 * counter).ln()).sqrt() * (std::f64::consts::TAU * u(2 * counter + 1)).cos()
}

/// The dumb twin: draws all values many times over and counts who is best.
fn by_counting(means: &[f64], deviations: &[f64], draws: u64) -> Vec<f64> {
    let mut wins = vec![0.0; means.len()];
    for draw in 0..draws {
        let value = |a: usize| means[a] + deviations[a] * normal(77, draw * 64 + a as u64);
        let best = (0..means.len())
            .max_by(|&a, &b| value(a).total_cmp(&value(b)))
            .unwrap();
        wins[best] += 1.0 / draws as f64;
    }
    wins
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn probabilities_are_those_of_thompson_sampling(
        arms in prop::collection::vec((0.0f64..1.0, 0.01f64..0.3), 1..9)
    ) {
        let (means, deviations): (Vec<f64>, Vec<f64>) = arms.into_iter().unzip();
        let exact = best_probabilities(&means, &deviations);
        prop_assert!((exact.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        for (p, q) in exact.iter().zip(by_counting(&means, &deviations, 8000)) {
            prop_assert!((p - q).abs() < 0.03, "{means:?} {deviations:?} {p} {q}");
        }
    }

    #[test]
    fn any_numbers_give_a_distribution(
        arms in prop::collection::vec((any::<f64>(), any::<f64>()), 1..60)
    ) {
        let (means, deviations): (Vec<f64>, Vec<f64>) = arms.into_iter().unzip();
        let exact = best_probabilities(&means, &deviations);
        prop_assert!((exact.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(exact.iter().all(|p| *p >= 0.0));
    }
}

#[test]
fn draws_follow_the_distribution() {
    let probabilities = [0.6, 0.0, 0.3, 0.1];
    let mut counts = [0.0; 4];
    for seed in 0..20_000 {
        counts[draw(&probabilities, seed).unwrap()] += 1.0 / 20_000.0;
    }
    for (count, p) in counts.iter().zip(probabilities) {
        assert!((count - p).abs() < 0.012, "{counts:?}");
    }
    assert_eq!(draw(&[], 1), None);
    assert_eq!(draw(&[0.0], 1), None);
}

fn price(blended: f64) -> Option<Price> {
    Some(Price {
        input_per_mtok: blended,
        output_per_mtok: blended,
        cache_read_per_mtok: None,
        cache_write_per_mtok: None,
    })
}

fn setting() -> (Learner, Vec<Candidate>) {
    let arms = [("dear", 10.0, 0.9), ("fair", 1.0, 0.8), ("free", 0.0, 0.3)];
    let prior = |(name, cost, quality): &(&str, f64, f64)| ArmPrior {
        arm: ArmId::new(name),
        price: price(*cost),
        prior_quality: Some(*quality),
    };
    let priors: Vec<ArmPrior> = arms.iter().map(prior).collect();
    let candidates = priors
        .iter()
        .map(|p| Candidate::new(p.arm.clone(), p.price))
        .collect();
    (Learner::new(Settings::default(), &priors), candidates)
}

#[test]
fn weights_decide_between_quality_and_cost() {
    let (learner, candidates) = setting();
    let knowledge = learner.knowledge();
    for (weights, best) in [
        (
            Weights {
                quality: 1.0,
                cost: 0.0,
                latency: 0.0,
            },
            "dear",
        ),
        (
            Weights {
                quality: 1.0,
                cost: 0.3,
                latency: 0.0,
            },
            "fair",
        ),
        (
            Weights {
                quality: 0.0,
                cost: 1.0,
                latency: 0.0,
            },
            "free",
        ),
    ] {
        let inputs = Inputs {
            weights,
            explore: false,
            ..Inputs::new(&knowledge, &candidates)
        };
        let mut ranking = rank(&inputs).unwrap();
        assert_eq!(ranking.chosen.as_str(), best);
        assert_eq!(ranking.propensity, 1.0);
        explain(&mut ranking, &weights);
        for score in &ranking.scores {
            let sum: f64 = score.terms.iter().map(|(_, value)| value).sum();
            assert!((sum - score.score).abs() < 1e-12);
        }
    }
    assert!(rank(&Inputs::new(&knowledge, &[])).is_none());
}

#[test]
fn a_plan_puts_the_chosen_arm_first_and_no_arm_twice() {
    let (learner, candidates) = setting();
    let knowledge = learner.knowledge();
    let ranking = rank(&Inputs {
        seed: 3,
        ..Inputs::new(&knowledge, &candidates)
    })
    .unwrap();
    let fan = FanOutWish {
        arms: 3,
        mode: FanOutMode::Majority,
    };
    for options in [
        plan::Options::default(),
        plan::Options {
            fan_out: Some(fan),
            ..plan::Options::default()
        },
        plan::Options {
            fallbacks: vec!["free".into(), "none".into()],
            ..plan::Options::default()
        },
        plan::Options {
            last: vec!["free".into(), ranking.chosen.clone(), "none".into()],
            ..plan::Options::default()
        },
        plan::Options {
            disable_fallbacks: true,
            last: vec!["free".into()],
            ..plan::Options::default()
        },
    ] {
        let plan = plan::build(&ranking, &options);
        assert_eq!(plan.steps[0].arm, ranking.chosen);
        if options.last.len() > 1 && ranking.chosen.as_str() != "free" {
            assert_eq!(plan.steps.last().unwrap().arm.as_str(), "free");
            assert_eq!(plan.max_attempts, options.max_attempts + 1);
        }
        let mut arms: Vec<&ArmId> = plan.steps.iter().map(|step| &step.arm).collect();
        arms.sort();
        arms.dedup();
        assert_eq!(arms.len(), plan.steps.len());
        assert!(plan.max_attempts >= 1);
        assert_eq!(plan.steps.len() == 1, options.disable_fallbacks);
    }
}

#[test]
fn the_smallest_change_of_weights_changes_the_choice() {
    let (learner, candidates) = setting();
    let knowledge = learner.knowledge();
    let weights = Weights {
        quality: 1.0,
        cost: 0.05,
        latency: 0.0,
    };
    let inputs = Inputs {
        weights,
        explore: false,
        ..Inputs::new(&knowledge, &candidates)
    };
    let before = rank(&inputs).unwrap();
    let change = smallest_change(&before, &weights).unwrap();
    assert_eq!((before.chosen.as_str(), change.what), ("dear", "cost"));
    let beyond = Weights {
        cost: weights.cost * change.factor * 1.01,
        ..weights
    };
    let after = rank(&Inputs {
        weights: beyond,
        ..inputs.clone()
    })
    .unwrap();
    assert_eq!(after.chosen, change.arm);
    let short = Weights {
        cost: weights.cost * change.factor * 0.99,
        ..weights
    };
    assert_eq!(
        rank(&Inputs {
            weights: short,
            ..inputs
        })
        .unwrap()
        .chosen,
        before.chosen
    );
}
