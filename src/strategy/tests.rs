//! Strategies against their descriptions; the defects of the seeds' own routers among them.

use super::{Condition, Live, Rule, Signals, Strategy, Tables, distribution, order, select};
use crate::domain::ArmId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn live(name: &str) -> Live {
    Live {
        arm: ArmId::new(name),
        priority: 1,
        weight: 1.0,
        cost_usd: None,
        latency_ms: None,
        failure_rate: 0.0,
        in_flight: 0,
        quality: 0.5,
        score: 0.0,
    }
}

fn names(strategy: Strategy, arms: &[Live], seed: u64, counter: u64) -> String {
    let order = order(strategy, arms, seed, counter);
    let names: Vec<&str> = order.arms.iter().map(|(arm, _)| arm.as_str()).collect();
    names.join(" ")
}

#[test]
fn each_strategy_orders_by_its_own_measure() {
    let arms = [
        Live {
            priority: 3,
            cost_usd: Some(0.01),
            latency_ms: Some(900.0),
            in_flight: 5,
            quality: 0.9,
            score: 0.5,
            ..live("big")
        },
        Live {
            priority: 1,
            cost_usd: None,
            latency_ms: Some(300.0),
            in_flight: 9,
            quality: 0.7,
            score: 0.6,
            ..live("mid")
        },
        Live {
            priority: 2,
            cost_usd: Some(0.001),
            latency_ms: Some(500.0),
            in_flight: 1,
            quality: 0.4,
            score: 0.2,
            ..live("small")
        },
    ];
    for (strategy, expected) in [
        (Strategy::Priority, "mid small big"),
        (Strategy::Cost, "small big mid"),
        (Strategy::Latency, "mid small big"),
        (Strategy::LeastConnections, "small big mid"),
        (Strategy::Quality, "big mid small"),
        (Strategy::Balanced, "mid big small"),
    ] {
        assert_eq!(names(strategy, &arms, 1, 0), expected, "{strategy}");
    }
}

#[test]
fn round_robin_takes_turns() {
    let arms = [live("c"), live("a"), live("b")];
    let firsts: Vec<String> = (0..4)
        .map(|n| names(Strategy::RoundRobin, &arms, 7, n))
        .collect();
    assert_eq!(firsts, ["a b c", "b c a", "c a b", "a b c"]);
}

#[test]
fn weights_are_shares() {
    let arms = [
        Live {
            weight: 70.0,
            ..live("a")
        },
        Live {
            weight: 30.0,
            ..live("b")
        },
        Live {
            weight: 0.0,
            ..live("never")
        },
    ];
    let mut firsts: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..2000 {
        let order = order(Strategy::Weighted, &arms, seed, 0);
        *firsts.entry(order.arms[0].0.to_string()).or_default() += 1;
        assert_eq!(order.arms[2].0.as_str(), "never");
    }
    assert!((1330..=1470).contains(&firsts["a"]), "{firsts:?}");
    assert_eq!(firsts.get("never"), None);
}

#[test]
fn an_arm_that_always_fails_is_not_the_fastest() {
    let arms = [
        Live {
            latency_ms: Some(5.0),
            failure_rate: 1.0,
            ..live("broken")
        },
        Live {
            latency_ms: Some(800.0),
            failure_rate: 0.01,
            ..live("sound")
        },
    ];
    assert_eq!(names(Strategy::Latency, &arms, 3, 0), "sound broken");
    let unmeasured = [
        live("new"),
        Live {
            latency_ms: Some(800.0),
            ..live("known")
        },
    ];
    let shares = distribution(Strategy::Latency, &unmeasured);
    assert!((shares[0] - 0.1).abs() < 1e-12 && (shares[1] - 0.9).abs() < 1e-12);
}

#[test]
fn tables_choose_before_strategies_do() {
    let arm = |name: &str| vec![ArmId::new(name)];
    let rule = |when: &str, name: &str| Rule {
        name: when.to_owned(),
        when: Condition::compile(when).unwrap(),
        arms: arm(name),
        strategy: None,
        policy: None,
    };
    let tables = Tables {
        rules: vec![
            rule("complexity < 25.0", "simple"),
            rule("tags.team == 'blue'", "blue"),
            rule("max_tokens < 100 && messages > 10", "long"),
        ],
        model_routes: vec![
            ("gpt-*".to_owned(), arm("openai")),
            ("gpt-4".to_owned(), arm("openai-4")),
        ],
        model_default: arm("default"),
        class_pins: vec![("law".to_owned(), arm("pinned"))],
        category_overrides: vec![("code".to_owned(), arm("coder"))],
    };
    let only = |strategy, signals: &Signals| {
        let selection = select(&tables, strategy, signals);
        let only = selection.only.map(|arms| arms[0].to_string());
        (only.unwrap_or_default(), selection.because)
    };
    let hard = Signals {
        complexity: 60.0,
        messages: 20,
        max_tokens: 50,
        ..Signals::default()
    };
    let class = |name: &str| Signals {
        class: name.to_owned(),
        ..hard.clone()
    };
    let model = |name: &str| Signals {
        model: name.to_owned(),
        ..hard.clone()
    };
    assert_eq!(only(Strategy::Custom, &Signals::default()).0, "simple");
    assert_eq!(only(Strategy::Custom, &hard).0, "long");
    let blue = Signals {
        tags: vec![("team".to_owned(), "blue".to_owned())],
        ..hard.clone()
    };
    assert_eq!(only(Strategy::Custom, &blue).0, "blue");
    assert_eq!(only(Strategy::Model, &model("gpt-4")).0, "openai-4");
    assert_eq!(only(Strategy::Model, &model("gpt-3.5")).0, "openai");
    assert_eq!(only(Strategy::Model, &model("other")).0, "default");
    assert_eq!(
        only(Strategy::Priority, &class("law")),
        ("pinned".to_owned(), "class \"law\" is pinned".to_owned())
    );
    assert_eq!(
        select(&tables, Strategy::Cost, &class("code")).first,
        arm("coder")
    );
}

#[test]
fn conditions_say_where_they_are_wrong() {
    let wrong = |source: &str| Condition::compile(source).unwrap_err().to_string();
    insta::assert_snapshot!(wrong("tokens < (500"), @"line 1, column 14 of the rule: Syntax error: missing ')' at '<EOF>'");
    insta::assert_snapshot!(wrong("messages > 2 &&\n  token < 5"), @r#"line 2, column 3 of the rule: "token" is not a variable (did you mean "tokens" or "max_tokens"?); known: tokens, messages, max_tokens, complexity, class, model, tenant, tags, tools, images, stream"#);
    let odd = Condition::compile("tokens + 1").unwrap();
    insta::assert_snapshot!(odd.holds(&Signals::default()).unwrap_err(), @"it yields neither true nor false");
    let missing = Condition::compile("tags.team == 'x'").unwrap();
    assert!(missing.holds(&Signals::default()).is_err());
}

proptest! {
    #[test]
    fn every_order_holds_each_arm_once(seed: u64, counter: u64, n in 1usize..8, which in 0usize..12) {
        let arms: Vec<Live> = (0..n)
            .map(|i| Live { weight: (i % 3) as f64, latency_ms: (i % 2 == 0).then_some(i as f64), ..live(&format!("arm{i}")) })
            .collect();
        let strategy = super::STRATEGIES[which].0;
        let ordered = order(strategy, &arms, seed, counter);
        let mut names: Vec<&ArmId> = ordered.arms.iter().map(|(arm, _)| arm).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), n);
        prop_assert!(ordered.arms[0].1 > 0.0);
        let sum: f64 = distribution(strategy, &arms).iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-9);
        prop_assert_eq!(order(strategy, &arms, seed, counter), ordered);
    }
}
