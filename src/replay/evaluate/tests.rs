//! Estimates against a log whose truth is known.

use super::*;
use crate::domain::Interval;
use crate::replay::regime::Random;

const REFERENCES: learn::References = learn::References {
    cost_usd: 1.0,
    latency_ms: 1.0,
    input_tokens: 100.0,
};

fn score(arm: &str, quality: f64, propensity: f64) -> ArmScore {
    ArmScore {
        arm: ArmId::new(arm),
        quality: Interval {
            mean: quality,
            sd: 0.1,
        },
        cost_usd: Some(Interval { mean: 1.0, sd: 0.0 }),
        latency_ms: None,
        failure_rate: 0.0,
        evidence: 1.0,
        score: quality,
        propensity,
        terms: Vec::new(),
    }
}

/// Arms of true quality .8 and .5; the log's model of them is wrong.
fn log(n: usize, first: f64) -> Vec<Logged> {
    let mut random = Random(5);
    let one = |_| {
        let a = random.uniform() < first;
        let truth = if a { 0.8 } else { 0.5 };
        Logged {
            ranking: Ranking {
                class: None,
                similarity: 0.0,
                margin: 0.0,
                scores: vec![score("a", 0.6, first), score("b", 0.55, 1.0 - first)],
                chosen: ArmId::new(if a { "a" } else { "b" }),
                propensity: if a { first } else { 1.0 - first },
                explored: !a,
                knowledge_version: 1,
            },
            quality: Some(f64::from(u8::from(random.uniform() < truth))),
            cost_usd: Some(1.0),
        }
    };
    (0..n).map(one).collect()
}

fn evaluate(log: Vec<Logged>, policy: &Policy) -> Result<Evaluation, Refusal> {
    let mut estimating = super::evaluate(policy);
    log.iter().for_each(|logged| estimating.take(logged));
    estimating.finish()
}

fn policy(deny: &str) -> Policy {
    let weights = Weights {
        quality: 1.0,
        cost: 0.0,
        latency: 0.0,
    };
    Policy {
        weights,
        allow: vec![],
        deny: vec![deny.into()],
        references: REFERENCES,
    }
}

#[test]
fn both_estimates_find_the_truth() {
    for (deny, truth) in [("b", 0.8), ("a", 0.5)] {
        let found = evaluate(log(4000, 0.7), &policy(deny)).unwrap();
        for value in [found.quality_ips, found.quality_dr] {
            assert!((value.mean - truth).abs() < 0.04, "{found:?}");
            assert!(
                value.low < truth + 0.01 && value.high > truth - 0.01,
                "{found:?}"
            );
        }
    }
}

#[test]
fn what_a_log_cannot_tell_is_refused() {
    assert_eq!(
        evaluate(log(9, 0.5), &policy("a")),
        Err(Refusal::TooFew { found: 9 })
    );
    assert!(matches!(
        evaluate(log(100, 1.0), &policy("a")),
        Err(Refusal::Uncovered { .. })
    ));
    let refusal = evaluate(log(100, 0.97), &policy("a"));
    assert!(
        matches!(refusal, Err(Refusal::TooUnlike { .. })),
        "{refusal:?}"
    );
}
