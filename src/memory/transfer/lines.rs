//! Writing and reading the lines of an export, counted and hashed on the way.

use super::{Line, VERSION};
use crate::memory::{Identity, ImportError};
use std::io::{self, BufRead, Read as _, Write};

/// Longest line: a decision with a stored prompt of some megabytes.
const MAX_LINE_BYTES: u64 = 64 << 20;

pub(super) struct LineWriter<W> {
    to: W,
    lines: u64,
    hasher: blake3::Hasher,
    line: Vec<u8>,
}

impl<W: Write> LineWriter<W> {
    pub(super) fn new(to: W) -> Self {
        Self {
            to,
            lines: 0,
            hasher: blake3::Hasher::new(),
            line: Vec::new(),
        }
    }

    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.hasher.update(&self.line);
        self.lines += 1;
        self.to.write_all(&self.line)
    }

    pub(super) fn finish(mut self) -> io::Result<u64> {
        let lines = self.lines;
        let blake3 = self.hasher.finalize().to_hex().to_string();
        self.write(&Line::End { lines, blake3 })?;
        self.to.flush()?;
        Ok(lines)
    }
}

pub(super) struct LineReader<R> {
    from: R,
    /// Lines read.
    pub(super) lines: u64,
    hasher: blake3::Hasher,
    line: Vec<u8>,
}

impl<R: BufRead> LineReader<R> {
    /// Reads the head, and with it whom the export belongs to.
    pub(super) fn new(from: R) -> Result<(Self, Identity), ImportError> {
        let mut reader = Self {
            from,
            lines: 0,
            hasher: blake3::Hasher::new(),
            line: Vec::new(),
        };
        let head = match reader.next_line() {
            Ok(Some(head)) => head,
            Ok(None) => return Err(ImportError::Head("the file is empty".to_owned())),
            Err(ImportError::Line { reason, .. }) => return Err(ImportError::Head(reason)),
            Err(other) => return Err(other),
        };
        match head {
            Line::PointsmanMemory { version, .. } if version > VERSION => Err(ImportError::Head(
                format!("its version is {version}, this program reads versions up to {VERSION}"),
            )),
            Line::PointsmanMemory {
                embedder,
                dimensions,
                ..
            } => Ok((
                reader,
                Identity {
                    embedder,
                    dimensions,
                },
            )),
            _ => Err(ImportError::Head("it is another kind of line".to_owned())),
        }
    }

    /// The next record; `None` after an end that fits.
    pub(super) fn next_record(&mut self) -> Result<Option<Line>, ImportError> {
        let before = (self.lines, self.hasher.finalize().to_hex().to_string());
        match self.next_line()? {
            Some(Line::End { lines, blake3 }) if (lines, &blake3) != (before.0, &before.1) => {
                let reason = if lines == before.0 {
                    "the checksum does not fit".to_owned()
                } else {
                    format!("it has {} lines, not {lines}", before.0)
                };
                Err(ImportError::Incomplete(reason))
            }
            Some(Line::End { .. }) => Ok(None),
            Some(Line::PointsmanMemory { .. }) => Err(self.bad("a second head")),
            Some(record) => Ok(Some(record)),
            None => Err(ImportError::Incomplete("its end is missing".to_owned())),
        }
    }

    fn next_line(&mut self) -> Result<Option<Line>, ImportError> {
        self.line.clear();
        let mut from = (&mut self.from).take(MAX_LINE_BYTES);
        if from.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.lines += 1;
        if self.line.last() != Some(&b'\n') {
            return Err(ImportError::Incomplete(format!(
                "line {} was cut",
                self.lines
            )));
        }
        let parsed = serde_json::from_slice(&self.line);
        self.hasher.update(&self.line);
        parsed
            .map(Some)
            .map_err(|error| self.bad(&error.to_string()))
    }

    pub(super) fn bad(&self, reason: &str) -> ImportError {
        ImportError::Line {
            line: self.lines,
            reason: reason.to_owned(),
        }
    }
}
