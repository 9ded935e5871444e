//! The decisions of a memory directory or of an export, one by one, as the evaluation takes them.

use crate::{
    cli::trouble::Trouble,
    domain::{Decision, Feedback, Outcome, Source},
    memory::{Filter, Memory, Settings, Stored},
    replay::evaluate::Logged,
};
use serde::Deserialize;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

/// Decisions read at once.
const PAGE: usize = 200;

/// Where decisions are read from.
pub(super) enum Log {
    Directory(Box<Memory>),
    Export(PathBuf),
}

/// What matters here of an export's line; at most one part is there.
#[derive(Deserialize)]
struct Line {
    decision: Option<Box<Decision>>,
    outcome: Option<Outcome>,
    feedback: Option<Feedback>,
}

impl Log {
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        if path.is_file() {
            return Ok(Self::Export(path.to_owned()));
        }
        let (memory, _) = Memory::inspect(path, Settings::default())
            .map_err(|error| Trouble::Failed(error.to_string()))?;
        Ok(Self::Directory(Box::new(memory)))
    }

    /// Calls `each` with every decision that can be used; the number of those that cannot.
    pub fn each(&self, mut each: impl FnMut(Logged)) -> Result<usize, Trouble> {
        let mut skipped = 0;
        let take = |stored: Stored| match logged(stored) {
            Some(logged) => each(logged),
            None => skipped += 1,
        };
        match self {
            Self::Directory(memory) => directory(memory, take)?,
            Self::Export(path) => export(path, take)?,
        }
        Ok(skipped)
    }
}

fn directory(memory: &Memory, mut take: impl FnMut(Stored)) -> Result<(), Trouble> {
    let mut before = None;
    loop {
        let page = memory
            .list(&Filter::default(), before, PAGE)
            .map_err(|error| Trouble::Failed(error.to_string()))?;
        page.decisions.into_iter().for_each(&mut take);
        before = page.next;
        if before.is_none() {
            return Ok(());
        }
    }
}

/// In an export, a decision's outcome and feedback follow it.
fn export(path: &Path, mut take: impl FnMut(Stored)) -> Result<(), Trouble> {
    let wrong = |line: usize, what: String| {
        Trouble::Failed(format!("{}, line {line}: {what}", path.display()))
    };
    let file = File::open(path).map_err(|error| wrong(0, error.to_string()))?;
    let mut open: Option<Stored> = None;
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| wrong(at + 1, error.to_string()))?;
        if at == 0 && !line.starts_with("{\"pointsman_memory\"") {
            let remedy = "not an export; make one with `pointsman memory export FILE`";
            return Err(wrong(1, remedy.to_owned()));
        }
        let line: Line =
            serde_json::from_str(&line).map_err(|error| wrong(at + 1, error.to_string()))?;
        if let Some(decision) = line.decision {
            let next = Stored {
                decision: *decision,
                outcome: None,
                feedback: Vec::new(),
            };
            open.replace(next).into_iter().for_each(&mut take);
        }
        let Some(open) = open.as_mut() else { continue };
        if let Some(outcome) = line.outcome.filter(|o| o.decision == open.decision.id) {
            open.outcome = Some(outcome);
        }
        let own = |feedback: &Feedback| feedback.decision == open.decision.id;
        open.feedback.extend(line.feedback.filter(own));
    }
    open.into_iter().for_each(take);
    Ok(())
}

/// A decision as the evaluation takes it: the chosen arm answered, alone, and somebody judged it.
/// What a router guesses of its own answers (agreement, retries, broken schemas) is no judgement.
fn logged(stored: Stored) -> Option<Logged> {
    // An answer at hand was drawn once, for another request.
    if stored.decision.plan.fan_out.is_some() || stored.decision.cached.is_some() {
        return None;
    }
    let chosen = &stored.decision.ranking.chosen;
    if let Some(outcome) = &stored.outcome
        && outcome.served_by.as_ref().is_some_and(|arm| arm != chosen)
    {
        return None;
    }
    let own = |feedback: &&Feedback| feedback.arm.as_ref().is_none_or(|arm| arm == chosen);
    let standing = stored.standing_feedback();
    let standing: Vec<&Feedback> = standing.into_iter().filter(own).collect();
    let judged: Vec<f64> = standing
        .iter()
        .filter(|feedback| matches!(feedback.source, Source::Caller(_) | Source::Judge))
        .filter_map(|feedback| feedback.quality)
        .collect();
    if judged.is_empty() {
        return None;
    }
    let told = standing.iter().find_map(|feedback| feedback.cost_usd);
    let billed = stored.outcome.as_ref().and_then(Outcome::cost_usd);
    Some(Logged {
        quality: Some(judged.iter().sum::<f64>() / judged.len() as f64),
        cost_usd: billed.or(told),
        ranking: stored.decision.ranking,
    })
}
