//! Server-sent events from bytes, forgiving where upstreams are careless.
//!
//! Any chunking; `\n`, `\r\n` and bare `\r`; `data:` with or without a space; comments; a last
//! event without its blank line. Leaves out `id`, `retry` and reconnection, which make no sense for
//! a POST. The crates at hand drop an unterminated last event or know no size cap.

use super::http::ByteStream;
use crate::domain::{Fault, FaultKind};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Longest event taken: 16 MiB holds an inline image.
pub const MAX_EVENT_BYTES: usize = 16 << 20;

/// Events of one response; ends after the first fault.
pub type EventStream = BoxStream<'static, Result<Event, Fault>>;

/// One event with data.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Event {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its data lines, joined by `\n`.
    pub data: String,
}

/// An event grew past the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Takes bytes in, gives events out.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    name: Option<String>,
    data: Option<String>,
    size_bytes: usize,
    after_cr: bool,
    begun: bool,
}

impl Decoder {
    /// Takes one chunk and adds the events that it completes.
    ///
    /// # Errors
    /// An event is longer than [`MAX_EVENT_BYTES`].
    pub fn push(&mut self, mut chunk: &[u8], out: &mut VecDeque<Event>) -> Result<(), TooLong> {
        while !chunk.is_empty() {
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                chunk = &chunk[1..];
                continue;
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = chunk.split_at(end.unwrap_or(chunk.len()));
            self.size_bytes += part.len();
            if self.size_bytes > MAX_EVENT_BYTES {
                return Err(TooLong);
            }
            let Some((&mark, rest)) = rest.split_first() else {
                self.line.extend_from_slice(part);
                return Ok(());
            };
            self.after_cr = mark == b'\r';
            chunk = rest;
            // Most lines come whole: only a line that was begun before has to be put together.
            out.extend(if self.line.is_empty() {
                self.take_line(part)
            } else {
                self.line.extend_from_slice(part);
                self.end_line()
            });
        }
        Ok(())
    }

    /// The body has ended: the event that was not closed by a blank line, where there is one.
    pub fn finish(&mut self) -> Option<Event> {
        let closed = self.end_line();
        closed.or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Option<Event> {
        let mut line = std::mem::take(&mut self.line);
        let event = self.take_line(&line);
        line.clear();
        self.line = line;
        event
    }

    fn take_line(&mut self, mut text: &[u8]) -> Option<Event> {
        if !std::mem::replace(&mut self.begun, true) {
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        if text.is_empty() {
            return self.end_event();
        }
        let colon = text.iter().position(|byte| *byte == b':');
        let (field, value) = text.split_at(colon.unwrap_or(text.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.data(&text_of(value)),
            b"event" => self.name = Some(text_of(value).into_owned()),
            _ => self.size_bytes -= text.len().min(self.size_bytes),
        }
        None
    }

    fn data(&mut self, value: &str) {
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
    }

    fn end_event(&mut self) -> Option<Event> {
        self.size_bytes = 0;
        let name = self.name.take();
        self.data.take().map(|data| Event { name, data })
    }
}

/// The text of a line; only one that is no UTF-8 is read letter by letter.
fn text_of(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(line),
    }
}

/// The events of a body.
#[must_use]
pub fn events(body: ByteStream) -> EventStream {
    let state = Some((body, Decoder::default(), VecDeque::new()));
    let step = |state: Option<(ByteStream, Decoder, VecDeque<Event>)>| async {
        let (mut body, mut decoder, mut ready) = state?;
        loop {
            if let Some(event) = ready.pop_front() {
                return Some((Ok(event), Some((body, decoder, ready))));
            }
            match body.next().await {
                Some(Ok(chunk)) => {
                    if decoder.push(&chunk, &mut ready).is_err() {
                        let message = format!("an event is longer than {MAX_EVENT_BYTES} bytes");
                        return Some((Err(Fault::new(FaultKind::Garbled, message)), None));
                    }
                }
                Some(Err(fault)) => return Some((Err(fault), None)),
                None => return decoder.finish().map(|event| (Ok(event), None)),
            }
        }
    };
    stream::unfold(state, step).boxed()
}

#[cfg(test)]
mod tests;
