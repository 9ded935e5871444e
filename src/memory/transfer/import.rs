//! Taking an export into an empty memory, whole or not at all.

use super::{Line, lines::LineReader};
use crate::memory::{Batch, ImportError, Memory, WriteError, key, store::Changes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::io::BufRead;

/// Records written together.
const RECORDS_A_BATCH: usize = 256;

/// What an import took in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Imported {
    /// Records taken in.
    pub records: u64,
    /// Records left out because their numbers are out of range.
    pub skipped: u64,
}

impl Memory {
    /// Reads an export to its end without writing anything: is it whole, and of this embedder?
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn verify(&self, from: impl BufRead) -> Result<Imported, ImportError> {
        let mut reader = self.reader(from)?;
        let mut imported = Imported::default();
        while reader.next_record()?.is_some() {
            imported.records += 1;
        }
        Ok(imported)
    }

    /// Takes an export in. The memory must be empty (see [`Memory::clear`]), and nobody else may
    /// write meanwhile. Afterwards [`Memory::recover`] says what the learner starts from.
    ///
    /// # Errors
    /// See [`ImportError`]; the memory is empty again.
    pub fn import(&self, from: impl BufRead, now_ms: u64) -> Result<Imported, ImportError> {
        let counts = self.counts();
        if counts.decisions > 0 || counts.last_fact > 0 {
            return Err(ImportError::NotEmpty {
                decisions: counts.decisions,
                facts: counts.last_fact,
            });
        }
        let mut reader = self.reader(from)?;
        self.mark_unfinished()?;
        let taken = self.take_in(&mut reader).and_then(|imported| {
            let mut changes = Changes::default();
            changes.remove(key::UNFINISHED);
            self.store.commit(changes)?;
            Ok(imported)
        });
        if taken.is_err() {
            self.finish_wipe(now_ms)?;
        }
        taken
    }

    pub(super) fn reader<R: BufRead>(&self, from: R) -> Result<LineReader<R>, ImportError> {
        let (reader, stored) = LineReader::new(from)?;
        if stored != self.identity {
            return Err(ImportError::OtherEmbedder {
                stored: stored.embedder,
                configured: self.identity.embedder.clone(),
            });
        }
        Ok(reader)
    }

    fn take_in(&self, reader: &mut LineReader<impl BufRead>) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let mut batch = Batch::default();
        let mut snapshot = Vec::new();
        let mut waiting = 0;
        while let Some(line) = reader.next_record()? {
            imported.records += 1;
            waiting += 1;
            match line {
                Line::Decision(decision) => batch.decisions.push(decision.into()),
                Line::Outcome(outcome) => batch.outcomes.push(*outcome),
                Line::Feedback(feedback) => batch.feedback.push(*feedback),
                Line::Fact { number, fact } => batch.facts.push((number, fact)),
                Line::Note { name, data } => batch.notes.push((name, Some(decode(reader, &data)?))),
                Line::Snapshot { fact, last, data } => {
                    snapshot.extend(decode(reader, &data)?);
                    if last {
                        self.import_snapshot(fact, &std::mem::take(&mut snapshot))?;
                    }
                }
                Line::PointsmanMemory { .. } | Line::End { .. } => {}
            }
            if waiting == RECORDS_A_BATCH {
                imported.skipped += self.take_batch(reader, &mut batch)?;
                waiting = 0;
            }
        }
        imported.skipped += self.take_batch(reader, &mut batch)?;
        imported.records -= imported.skipped;
        Ok(imported)
    }

    /// Writes what has gathered; how many records were left out.
    fn take_batch(
        &self,
        reader: &LineReader<impl BufRead>,
        batch: &mut Batch,
    ) -> Result<u64, ImportError> {
        match self.append(&std::mem::take(batch)) {
            Ok(appended) => Ok(appended.refused.len() as u64),
            Err(error @ WriteError::OutOfOrder { .. }) => Err(reader.bad(&error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn import_snapshot(&self, fact: u64, bytes: &[u8]) -> Result<(), WriteError> {
        self.save_snapshot(fact, bytes)?;
        let mut counts = self.writing();
        let mut next = *counts;
        next.last_fact = next.last_fact.max(fact);
        next.pruned_fact = next.last_fact;
        let mut changes = Changes::default();
        next.put(&mut changes);
        self.store.commit(changes)?;
        *counts = next;
        Ok(())
    }
}

fn decode(reader: &LineReader<impl BufRead>, data: &str) -> Result<Vec<u8>, ImportError> {
    STANDARD
        .decode(data)
        .map_err(|error| reader.bad(&error.to_string()))
}
