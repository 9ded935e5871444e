//! Long streams of the operator's face: events out, examples in, the memory out and in.

use super::{
    codec,
    convert::{event, query},
    gate::{Gate, Pass},
    status,
};
use crate::{
    clock::Clock,
    engine::api::{EngineApi, EngineError, Event, Example},
    proto::{self, EventKind},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tonic::{Status, Streaming};

/// Examples handed to the engine at once.
const BATCH: usize = 64;
/// Refusals told at most; the rest is counted.
const TOLD_REFUSALS: usize = 100;

/// Events until the caller leaves or the server closes.
pub fn watch(
    events: Receiver<Event>,
    kinds: Vec<EventKind>,
    gate: Gate,
    clock: Arc<dyn Clock>,
) -> BoxStream<'static, Result<proto::WatchEventsResponse, Status>> {
    let state = Some((events, kinds, gate, clock));
    stream::unfold(state, |state| async move {
        let (mut events, kinds, gate, clock) = state?;
        loop {
            let heard = tokio::select! {
                heard = events.recv() => heard,
                () = gate.closed() => return Some((Err(status::of(EngineError::Draining)), None)),
            };
            let event = match heard {
                Ok(event) if query::wanted(&kinds, event.kind) => event::to_event(event),
                Ok(_) => continue,
                Err(RecvError::Lagged(missed)) => event::lagged(missed, clock.now_ms()),
                Err(RecvError::Closed) => return None,
            };
            let message = proto::WatchEventsResponse { event: Some(event) };
            return Some((Ok(message), Some((events, kinds, gate, clock))));
        }
    })
    .boxed()
}

/// Takes examples in, batch by batch; what is not usable is told and left out.
pub async fn import_examples<E: EngineApi>(
    engine: &E,
    mut wire: Streaming<proto::ImportExamplesRequest>,
    max_text_bytes: usize,
) -> Result<proto::ImportExamplesResponse, Status> {
    let mut done = proto::ImportExamplesResponse::default();
    let mut batch: Vec<(u64, Example)> = Vec::with_capacity(BATCH);
    let mut index = 0;
    while let Some(message) = wire.message().await.map_err(clear)? {
        match query::example(message, max_text_bytes) {
            Ok(example) => batch.push((index, example)),
            Err(reason) => refuse(&mut done, index, reason),
        }
        index += 1;
        if batch.len() == BATCH {
            flush(engine, &mut batch, &mut done).await?;
        }
    }
    flush(engine, &mut batch, &mut done).await?;
    Ok(done)
}

async fn flush<E: EngineApi>(
    engine: &E,
    batch: &mut Vec<(u64, Example)>,
    done: &mut proto::ImportExamplesResponse,
) -> Result<(), Status> {
    if batch.is_empty() {
        return Ok(());
    }
    let (indices, examples): (Vec<u64>, Vec<Example>) = batch.drain(..).unzip();
    let imported = engine.import_examples(examples).await.map_err(status::of)?;
    done.examples += imported.examples;
    done.scores += imported.scores;
    for (position, reason) in imported.refused {
        refuse(
            done,
            indices.get(position).copied().unwrap_or_default(),
            reason,
        );
    }
    Ok(())
}

fn refuse(done: &mut proto::ImportExamplesResponse, index: u64, reason: String) {
    done.refused += 1;
    if done.refusals.len() < TOLD_REFUSALS {
        done.refusals.push(proto::ImportRefusal { index, reason });
    }
}

/// The memory on its way out.
pub fn export(
    pieces: BoxStream<'static, Result<Bytes, EngineError>>,
    pass: Pass,
) -> BoxStream<'static, Result<proto::ExportMemoryResponse, Status>> {
    pieces
        .map(move |piece| {
            let _held = &pass;
            piece
                .map(|data| proto::ExportMemoryResponse { data })
                .map_err(status::of)
        })
        .boxed()
}

/// Takes a memory in.
pub async fn import_memory<E: EngineApi>(
    engine: &E,
    mut wire: Streaming<proto::ImportMemoryRequest>,
) -> Result<proto::ImportMemoryResponse, Status> {
    let Some(first) = wire.message().await.map_err(clear)? else {
        let what = "is missing: the stream had no message".to_owned();
        return Err(status::invalid(vec![("data".to_owned(), what)]));
    };
    let mode = query::import_mode(first.mode).map_err(|status| *status)?;
    let rest = wire.map(|message| match message {
        Ok(message) => Ok(message.data),
        Err(status) => Err(EngineError::InvalidRequest {
            field: "data".to_owned(),
            message: format!("the stream broke off: {}", status.message()),
        }),
    });
    let pieces = stream::once(async move { Ok(first.data) }).chain(rest);
    let imported = engine
        .import_memory(mode, pieces.boxed())
        .await
        .map_err(status::of)?;
    Ok(proto::ImportMemoryResponse {
        records: imported.records,
        skipped: imported.skipped,
        facts_left_out: imported.facts_left_out,
    })
}

fn clear(status: Status) -> Status {
    codec::clearer(&status).unwrap_or(status)
}
