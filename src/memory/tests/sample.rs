//! Things to remember, made up from a number.

use crate::domain::{
    ArmId, ArmScore, Attempt, AttemptResult, CacheHit, CacheKind, ClassId, Context, Decision,
    DecisionId, DeploymentId, Exclusion, Fact, FanOut, FanOutMode, Fault, FaultKind, Feedback,
    Interval, Judging, Need, Outcome, OutcomeStatus, Plan, Ran, Ranking, Source, Step, Usage,
    Weights,
};

/// Noon of some day, in Unix milliseconds.
pub const NOW_MS: u64 = 1_800_000_000_000;

pub fn id(n: u64) -> DecisionId {
    DecisionId::from_parts(NOW_MS + n, u128::from(n) * 7919)
}

pub fn context(n: u64) -> Context {
    Context {
        units: (0..384u64).map(|i| (i * 31 + n * 17) as u8 as i8).collect(),
        scale: 0.0039,
        surface: [0.5, -1.25, n as f32].into(),
    }
}

fn arm(i: u64) -> ArmId {
    ArmId::new(&format!("provider-{}/model-{i}", i % 3))
}

/// Numbers that survive single precision.
fn interval(n: u64) -> Interval {
    Interval {
        mean: (n % 64) as f64 / 64.0,
        sd: 0.125,
    }
}

fn score(n: u64, i: u64) -> ArmScore {
    ArmScore {
        arm: arm(i),
        quality: interval(n + i),
        cost_usd: Some(interval(n + 2 * i)),
        latency_ms: (i > 0).then(|| interval(n + 3 * i)),
        failure_rate: 0.015625,
        evidence: 12.5,
        score: 0.1 + i as f64,
        propensity: 0.1,
        terms: [("quality", 0.5), ("cost", -0.25), ("latency", -0.125)]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
    }
}

fn plan(n: u64) -> Plan {
    Plan {
        steps: (0..3)
            .map(|i| Step {
                arm: arm(i),
                attempts: 2,
            })
            .collect(),
        fan_out: n.is_multiple_of(7).then(|| FanOut {
            arms: vec![arm(0), arm(1)],
            mode: FanOutMode::Quorum(2),
            judge: n.is_multiple_of(2).then(|| arm(9)),
        }),
        max_attempts: 4,
        hedge_after_ms: None,
    }
}

/// A decision among ten arms.
pub fn decision(n: u64) -> Decision {
    Decision {
        id: id(n),
        request_id: Some(format!("request-{n}")),
        tenant: n.is_multiple_of(2).then(|| "tenant-even".to_owned()),
        session: None,
        tags: vec![("team".to_owned(), "search".to_owned())],
        requested: Some("auto".to_owned()),
        policy: "balanced".to_owned(),
        strategy: "adaptive".to_owned(),
        weights: Weights::BALANCED,
        input_tokens: 120 + n,
        context: Some(context(n)),
        degradation: None,
        dropped: if n.is_multiple_of(3) {
            vec![Need::JsonSchema, Need::Images]
        } else {
            Vec::new()
        },
        cached: n.is_multiple_of(5).then(|| CacheHit {
            kind: CacheKind::Semantic,
            source: id(n + 1),
            age_ms: 1000 * n,
            similarity: 0.97,
            saved_usd: Some(0.002),
        }),
        seed: n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        ranking: Ranking {
            class: Some(ClassId((n % 5) as u32)),
            similarity: 0.7,
            margin: 0.1,
            scores: (0..10).map(|i| score(n, i)).collect(),
            chosen: arm(n % 10),
            propensity: 0.1,
            explored: false,
            knowledge_version: n,
        },
        excluded: vec![Exclusion {
            arm: arm(11),
            reason: "takes no images".to_owned(),
        }],
        plan: plan(n),
        decide_only: false,
        prompt: None,
    }
}

pub fn outcome(n: u64) -> Outcome {
    let failed = Fault {
        kind: FaultKind::Overloaded,
        message: "the upstream is overloaded".to_owned(),
        status: Some(503),
        retry_after_ms: Some(2000),
    };
    let attempt = |result, known| Attempt {
        arm: arm(n % 10),
        deployment: Some(DeploymentId::from("provider-0/model-0")),
        started_at_ms: NOW_MS + n,
        first_token_ms: Some(120.5),
        latency_ms: 900.1,
        result,
        usage: if known {
            Usage {
                input_uncached: 100,
                output_visible: 50 + n,
                known,
                ..Usage::default()
            }
        } else {
            Usage::default()
        },
        cost_usd: known.then_some(0.00123),
    };
    Outcome {
        decision: id(n),
        status: if n.is_multiple_of(4) {
            OutcomeStatus::Failed
        } else {
            OutcomeStatus::Completed
        },
        served_by: Some(arm(n % 10)),
        attempts: vec![
            attempt(AttemptResult::Failed(failed), false),
            attempt(AttemptResult::Completed, true),
        ],
        latency_ms: 1000.7,
        agreement: None,
        judging: n.is_multiple_of(6).then(|| Judging {
            judge: arm(9),
            attempt: Some(attempt(AttemptResult::Completed, true)),
            scores: vec![(arm(0), 1.0), (arm(1), 0.25)],
            failure: None,
        }),
    }
}

pub fn feedback(n: u64, request: u64, quality: f64) -> Feedback {
    Feedback {
        decision: id(n),
        arm: None,
        request_id: Some(format!("feedback-{request}")),
        quality: Some(quality),
        comment: None,
        source: Source::Caller("tests".to_owned()),
        usage: None,
        cost_usd: None,
        latency_ms: None,
        failed: None,
        at_ms: NOW_MS + n + 1,
    }
}

pub fn fact(n: u64) -> Fact {
    let (class, arm) = (Some(ClassId((n % 5) as u32)), arm(n % 10));
    let at_ms = NOW_MS + n;
    match n % 3 {
        0 => Fact::Chosen {
            context: Some(context(n)),
            class,
            arm,
            at_ms,
        },
        1 => Fact::Ran {
            class,
            arm,
            ran: Ran {
                cost_usd: Some(0.00123),
                output_tokens: Some(n),
                latency_ms: Some(900.1),
                ..Ran::default()
            },
            at_ms,
        },
        _ => Fact::Judged {
            context: Some(context(n)),
            class,
            arm,
            quality: 0.8,
            replaces: None,
            source: Source::Caller(String::new()),
            at_ms,
        },
    }
}
