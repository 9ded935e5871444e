//! Writing a memory out while it is in use.

use super::{Line, VERSION, lines::LineWriter};
use crate::domain::{Decision, Outcome};
use crate::memory::{
    ExportError, Memory,
    key::{self, Part},
    record::Stored as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::io::Write;

const PIECE_BYTES: usize = 48 << 10;

impl Memory {
    /// Writes everything that is remembered as JSON lines; the number of records. Damaged records
    /// are set aside and left out. Others may write meanwhile: what comes later may be in or not.
    ///
    /// # Errors
    /// The target or the store failed.
    pub fn export(&self, to: impl Write, now_ms: u64) -> Result<u64, ExportError> {
        let mut out = LineWriter::new(to);
        out.write(&Line::PointsmanMemory {
            version: VERSION,
            embedder: self.identity.embedder.clone(),
            dimensions: self.identity.dimensions,
            exported_at_ms: now_ms,
        })?;
        self.export_knowledge(&mut out)?;
        self.export_notes(&mut out)?;
        self.export_decisions(&mut out)?;
        Ok(out.finish()? - 1)
    }

    /// The newest snapshot and the facts after it, with no snapshot taken in between: that would
    /// remove facts that this one lacks.
    fn export_knowledge(&self, out: &mut LineWriter<impl Write>) -> Result<(), ExportError> {
        let _still = self.snapshotting();
        let snapshot = self.newest_snapshot()?;
        let included = snapshot.as_ref().map_or(0, |snapshot| snapshot.fact);
        if let Some(snapshot) = snapshot {
            let mut pieces = snapshot.bytes.chunks(PIECE_BYTES).peekable();
            while let Some(piece) = pieces.next() {
                out.write(&Line::Snapshot {
                    fact: snapshot.fact,
                    last: pieces.peek().is_none(),
                    data: STANDARD.encode(piece),
                })?;
            }
        }
        for (number, fact) in self.facts_after(included) {
            out.write(&Line::Fact { number, fact })?;
        }
        Ok(())
    }

    fn export_notes(&self, out: &mut LineWriter<impl Write>) -> Result<(), ExportError> {
        for (name, note) in self.notes("")? {
            let data = STANDARD.encode(note);
            out.write(&Line::Note { name, data })?;
        }
        Ok(())
    }

    fn export_decisions(&self, out: &mut LineWriter<impl Write>) -> Result<(), ExportError> {
        for entry in self.store.kind(key::DECISIONS) {
            let (key, stored) = entry?;
            let lines = match key::parse_decision(&key) {
                Some((_, Part::Decision)) => Decision::load(&key, &stored)
                    .map(|decision| vec![Line::Decision(Box::new(decision))]),
                Some((_, Part::Outcome)) => Outcome::load(&key, &stored)
                    .map(|outcome| vec![Line::Outcome(Box::new(outcome))]),
                Some((_, Part::Feedback)) => Vec::load(&key, &stored).map(|all| {
                    let line = |feedback| Line::Feedback(Box::new(feedback));
                    all.into_iter().map(line).collect()
                }),
                None => continue,
            };
            match lines {
                Ok(lines) => lines.iter().try_for_each(|line| out.write(line))?,
                Err(damage) => self.set_aside(&key, &stored, &damage),
            }
        }
        Ok(())
    }
}
