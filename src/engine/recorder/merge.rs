//! Decisions of another memory, taken in with what followed and what it teaches; what is here
//! already is passed over, so that the same export twice counts once.
//!
//! A class id means something in one memory only: a decision's prompt is placed anew among the
//! classes that are known here, and the stored decision carries that class.

use super::{group::Group, writer::Writer};
use crate::{
    domain::{DecisionId, Fact, Outcome},
    engine::{api::EngineError, facts},
    memory::Stored,
};
use std::sync::Arc;

/// What became of some decisions of another memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Merged {
    /// Decisions, outcomes and judgements taken in.
    pub records: u64,
    /// Those that were here already.
    pub known: u64,
    /// Decisions older than the retention, left out with what belongs to them.
    pub expired: u64,
    /// Facts that the decisions here and there stand for.
    pub facts: u64,
}

impl Merged {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            known: self.known + other.known,
            expired: self.expired + other.expired,
            facts: self.facts + other.facts,
        }
    }

    fn count(&mut self, new: bool) {
        if new {
            self.records += 1;
        } else {
            self.known += 1;
        }
    }
}

impl Writer {
    pub(super) fn merge(
        &mut self,
        entries: Vec<Stored>,
        group: &mut Group,
    ) -> Result<Merged, EngineError> {
        let mut merged = Merged::default();
        for entry in entries {
            self.merge_one(entry, group, &mut merged)?;
        }
        Ok(merged)
    }

    fn merge_one(
        &mut self,
        stored: Stored,
        group: &mut Group,
        merged: &mut Merged,
    ) -> Result<(), EngineError> {
        let id = stored.decision.id;
        let known = match self.entry(id) {
            Ok(_) => true,
            Err(EngineError::UnknownDecision { .. }) => false,
            Err(error) => return Err(error),
        };
        if !known && !self.memory.keeps(id, self.clock.now_ms()) {
            merged.expired += 1;
            return Ok(());
        }
        merged.facts += facts::number(&stored.decision, stored.outcome.as_ref(), &stored.feedback);
        merged.count(!known);
        let Stored {
            decision,
            outcome,
            feedback,
        } = stored;
        if !known {
            self.adopt(decision, group);
        }
        if let Some(outcome) = outcome {
            merged.count(self.adopt_outcome(id, outcome, group)?);
        }
        for feedback in feedback {
            merged.count(!self.take_judgement(feedback, group)?.duplicate);
        }
        Ok(())
    }

    fn adopt(&mut self, mut decision: crate::domain::Decision, group: &mut Group) {
        let knowledge = self.shared.knowledge.load_full();
        let here = decision.context.as_ref();
        let here = here.and_then(|context| knowledge.classify(context));
        decision.ranking.class = here.map(|here| here.class);
        self.decided(Arc::new(decision), group);
    }

    /// False where there is an outcome already.
    fn adopt_outcome(
        &mut self,
        id: DecisionId,
        outcome: Outcome,
        group: &mut Group,
    ) -> Result<bool, EngineError> {
        let entry = self.entry(id)?;
        if entry.outcome.is_some() {
            return Ok(false);
        }
        let decision = Arc::clone(&entry.decision);
        let ended_ms = id.at_ms().saturating_add(outcome.latency_ms as u64);
        let taught: Vec<Fact> = facts::of_outcome(&decision, &outcome, ended_ms);
        self.finish(&decision, outcome, group);
        group.facts.extend(taught);
        Ok(true)
    }
}
