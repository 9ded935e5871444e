//! An export read decision by decision, for a memory that takes in what it lacks.

use super::{Line, lines::LineReader};
use crate::domain::DecisionId;
use crate::memory::{ImportError, Memory, Stored};
use std::io::BufRead;

/// The decisions of an export, each with its outcome and feedback, oldest first.
pub struct Entries<R> {
    reader: LineReader<R>,
    next: Option<Stored>,
    facts: u64,
    ended: bool,
}

impl Memory {
    /// Begins to read an export of a memory with the same embedder. Nothing is written.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn entries<R: BufRead>(&self, from: R) -> Result<Entries<R>, ImportError> {
        Ok(Entries {
            reader: self.reader(from)?,
            next: None,
            facts: 0,
            ended: false,
        })
    }
}

impl<R: BufRead> Entries<R> {
    /// Facts that the exported memory had learned from, as far as the export was read: those in its
    /// snapshot and those after it.
    pub fn facts(&self) -> u64 {
        self.facts
    }

    fn read(&mut self) -> Result<Option<Stored>, ImportError> {
        while let Some(line) = self.reader.next_record()? {
            match line {
                Line::Decision(decision) => {
                    let before = self.next.replace(Stored {
                        decision: *decision,
                        outcome: None,
                        feedback: Vec::new(),
                    });
                    if before.is_some() {
                        return Ok(before);
                    }
                }
                Line::Outcome(outcome) => {
                    if let Some(entry) = self.of(outcome.decision) {
                        entry.outcome = Some(*outcome);
                    }
                }
                Line::Feedback(feedback) => {
                    if let Some(entry) = self.of(feedback.decision) {
                        entry.feedback.push(*feedback);
                    }
                }
                Line::Snapshot { fact: number, .. } | Line::Fact { number, .. } => {
                    self.facts = self.facts.max(number);
                }
                Line::Note { .. } | Line::PointsmanMemory { .. } | Line::End { .. } => {}
            }
        }
        self.ended = true;
        Ok(self.next.take())
    }

    /// The decision that a record belongs to; an export leaves damaged decisions out, and then what
    /// belongs to them has no place.
    fn of(&mut self, id: DecisionId) -> Option<&mut Stored> {
        self.next.as_mut().filter(|entry| entry.decision.id == id)
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = Result<Stored, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended |= read.is_err();
        read.transpose()
    }
}
