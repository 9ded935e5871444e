//! The facts in order, for the learner to catch up with.

use super::{Memory, key, record::Stored as _, scan::Scan};
use crate::domain::Fact;

/// Facts with their numbers, in order. Holds one at a time in memory, however many there are.
/// Damaged ones are set aside and passed over.
pub struct Facts<'a> {
    memory: &'a Memory,
    scan: Scan,
    /// Number of the next fact wanted, and of the last there is.
    next: u64,
    last: u64,
}

impl Memory {
    /// The facts with numbers above this one, as of now.
    #[must_use]
    pub fn facts_after(&self, number: u64) -> Facts<'_> {
        let last = self.counts().last_fact;
        let next = number.saturating_add(1);
        Facts {
            memory: self,
            scan: self.facts_from(next, last),
            next,
            last,
        }
    }

    fn facts_from(&self, next: u64, last: u64) -> Scan {
        self.store
            .range(key::fact(next).to_vec()..key::fact(last.saturating_add(1)).to_vec())
    }
}

impl Iterator for Facts<'_> {
    type Item = (u64, Fact);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next <= self.last {
            match self.scan.next()? {
                Ok((key, stored)) => {
                    let number = key::parse_fact(&key)?;
                    self.next = number + 1;
                    match Fact::load(&key, &stored) {
                        Ok(fact) => return Some((number, fact)),
                        Err(damage) => self.memory.set_aside(&key, &stored, &damage),
                    }
                }
                Err(error) => {
                    // A whole page is gone. Numbers have no gaps worth speaking of: go on behind it.
                    tracing::warn!(fact = self.next, %error, "a fact cannot be read and is passed over");
                    self.next += 1;
                    self.scan = self.memory.facts_from(self.next, self.last);
                }
            }
        }
        None
    }
}
