//! Two memories as one: what another memory remembers is added to what is known here.
//!
//! Decisions are merged one by one, with their outcomes and judgements, while requests go on. What
//! the export's snapshot alone knows (examples, judgements that nobody had to send, labels,
//! decisions past their retention) belongs to no decision, so nobody could tell whether it was
//! counted before: it is left out and its size is told.

use super::{
    api::{EngineError, MemoryImported},
    core::Core,
    events,
    recorder::Merged,
};
use crate::memory::{ImportError, Memory, Stored};
use std::{fs::File, io::BufReader, path::Path, sync::Arc};
use tokio::runtime::Handle;

/// Decisions written together: few enough that requests hardly wait.
const AT_ONCE: usize = 64;

/// Adds an export, which is checked to its end before anything is written.
pub(super) async fn merge(core: &Arc<Core>, path: &Path) -> Result<MemoryImported, EngineError> {
    let (core, path) = (Arc::clone(core), path.to_owned());
    let handle = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        core.memory.verify(open(&path)?).map_err(refused)?;
        let (merged, learned_from) = add(&core, &path, &handle)?;
        let left_out = learned_from.saturating_sub(merged.facts);
        let told = format!(
            "a memory was merged: {} records new, {} known, {left_out} facts left out",
            merged.records, merged.known
        );
        let event = events::operator(core.clock.now_ms(), &"memory", told);
        let _ = core.events.send(event);
        Ok(MemoryImported {
            records: merged.records,
            skipped: merged.known + merged.expired,
            facts_left_out: left_out,
        })
    });
    work.await
        .unwrap_or_else(|error| Err(EngineError::Internal(error.to_string())))
}

/// All decisions of the export; also how many facts its memory had learned from.
fn add(core: &Core, path: &Path, handle: &Handle) -> Result<(Merged, u64), EngineError> {
    let mut entries = core.memory.entries(open(path)?).map_err(refused)?;
    let mut merged = Merged::default();
    loop {
        let some: Vec<Stored> = entries
            .by_ref()
            .take(AT_ONCE)
            .collect::<Result<_, _>>()
            .map_err(refused)?;
        if some.is_empty() {
            return Ok((merged, entries.facts()));
        }
        merged = merged.plus(handle.block_on(core.recorder.merge(some))?);
    }
}

pub(super) fn open(path: &Path) -> Result<BufReader<File>, EngineError> {
    let file = File::open(path).map_err(|error| refused(ImportError::Io(error)))?;
    Ok(BufReader::new(file))
}

/// Why an export is not taken in, as the caller is told it.
pub(super) fn refused(error: ImportError) -> EngineError {
    let words = error.to_string();
    match error {
        ImportError::NotEmpty { decisions, .. } => EngineError::MemoryConflict(format!(
            "this memory holds {decisions} decisions already: import with mode merge to add the export to them, \
             or with mode replace to forget them"
        )),
        ImportError::OtherEmbedder { stored, .. } => EngineError::MemoryConflict(format!(
            "{words}: two embedders see prompts differently; import into a server that uses {stored:?}"
        )),
        ImportError::Head(_) | ImportError::Line { .. } | ImportError::Incomplete(_) => {
            EngineError::InvalidRequest {
                field: "data".to_owned(),
                message: format!("{words}; nothing was changed"),
            }
        }
        ImportError::Io(_) | ImportError::Write(_) => {
            EngineError::Memory(format!("import: {words}"))
        }
    }
}

/// Does the memory hold anything?
pub(super) fn is_empty(memory: &Memory) -> bool {
    let counts = memory.counts();
    counts.decisions == 0 && counts.last_fact == 0
}
