//! The learner, kept safe: a fact that makes it panic is refused, and what is known is built again
//! from the last snapshot and the facts after it.

use crate::{
    domain::Fact,
    learn::{ArmPrior, Change, Knowledge, Learner, Settings},
    memory::Memory,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The learner with what it takes to build it again.
pub(crate) struct Fold {
    learner: Learner,
    settings: Settings,
    arms: Vec<ArmPrior>,
    /// Number of the last fact in it.
    last: u64,
}

impl Fold {
    /// From a snapshot (with the sequence number of the last fact in it) and the facts after it.
    /// A snapshot that cannot be read is passed over with a warning.
    pub(crate) fn recover(
        memory: &Memory,
        settings: Settings,
        arms: Vec<ArmPrior>,
    ) -> Result<Self, String> {
        let mut fold = Self {
            learner: Learner::new(settings.clone(), &arms),
            settings,
            arms,
            last: 0,
        };
        fold.rebuild(memory)?;
        Ok(fold)
    }

    /// Forgets what is held and reads it anew.
    pub(super) fn rebuild(&mut self, memory: &Memory) -> Result<(), String> {
        let recovered = memory.recover().map_err(|error| error.to_string())?;
        let decoded = recovered.snapshots.into_iter().find_map(|snapshot| {
            match Learner::decode(&snapshot.bytes, self.settings.clone()) {
                Ok(learner) => Some((snapshot.fact, learner)),
                Err(error) => {
                    tracing::warn!(%error, fact = snapshot.fact, "a snapshot of what was learned cannot be read; an older one is used");
                    None
                }
            }
        });
        let (after, mut learner) =
            decoded.unwrap_or_else(|| (0, Learner::new(self.settings.clone(), &self.arms)));
        learner.declare(&self.arms);
        self.learner = learner;
        self.last = after;
        for (number, fact) in memory.facts_after(after) {
            if self.apply(number, &fact).is_none() {
                tracing::error!(
                    fact = number,
                    "a stored fact could not be learned and is passed over"
                );
            }
        }
        Ok(())
    }

    /// Folds one fact in, unless it is in already; `None` where the learner failed on it (then
    /// `rebuild` is due).
    pub(super) fn apply(&mut self, number: u64, fact: &Fact) -> Option<Vec<Change>> {
        if number <= self.last {
            return Some(Vec::new());
        }
        self.last = number;
        catch_unwind(AssertUnwindSafe(|| self.learner.apply(fact))).ok()
    }

    /// Number of the last fact folded in; 0 = none.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// What is known.
    pub(crate) fn knowledge(&self) -> Arc<Knowledge> {
        self.learner.knowledge()
    }

    /// The learner as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.learner.encode()
    }
}
