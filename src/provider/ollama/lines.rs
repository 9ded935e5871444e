//! Lines from bytes, for streams of JSON lines. Pure, bounded.

/// Longest line taken: 16 MiB, as for events.
pub const MAX_LINE_BYTES: usize = 16 << 20;

/// A line grew past the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Takes bytes in, gives lines out; blank lines are passed over.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Takes one chunk and adds the lines that it completes.
    ///
    /// # Errors
    /// A line is longer than [`MAX_LINE_BYTES`].
    pub fn push(&mut self, mut chunk: &[u8], out: &mut impl Extend<String>) -> Result<(), TooLong> {
        while let Some(end) = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.grow(&chunk[..end])?;
            out.extend(self.finish());
            chunk = &chunk[end + 1..];
        }
        self.grow(chunk)
    }

    /// The body has ended: the line without an end, where there is one.
    pub fn finish(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.line).trim().to_owned();
        self.line.clear();
        (!line.is_empty()).then_some(line)
    }

    fn grow(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + part.len() > MAX_LINE_BYTES {
            return Err(TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }
}
