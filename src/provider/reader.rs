//! From a body that arrives in pieces to the pieces of an answer: the same loop for all dialects.

use super::{DeltaStream, sse};
use crate::domain::{Delta, Fault};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::VecDeque;

/// A dialect's reading of its stream. Pure: it holds what is known of the answer so far.
pub trait Reader: Send + 'static {
    /// Takes one event's data (or one line); what it means is added to `out`. Once it has added
    /// [`Delta::Done`], nothing more is read.
    ///
    /// # Errors
    /// The upstream's error in the stream, or data of another shape; nothing more is read.
    fn event(&mut self, data: &str, out: &mut Vec<Delta>) -> Result<(), Fault>;

    /// The body ended before [`Delta::Done`].
    ///
    /// # Errors
    /// `Cut`, unless the dialect's end is the end of the body.
    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), Fault>;
}

/// The deltas of an event stream.
pub fn of_events(events: sse::EventStream, reader: impl Reader) -> DeltaStream {
    deltas(events.map_ok(|event| event.data).boxed(), reader)
}

/// The deltas of data in pieces: ends after `Done` or the first fault, whichever comes first.
pub fn deltas(data: BoxStream<'static, Result<String, Fault>>, reader: impl Reader) -> DeltaStream {
    let state = State {
        data: Some(data),
        reader,
        ready: VecDeque::new(),
        fault: None,
    };
    stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    })
    .boxed()
}

struct State<R> {
    /// `None` once nothing more is to be read; the connection is given back then.
    data: Option<BoxStream<'static, Result<String, Fault>>>,
    reader: R,
    ready: VecDeque<Delta>,
    fault: Option<Fault>,
}

impl<R: Reader> State<R> {
    async fn next(&mut self) -> Option<Result<Delta, Fault>> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Some(Ok(delta));
            }
            if let Some(fault) = self.fault.take() {
                return Some(Err(fault));
            }
            let piece = self.data.as_mut()?.next().await;
            self.take(piece);
        }
    }

    fn take(&mut self, piece: Option<Result<String, Fault>>) {
        let mut out = Vec::new();
        let ended = piece.is_none();
        let result = match piece {
            Some(Ok(data)) => self.reader.event(&data, &mut out),
            Some(Err(fault)) => Err(fault),
            None => self.reader.end(&mut out),
        };
        let done = matches!(out.last(), Some(Delta::Done { .. }));
        self.ready.extend(out);
        self.fault = result.err();
        if ended || done || self.fault.is_some() {
            self.data = None;
        }
    }
}
