//! The memory as text for people: what there is, and the newest decisions line by line.

use super::{ExportError, Filter, Memory, Stored};
use crate::domain::OutcomeStatus;
use std::io::{self, Write};

/// Decisions read at once.
const PAGE: usize = 200;

impl Memory {
    /// Writes the memory as text, with this many of the newest decisions.
    ///
    /// # Errors
    /// The target or the store failed.
    pub fn dump(&self, mut to: impl Write, decisions: usize) -> Result<(), ExportError> {
        self.dump_head(&mut to)?;
        let (mut left, mut before) = (decisions, None);
        while left > 0 {
            let page = self.list(&Filter::default(), before, left.min(PAGE))?;
            left -= page.decisions.len();
            page.decisions
                .iter()
                .try_for_each(|stored| dump_decision(&mut to, stored))?;
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        Ok(to.flush()?)
    }

    fn dump_head(&self, to: &mut impl Write) -> Result<(), ExportError> {
        let statistics = self.statistics()?;
        let counts = statistics.counts;
        writeln!(
            to,
            "embedder    {}, {} dimensions",
            self.identity.embedder, self.identity.dimensions
        )?;
        writeln!(
            to,
            "decisions   {} held, {} ever",
            counts.decisions, counts.decisions_ever
        )?;
        writeln!(to, "outcomes    {} ever", counts.outcomes_ever)?;
        writeln!(to, "feedback    {} ever", counts.feedback_ever)?;
        writeln!(
            to,
            "facts       {} ever, kept from {}",
            counts.last_fact,
            counts.pruned_fact + 1
        )?;
        for (fact, bytes) in &statistics.snapshots {
            writeln!(to, "snapshot    up to fact {fact}, {bytes} bytes")?;
        }
        writeln!(to, "quarantined {}", counts.quarantined)?;
        for record in self.quarantined(PAGE)? {
            writeln!(to, "  {}: {}", record.what, record.reason)?;
        }
        Ok(())
    }
}

fn dump_decision(to: &mut impl Write, stored: &Stored) -> io::Result<()> {
    let ranking = &stored.decision.ranking;
    let class = ranking
        .class
        .map_or("-".to_owned(), |class| class.to_string());
    let status = match stored.outcome.as_ref().map(|outcome| outcome.status) {
        None => "waiting",
        Some(OutcomeStatus::Completed) => "completed",
        Some(OutcomeStatus::Failed) => "failed",
        Some(OutcomeStatus::Truncated) => "truncated",
        Some(OutcomeStatus::Cancelled) => "cancelled",
    };
    write!(
        to,
        "{} {class:>5} {:<32} p={:.3} {status}",
        stored.decision.id, ranking.chosen, ranking.propensity
    )?;
    for feedback in stored.standing_feedback() {
        if let Some(quality) = feedback.quality {
            write!(to, " quality={quality}")?;
        }
    }
    writeln!(to)
}
