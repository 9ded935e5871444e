//! A streamed answer on its way out: event by event, with exactly one end.
//!
//! Holds its pass to the last byte. Dropping it drops the engine's stream, which cancels upstream.

use super::{
    convert::event::{Told, to_told},
    gate::{Gate, Pass},
};
use crate::{
    engine::api::{Deadline, EngineError, RouteEvent},
    proto::RouteStreamResponse,
};
use futures_util::{StreamExt, stream, stream::BoxStream};
use std::{collections::VecDeque, future::Future, pin::Pin};
use tonic::Status;

/// Messages and, after a failure, the status that ends the call.
type Item = Result<RouteStreamResponse, Status>;

struct Teller {
    /// `None` after the terminal event.
    events: Option<BoxStream<'static, RouteEvent>>,
    end: Pin<Box<dyn Future<Output = EngineError> + Send>>,
    waiting: VecDeque<Item>,
    _pass: Pass,
}

/// The engine's events as messages, within the deadline.
pub fn told(
    events: BoxStream<'static, RouteEvent>,
    gate: &Gate,
    deadline: Deadline,
    pass: Pass,
) -> BoxStream<'static, Item> {
    let teller = Teller {
        events: Some(events),
        end: gate.end(deadline),
        waiting: VecDeque::new(),
        _pass: pass,
    };
    stream::unfold(teller, |mut teller| async move {
        let item = teller.next().await?;
        Some((item, teller))
    })
    .boxed()
}

impl Teller {
    async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Some(item);
            }
            let events = self.events.as_mut()?;
            let told = tokio::select! {
                biased;
                event = events.next() => event.map_or_else(broken_off, to_told),
                error = &mut self.end => Told::failed(error, None),
            };
            self.take(told);
        }
    }

    fn take(&mut self, told: Told) {
        if told.terminal {
            self.events = None;
        }
        self.waiting.extend(told.messages.into_iter().map(Ok));
        self.waiting.extend(told.status.map(|status| Err(*status)));
    }
}

fn broken_off() -> Told {
    let words = "the engine's stream ended without a terminal event";
    Told::failed(EngineError::Internal(words.to_owned()), None)
}
