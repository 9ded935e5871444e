//! Ranges of what is stored. One poisoned number would spread through every mean it enters.

use super::Damage;
use crate::domain::{Attempt, Context, Decision, Fact, Feedback, Interval, Outcome, Ran, Score};

type Checked = Result<(), Damage>;

fn poisoned(what: &str, value: impl std::fmt::Display, expected: &str) -> Damage {
    Damage::Poisoned(format!("{what} is {value}, not {expected}"))
}

fn finite(what: &str, value: f64) -> Checked {
    if value.is_finite() {
        return Ok(());
    }
    Err(poisoned(what, value, "a finite number"))
}

fn unit(what: &str, value: f64) -> Checked {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(poisoned(what, value, "in [0, 1]"))
}

fn amount(what: &str, value: f64) -> Checked {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(poisoned(what, value, "a finite number of at least 0"))
}

fn maybe(what: &str, value: Option<f64>, check: fn(&str, f64) -> Checked) -> Checked {
    value.map_or(Ok(()), |value| check(what, value))
}

fn interval(what: &str, value: Option<Interval>) -> Checked {
    let Some(Interval { mean, sd }) = value else {
        return Ok(());
    };
    finite(what, mean)?;
    amount(what, sd)
}

fn context(context: &Context) -> Checked {
    amount("scale of a context", f64::from(context.scale))?;
    context
        .surface
        .iter()
        .try_for_each(|&feature| finite("surface feature", f64::from(feature)))
}

pub(super) fn decision(decision: &Decision) -> Checked {
    decision.context.as_ref().map_or(Ok(()), context)?;
    let weights = decision.weights;
    if let Err(error) = weights.checked() {
        return Err(Damage::Poisoned(error.to_string()));
    }
    if let Some(hit) = decision.cached {
        finite("similarity of a cached answer", hit.similarity)?;
        maybe("what a cached answer saved", hit.saved_usd, amount)?;
    }
    let ranking = &decision.ranking;
    finite("similarity", ranking.similarity)?;
    finite("margin", ranking.margin)?;
    unit("propensity", ranking.propensity)?;
    for score in &ranking.scores {
        interval("quality", Some(score.quality))?;
        interval("cost", score.cost_usd)?;
        interval("latency", score.latency_ms)?;
        unit("failure rate", score.failure_rate)?;
        amount("evidence", score.evidence)?;
        finite("score", score.score)?;
        unit("propensity", score.propensity)?;
        score
            .terms
            .iter()
            .try_for_each(|(name, value)| finite(name, *value))?;
    }
    Ok(())
}

pub(super) fn outcome(outcome: &Outcome) -> Checked {
    amount("latency", outcome.latency_ms)?;
    maybe("agreement", outcome.agreement, unit)?;
    if let Some(judging) = &outcome.judging {
        let scores = judging.scores.iter();
        scores
            .map(|(_, quality)| *quality)
            .try_for_each(|quality| unit("a judge's score", quality))?;
    }
    outcome.calls().try_for_each(attempt)
}

fn attempt(attempt: &Attempt) -> Checked {
    amount("latency", attempt.latency_ms)?;
    maybe("time to the first token", attempt.first_token_ms, amount)?;
    maybe("cost", attempt.cost_usd, amount)
}

pub(super) fn feedback(feedback: &Feedback) -> Checked {
    maybe("quality", feedback.quality, unit)?;
    maybe("cost", feedback.cost_usd, amount)?;
    maybe("latency", feedback.latency_ms, amount)
}

pub(super) fn fact(fact: &Fact) -> Checked {
    match fact {
        Fact::Chosen { context: at, .. } => at.as_ref().map_or(Ok(()), context),
        Fact::Ran { ran: what, .. } => ran(what),
        Fact::Judged {
            context: at,
            quality,
            replaces,
            ..
        } => {
            at.as_ref().map_or(Ok(()), context)?;
            unit("quality", *quality)?;
            maybe("replaced quality", *replaces, unit)
        }
        Fact::Scored {
            context: at,
            scores,
            weight,
            ..
        } => {
            context(at)?;
            amount("weight", *weight)?;
            scores.iter().try_for_each(|(_, given)| score(given))
        }
        Fact::Labelled { .. } => Ok(()),
    }
}

fn ran(ran: &Ran) -> Checked {
    maybe("cost", ran.cost_usd, amount)?;
    maybe("latency", ran.latency_ms, amount)?;
    maybe("time to the first token", ran.first_token_ms, amount)
}

fn score(score: &Score) -> Checked {
    unit("quality", score.quality)?;
    maybe("cost", score.cost_usd, amount)
}
