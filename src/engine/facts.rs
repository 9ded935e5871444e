//! Decision and outcome -> what the learner is told. Pure.

use crate::domain::{
    Attempt, AttemptResult, Blame, CacheKind, Decision, Fact, Feedback, Outcome, Ran, Source,
};

/// The arm was chosen: where prompts lie, which pulls are in flight. An answer that was at hand is no
/// pull.
pub(crate) fn of_decision(decision: &Decision) -> Option<Fact> {
    decision.cached.is_none().then(|| Fact::Chosen {
        context: decision.context.clone(),
        class: decision.ranking.class,
        arm: decision.ranking.chosen.clone(),
        at_ms: decision.id.at_ms(),
    })
}

/// One fact for each attempt that says something about its arm: whole answers teach cost and
/// latency, failures of the upstream's making teach failures. Cancelled attempts and the caller's
/// own mistakes teach nothing.
pub(crate) fn of_outcome(decision: &Decision, outcome: &Outcome, at_ms: u64) -> Vec<Fact> {
    let told = outcome.attempts.iter().filter_map(|attempt| {
        let ran = of_attempt(attempt)?;
        Some(Fact::Ran {
            class: decision.ranking.class,
            arm: attempt.arm.clone(),
            ran,
            at_ms,
        })
    });
    told.collect()
}

fn of_attempt(attempt: &Attempt) -> Option<Ran> {
    match &attempt.result {
        AttemptResult::Completed => Some(Ran {
            failed: false,
            cost_usd: attempt.cost_usd,
            input_tokens: attempt.usage.known.then(|| attempt.usage.input()),
            output_tokens: attempt.usage.known.then(|| attempt.usage.output()),
            latency_ms: Some(attempt.latency_ms),
            first_token_ms: attempt.first_token_ms,
        }),
        AttemptResult::Failed(fault) => {
            let upstream = matches!(fault.kind.blame(), Blame::Upstream | Blame::Account);
            let told = upstream && !fault.kind.is_throttle() && attempt.deployment.is_some();
            told.then_some(Ran {
                failed: true,
                ..Ran::default()
            })
        }
        AttemptResult::Cancelled => None,
    }
}

/// What a feedback teaches. Of an answer from the exact cache it teaches the arm that made it: it is
/// that arm's answer to this very request. Of one from the semantic cache it teaches nothing: the
/// arm answered another prompt. `replaces` is the quality that the same source gave the same arm before.
pub(crate) fn of_feedback(
    decision: &Decision,
    outcome: Option<&Outcome>,
    feedback: &Feedback,
    replaces: Option<f64>,
) -> Vec<Fact> {
    let served = outcome.and_then(|outcome| outcome.served_by.as_ref());
    let arm = feedback
        .arm
        .as_ref()
        .or(served)
        .unwrap_or(&decision.ranking.chosen)
        .clone();
    let mut facts = Vec::new();
    let semantic = |hit: crate::domain::CacheHit| hit.kind == CacheKind::Semantic;
    if decision.cached.is_some_and(semantic) {
        return facts;
    }
    if let Some(ran) = observed(decision, feedback) {
        facts.push(Fact::Ran {
            class: decision.ranking.class,
            arm: arm.clone(),
            ran,
            at_ms: feedback.at_ms,
        });
    }
    if let Some(quality) = feedback.quality {
        facts.push(Fact::Judged {
            context: decision.context.clone(),
            class: decision.ranking.class,
            arm,
            quality,
            replaces,
            source: feedback.source.clone(),
            at_ms: feedback.at_ms,
        });
    }
    facts
}

/// Facts that a decision, its outcome and its judgements stand for.
pub(crate) fn number(decision: &Decision, outcome: Option<&Outcome>, feedback: &[Feedback]) -> u64 {
    let ran = outcome.map_or(0, |outcome| of_outcome(decision, outcome, 0).len());
    let judged = feedback
        .iter()
        .map(|one| of_feedback(decision, outcome, one, None).len());
    let chosen = u64::from(decision.cached.is_none());
    chosen + ran as u64 + judged.sum::<usize>() as u64
}

/// What the caller saw of a call it made itself. Of calls that went through us we know better.
fn observed(decision: &Decision, feedback: &Feedback) -> Option<Ran> {
    let said = feedback.usage.is_some()
        || feedback.cost_usd.is_some()
        || feedback.latency_ms.is_some()
        || feedback.failed.is_some();
    (decision.decide_only && said).then(|| Ran {
        failed: feedback.failed.unwrap_or(false),
        cost_usd: feedback.cost_usd,
        input_tokens: feedback
            .usage
            .filter(|usage| usage.known)
            .map(|usage| usage.input()),
        output_tokens: feedback
            .usage
            .filter(|usage| usage.known)
            .map(|usage| usage.output()),
        latency_ms: feedback.latency_ms,
        first_token_ms: None,
    })
}

/// A signal that nobody had to send, as the learner is told it.
pub(crate) fn implied(
    decision: &Decision,
    attempt: &Attempt,
    quality: f64,
    source: Source,
    at_ms: u64,
) -> Fact {
    Fact::Judged {
        context: decision.context.clone(),
        class: decision.ranking.class,
        arm: attempt.arm.clone(),
        quality,
        replaces: None,
        source,
        at_ms,
    }
}

/// The same question again at once: the first answer was no good.
pub(crate) fn asked_again(earlier: &Decision, at_ms: u64) -> Fact {
    Fact::Judged {
        context: earlier.context.clone(),
        class: earlier.ranking.class,
        arm: earlier.ranking.chosen.clone(),
        quality: 0.0,
        replaces: None,
        source: Source::QuickRetry,
        at_ms,
    }
}
