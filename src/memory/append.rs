//! Writing: one batch is one atomic, durable change.

use super::{
    Counts, Memory, ReadError, WriteError,
    key::{self, Part},
    quarantine,
    record::{self, Damage, Stored as _},
    store::Changes,
};
use crate::domain::{Decision, DecisionId, Fact, Feedback, Outcome};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Judgements kept of one decision; beyond it the oldest go.
const MAX_FEEDBACK: usize = 64;
/// Largest note of the engine.
const MAX_NOTE_BYTES: usize = 1 << 20;

/// What is written together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// New decisions.
    pub decisions: Vec<Arc<Decision>>,
    /// Outcomes of decisions.
    pub outcomes: Vec<Outcome>,
    /// Feedback; one that was taken before (same decision and request id) is passed over.
    pub feedback: Vec<Feedback>,
    /// Facts for the learner with their numbers, rising from `last_fact + 1`.
    pub facts: Vec<(u64, Fact)>,
    /// Small values of the engine's own by name; each replaces the last of its name, `None` removes it.
    pub notes: Vec<(String, Option<Vec<u8>>)>,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// What was not written because loading it would call it damaged: a defect of the caller, told
    /// here because one bad number must not fail the other requests of its batch.
    pub refused: Vec<Refused>,
}

/// Something of a batch that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
}

impl Memory {
    /// Writes the batch as one, durable on return.
    ///
    /// # Errors
    /// Nothing of the batch was acknowledged; see [`WriteError`].
    pub fn append(&self, batch: &Batch) -> Result<Appended, WriteError> {
        let mut counts = self.writing();
        let mut draft = Draft::new(self, *counts);
        batch
            .decisions
            .iter()
            .try_for_each(|decision| draft.decision(decision))?;
        batch
            .outcomes
            .iter()
            .try_for_each(|outcome| draft.outcome(outcome))?;
        batch
            .feedback
            .iter()
            .try_for_each(|feedback| draft.feedback(feedback))?;
        batch
            .facts
            .iter()
            .try_for_each(|(number, fact)| draft.fact(*number, fact))?;
        batch
            .notes
            .iter()
            .try_for_each(|(name, note)| draft.note(name, note.as_ref()))?;
        let newest = draft.newest;
        let (changes, next, refused) = draft.finish();
        self.store.commit(changes)?;
        *counts = next;
        *self.newest() = newest;
        for Refused { what, reason } in &refused {
            tracing::error!(%what, %reason, "a record was not written: it would not be read back");
        }
        Ok(Appended { refused })
    }
}

/// A batch on its way to bytes.
struct Draft<'a> {
    memory: &'a Memory,
    changes: Changes,
    counts: Counts,
    /// No decision is newer; `None` = there is none.
    newest: Option<DecisionId>,
    /// Feedback of the decisions that this batch touches, old and new.
    feedback: BTreeMap<DecisionId, Vec<Feedback>>,
    /// Decisions and outcomes of this batch, so that one that comes twice counts once.
    met: BTreeSet<[u8; 18]>,
    refused: Vec<Refused>,
}

impl<'a> Draft<'a> {
    fn new(memory: &'a Memory, counts: Counts) -> Self {
        Self {
            memory,
            changes: Changes::default(),
            counts,
            newest: *memory.newest(),
            feedback: BTreeMap::new(),
            met: BTreeSet::new(),
            refused: Vec::new(),
        }
    }

    /// Adds the record; false where it was refused.
    fn put(&mut self, key: &[u8], record: Result<Vec<u8>, Damage>) -> bool {
        match record {
            Ok(record) => {
                self.changes.insert(key, record);
                true
            }
            Err(damage) => {
                self.refused.push(Refused {
                    what: key::describe(key),
                    reason: damage.to_string(),
                });
                false
            }
        }
    }

    fn is_new(&mut self, key: [u8; 18]) -> Result<bool, WriteError> {
        let known = self.memory.store.contains(&key).map_err(failed)?;
        Ok(!known && self.met.insert(key))
    }

    fn decision(&mut self, decision: &Decision) -> Result<(), WriteError> {
        let key = key::decision(decision.id, Part::Decision);
        // Ids rise with time: most decisions are newer than all that are there.
        let newest = self.newest < Some(decision.id);
        let new = if newest {
            self.newest = Some(decision.id);
            self.met.insert(key)
        } else {
            self.is_new(key)?
        };
        if new && self.put(&key, decision.store(&key)) {
            self.counts.decisions += 1;
            self.counts.decisions_ever += 1;
        }
        Ok(())
    }

    fn outcome(&mut self, outcome: &Outcome) -> Result<(), WriteError> {
        let key = key::decision(outcome.decision, Part::Outcome);
        let new = self.is_new(key)?;
        if self.put(&key, outcome.store(&key)) && new {
            self.counts.outcomes_ever += 1;
        }
        Ok(())
    }

    fn feedback(&mut self, feedback: &Feedback) -> Result<(), WriteError> {
        let id = feedback.decision;
        let key = key::decision(id, Part::Feedback);
        if let Err(damage) = vec![feedback.clone()].store(&key) {
            self.put(&key, Err(damage));
            return Ok(());
        }
        let mut all = match self.feedback.remove(&id) {
            Some(all) => all,
            None => self.known_feedback(id)?,
        };
        if !all.iter().any(|known| is_repeat(known, feedback)) {
            all.push(feedback.clone());
            self.counts.feedback_ever += 1;
        }
        let surplus = all.len().saturating_sub(MAX_FEEDBACK);
        all.drain(..surplus);
        self.feedback.insert(id, all);
        Ok(())
    }

    fn known_feedback(&mut self, id: DecisionId) -> Result<Vec<Feedback>, WriteError> {
        let key = key::decision(id, Part::Feedback);
        let Some(stored) = self.memory.store.get(&key).map_err(failed)? else {
            return Ok(Vec::new());
        };
        Vec::load(&key, &stored).or_else(|damage| {
            quarantine::put(&mut self.changes, &mut self.counts, &key, &stored, &damage);
            Ok(Vec::new())
        })
    }

    fn fact(&mut self, number: u64, fact: &Fact) -> Result<(), WriteError> {
        let last = self.counts.last_fact;
        if number <= last {
            return Err(WriteError::OutOfOrder { number, last });
        }
        let key = key::fact(number);
        self.put(&key, fact.store(&key));
        self.counts.last_fact = number;
        Ok(())
    }

    fn note(&mut self, name: &str, note: Option<&Vec<u8>>) -> Result<(), WriteError> {
        let key = key::note(name);
        let Some(note) = note else {
            self.changes.remove(&*key);
            return Ok(());
        };
        if note.len() > MAX_NOTE_BYTES {
            return Err(WriteError::TooLarge {
                what: "a note",
                bytes: note.len(),
                limit: MAX_NOTE_BYTES,
            });
        }
        self.changes.insert(&*key, record::seal(&key, 1, note));
        Ok(())
    }

    fn finish(mut self) -> (Changes, Counts, Vec<Refused>) {
        for (id, all) in std::mem::take(&mut self.feedback) {
            let key = key::decision(id, Part::Feedback);
            self.put(&key, all.store(&key));
        }
        self.counts.put(&mut self.changes);
        (self.changes, self.counts, self.refused)
    }
}

fn is_repeat(known: &Feedback, new: &Feedback) -> bool {
    new.request_id.is_some() && known.request_id == new.request_id
}

fn failed(error: ReadError) -> WriteError {
    WriteError::Failed {
        reason: error.reason,
    }
}
