//! A stored decision in plain words. Everything said is in the record: no knowledge of today is
//! mixed in. Pure.

use super::api::FeedbackShown;
use crate::{
    decide,
    domain::{ArmScore, AttemptResult, Decision, Degradation, Interval, Judging, Outcome, Source},
};
use std::fmt::Write as _;

/// The whole in plain words.
pub(crate) fn text(
    decision: &Decision,
    outcome: Option<&Outcome>,
    feedback: &[FeedbackShown],
) -> String {
    let mut text = String::new();
    let _ = head(&mut text, decision);
    for score in &decision.ranking.scores {
        let _ = arm(&mut text, decision, score);
    }
    if !decision.dropped.is_empty() {
        let dropped: Vec<&str> = decision.dropped.iter().map(|need| need.as_str()).collect();
        let _ = writeln!(
            text,
            "Served without {}: no eligible arm takes that.",
            dropped.join(", ")
        );
    }
    for exclusion in &decision.excluded {
        let _ = writeln!(
            text,
            "  {} was left out: {}",
            exclusion.arm, exclusion.reason
        );
    }
    if let Some(change) = decide::smallest_change(&decision.ranking, &decision.weights) {
        let _ = writeln!(
            text,
            "{} would be the best by score if {} weighed {:.2} times as much.",
            change.arm, change.what, change.factor
        );
    }
    let _ = after(&mut text, outcome, feedback);
    text
}

fn head(text: &mut String, decision: &Decision) -> std::fmt::Result {
    let ranking = &decision.ranking;
    if let Some(hit) = &decision.cached {
        writeln!(
            text,
            "{} is answered from the {} cache: the answer of decision {}, {:.0} s old, similarity {:.3}. What follows is why that was chosen.",
            decision.id,
            hit.kind.as_str(),
            hit.source,
            hit.age_ms as f64 / 1e3,
            hit.similarity
        )?;
    }
    write!(
        text,
        "{} chose {} with probability {:.3}",
        decision.id, ranking.chosen, ranking.propensity
    )?;
    if ranking.explored {
        write!(
            text,
            " (not the best score: to learn, or to keep a session)"
        )?;
    }
    let weights = &decision.weights;
    writeln!(
        text,
        ".\nPolicy {} by {}: quality {}, cost {}, latency {}. Knowledge version {}.",
        decision.policy,
        decision.strategy,
        weights.quality,
        weights.cost,
        weights.latency,
        ranking.knowledge_version
    )?;
    match (&decision.degradation, ranking.class) {
        (Some(missing), _) => writeln!(
            text,
            "Decided without the prompt's embedding: {}.",
            missing_words(missing)
        ),
        (None, Some(class)) => writeln!(
            text,
            "Class {class}: similarity {:.3}, {:.3} ahead of the next.",
            ranking.similarity, ranking.margin
        ),
        (None, None) => writeln!(text, "No class was known yet."),
    }
}

fn missing_words(missing: &Degradation) -> String {
    match missing {
        Degradation::EmbeddingFailed(words) => format!("the embedder failed ({words})"),
        Degradation::EmbeddingLate(ms) => format!("it was not there after {ms} ms"),
        Degradation::EmbeddingQueueFull => "the embedder's queue was full".to_owned(),
    }
}

fn arm(text: &mut String, decision: &Decision, score: &ArmScore) -> std::fmt::Result {
    let mark = if score.arm == decision.ranking.chosen {
        "*"
    } else {
        " "
    };
    write!(
        text,
        "{mark} {}: score {:.4}, propensity {:.3}; quality {}",
        score.arm,
        score.score,
        score.propensity,
        interval(&score.quality)
    )?;
    match &score.cost_usd {
        Some(cost) => write!(text, ", cost {:.6} USD", cost.mean)?,
        None => write!(text, ", cost not known")?,
    }
    if let Some(latency) = &score.latency_ms {
        write!(text, ", latency {:.0} ms", latency.mean)?;
    }
    writeln!(text, ", {:.0} judgements", score.evidence)
}

fn interval(interval: &Interval) -> String {
    format!("{:.3} +- {:.3}", interval.mean, interval.sd)
}

fn after(
    text: &mut String,
    outcome: Option<&Outcome>,
    feedback: &[FeedbackShown],
) -> std::fmt::Result {
    match outcome {
        None => writeln!(text, "No outcome is known.")?,
        Some(outcome) => {
            writeln!(
                text,
                "Outcome: {:?} in {:.0} ms.",
                outcome.status, outcome.latency_ms
            )?;
            for attempt in &outcome.attempts {
                let end = match &attempt.result {
                    AttemptResult::Completed => "completed".to_owned(),
                    AttemptResult::Cancelled => "cancelled".to_owned(),
                    AttemptResult::Failed(fault) => format!("failed: {fault}"),
                };
                writeln!(
                    text,
                    "  {} {end} after {:.0} ms",
                    attempt.arm, attempt.latency_ms
                )?;
            }
        }
    }
    if let Some(judging) = outcome.and_then(|outcome| outcome.judging.as_ref()) {
        judged_by(text, judging)?;
    }
    for judged in feedback {
        if let Some(quality) = judged.feedback.quality {
            let by = rater(&judged.feedback.source);
            let end = if judged.replaced {
                ", which a later judgement replaced"
            } else {
                ""
            };
            writeln!(text, "Judged {quality:.3} by {by}{end}.")?;
        }
    }
    Ok(())
}

fn judged_by(text: &mut String, judging: &Judging) -> std::fmt::Result {
    if let Some(failure) = &judging.failure {
        return writeln!(
            text,
            "The answers split; the judge {} gave no verdict: {failure}.",
            judging.judge
        );
    }
    let scores = judging.scores.iter();
    let scores: Vec<String> = scores
        .map(|(arm, quality)| format!("{arm} {quality:.2}"))
        .collect();
    writeln!(
        text,
        "The answers split; the judge {} scored {}.",
        judging.judge,
        scores.join(", ")
    )
}

fn rater(source: &Source) -> String {
    match source {
        Source::Caller(name) if name.is_empty() => "a caller".to_owned(),
        Source::Caller(name) => format!("caller {name:?}"),
        Source::Agreement => "agreement of a fan-out".to_owned(),
        Source::Schema => "the JSON schema".to_owned(),
        Source::Truncation => "a cut or empty answer".to_owned(),
        Source::QuickRetry => "a quick retry".to_owned(),
        Source::Judge => "the judge".to_owned(),
    }
}
