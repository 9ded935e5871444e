//! A log whose truth is known, written and read back as a directory and as an export.

use super::*;
use crate::{
    domain::{
        ArmId, ArmScore, Attempt, AttemptResult, Decision, DecisionId, Feedback, Interval, Outcome,
        OutcomeStatus, Plan, Ranking, Source, Usage,
    },
    memory::{Batch, Identity, Memory, Settings},
    replay::regime::Random,
};
use std::{path::PathBuf, sync::Arc};

/// True quality and cost in US dollars of two arms. The log's model thinks both are as good.
const TRUTH: [(f64, f64); 2] = [(0.8, 0.004), (0.6, 0.001)];
/// How often the first is chosen.
const FIRST: f64 = 0.7;

fn arm(i: usize) -> ArmId {
    ArmId::new(["dear", "cheap"][i])
}

fn score(i: usize) -> ArmScore {
    ArmScore {
        arm: arm(i),
        quality: Interval { mean: 0.5, sd: 0.1 },
        cost_usd: Some(Interval {
            mean: TRUTH[i].1,
            sd: 0.0,
        }),
        latency_ms: None,
        failure_rate: 0.0,
        evidence: 9.0,
        score: 0.5,
        propensity: [FIRST, 1.0 - FIRST][i],
        terms: Vec::new(),
    }
}

fn decision(n: u64, i: usize) -> Decision {
    Decision {
        id: DecisionId::from_parts(1_800_000_000_000 + n, u128::from(n)),
        request_id: None,
        tenant: None,
        session: None,
        tags: Vec::new(),
        requested: None,
        policy: "balanced".to_owned(),
        strategy: "adaptive".to_owned(),
        weights: Weights::BALANCED,
        input_tokens: 10,
        context: None,
        degradation: None,
        dropped: Vec::new(),
        cached: None,
        seed: n,
        ranking: Ranking {
            class: None,
            similarity: 0.0,
            margin: 0.0,
            scores: vec![score(0), score(1)],
            chosen: arm(i),
            propensity: score(i).propensity,
            explored: false,
            knowledge_version: 1,
        },
        excluded: Vec::new(),
        plan: Plan {
            steps: Vec::new(),
            fan_out: None,
            max_attempts: 1,
            hedge_after_ms: None,
        },
        decide_only: false,
        prompt: None,
    }
}

fn outcome(decision: &Decision, i: usize) -> Outcome {
    let attempt = Attempt {
        arm: arm(i),
        deployment: None,
        started_at_ms: 0,
        first_token_ms: None,
        latency_ms: 9.0,
        result: AttemptResult::Completed,
        usage: Usage::default(),
        cost_usd: Some(TRUTH[i].1),
    };
    Outcome {
        decision: decision.id,
        status: OutcomeStatus::Completed,
        served_by: Some(arm(i)),
        attempts: vec![attempt],
        latency_ms: 9.0,
        agreement: None,
        judging: None,
    }
}

fn feedback(decision: &Decision, source: Source, quality: f64) -> Feedback {
    Feedback {
        decision: decision.id,
        arm: None,
        request_id: None,
        quality: Some(quality),
        comment: None,
        source,
        usage: None,
        cost_usd: None,
        latency_ms: None,
        failed: None,
        at_ms: 0,
    }
}

/// A memory of this many decisions, all judged, beside some that cannot be used.
fn memory(folder: &Path, count: u64) {
    let identity = Identity {
        embedder: "none".to_owned(),
        dimensions: 1,
    };
    let (memory, _) = Memory::open(folder, Settings::default(), &identity, 0).unwrap();
    let mut random = Random(3);
    let mut batch = Batch::default();
    for n in 0..count + 20 {
        let i = usize::from(random.uniform() >= FIRST);
        let decision = decision(n, i);
        let usable = n < count;
        // The last ones were answered by a fallback, or only guessed at.
        let served = if usable || n % 2 == 0 { i } else { 1 - i };
        let source = if usable || n % 2 == 1 {
            Source::Caller(String::new())
        } else {
            Source::Agreement
        };
        let good = f64::from(u8::from(random.uniform() < TRUTH[i].0));
        batch.outcomes.push(outcome(&decision, served));
        batch.feedback.push(feedback(&decision, source, good));
        batch.decisions.push(Arc::new(decision));
    }
    assert!(memory.append(&batch).unwrap().refused.is_empty());
    let file = std::fs::File::create(folder.with_extension("export")).unwrap();
    memory.export(file, 0).unwrap();
}

fn arguments(log: PathBuf) -> EvaluateArgs {
    EvaluateArgs {
        log,
        policy: None,
        quality: None,
        cost: None,
        latency: None,
        allow: Vec::new(),
        deny: Vec::new(),
    }
}

fn found(args: &EvaluateArgs) -> Result<(Evaluation, usize), Trouble> {
    let log = Log::open(&args.log)?;
    let mut references = References::default();
    log.each(|logged| references.take(&logged.ranking))?;
    let policy = policy(args, &references)?;
    let mut estimating = estimate(&policy);
    let skipped = log.each(|logged| estimating.take(&logged))?;
    let found = estimating.finish();
    found
        .map(|found| (found, skipped))
        .map_err(|refusal| Trouble::Failed(refusal.to_string()))
}

#[test]
fn the_truth_is_found_from_a_directory_and_from_an_export() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("memory");
    memory(&log, 1500);
    for path in [log.clone(), log.with_extension("export")] {
        for (i, other) in [(0, 1), (1, 0)] {
            let mut args = arguments(path.clone());
            args.deny = vec![arm(other).to_string()];
            let (found, skipped) = found(&args).unwrap();
            assert_eq!((found.decisions, skipped), (1500, 20));
            let (quality, cost) = TRUTH[i];
            for value in [found.quality_dr, found.quality_ips] {
                // Half as wide again: 99.7 %, so that the seed does not matter.
                let room = 0.75 * (value.high - value.low);
                assert!((value.mean - quality).abs() < room, "{found:?}");
            }
            assert!(
                (found.cost_dr_usd.unwrap().mean - cost).abs() < 1e-4,
                "{found:?}"
            );
        }
    }
}

#[test]
fn weights_choose_the_arm_and_flags_override_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("memory");
    memory(&log, 400);
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, "weights: {quality: 1, cost: 0}\ndeny: [cheap]\n").unwrap();
    let mut args = arguments(log);
    args.policy = Some(file.clone());
    let (dear, _) = found(&args).unwrap();
    std::fs::write(&file, "weights: {cost: 0}\n").unwrap();
    args.cost = Some(5.0);
    let (cheap, _) = found(&args).unwrap();
    assert!(dear.cost_dr_usd.unwrap().mean > 2.0 * cheap.cost_dr_usd.unwrap().mean);
    evaluate(&args, &mut Output::new(true)).unwrap();
    evaluate(&args, &mut Output::new(false)).unwrap();
}

#[test]
fn what_cannot_be_told_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let said = |args: &EvaluateArgs| match found(args) {
        Err(Trouble::Failed(words) | Trouble::Usage(words)) => words,
        other => panic!("{other:?}"),
    };
    memory(&place("few"), 9);
    assert!(said(&arguments(place("few"))).contains("9 judged decisions"));
    assert!(said(&arguments(place("none"))).contains("nothing was ever remembered"));
    std::fs::write(place("prose"), "once upon a time\n").unwrap();
    assert!(said(&arguments(place("prose"))).contains("not an export"));
    let mut zero = arguments(place("few"));
    (zero.quality, zero.cost, zero.latency) = (Some(0.0), Some(0.0), Some(0.0));
    assert!(said(&zero).contains("all weights are 0"));
    let mut typo = arguments(place("few"));
    std::fs::write(place("typo.yaml"), "wieghts: {cost: 1}\n").unwrap();
    typo.policy = Some(place("typo.yaml"));
    assert!(said(&typo).contains("wieghts"));
}
