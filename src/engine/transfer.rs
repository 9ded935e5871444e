//! The memory in and out as one stream of bytes, and the configuration as it is shown.

use super::{
    api::{ConfigurationShown, EngineError, ImportMode, MemoryImported, Result},
    core::Core,
    merge,
};
use crate::config::{Config, Origin};
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use std::{
    io::{self, Write},
    sync::Arc,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Bytes in one piece at most.
const PIECE_BYTES: usize = 256 << 10;
/// Pieces that wait for a slow reader.
const PIECES_WAITING: usize = 8;

/// All records, read while the service goes on.
pub(crate) async fn export(core: Arc<Core>) -> Result<BoxStream<'static, Result<Bytes>>> {
    // What was learned so far is in the export's snapshot.
    core.recorder.snapshot().await?;
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut writer = io::BufWriter::with_capacity(PIECE_BYTES, Pieces(sender.clone()));
        let now_ms = core.clock.now_ms();
        let written = core
            .memory
            .export(&mut writer, now_ms)
            .map_err(|error| error.to_string());
        let flushed = written.and_then(|_| writer.flush().map_err(|error| error.to_string()));
        if let Err(error) = flushed {
            let _ = sender.blocking_send(Err(EngineError::Memory(error)));
        }
    });
    Ok(ReceiverStream::new(pieces).boxed())
}

struct Pieces(mpsc::Sender<Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(&bytes[..bytes.len().min(PIECE_BYTES)]);
        let length = piece.len();
        self.0
            .blocking_send(Ok(piece))
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes an export in. It is first written to a file, so that a stream that breaks off changes
/// nothing.
pub(crate) async fn import(
    core: &Arc<Core>,
    mode: ImportMode,
    mut pieces: BoxStream<'static, Result<Bytes>>,
) -> Result<MemoryImported> {
    let failed = |error: io::Error| EngineError::Memory(format!("import: {error}"));
    let path = core
        .memory
        .path()
        .join(format!("import-{:016x}.tmp", crate::rng::os_seed()));
    let received = async {
        let mut file = tokio::fs::File::create(&path).await.map_err(failed)?;
        while let Some(piece) = pieces.next().await {
            tokio::io::AsyncWriteExt::write_all(&mut file, &piece?)
                .await
                .map_err(failed)?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file)
            .await
            .map_err(failed)
    };
    let imported = match received.await {
        Ok(()) if mode == ImportMode::Merge && !merge::is_empty(&core.memory) => {
            merge::merge(core, &path).await
        }
        Ok(()) => take_in(core, mode, path.clone()).await,
        Err(error) => Err(error),
    };
    let _ = tokio::fs::remove_file(&path).await;
    imported
}

/// The whole export, its snapshot included, into a memory that is empty or is made so.
async fn take_in(
    core: &Core,
    mode: ImportMode,
    path: std::path::PathBuf,
) -> Result<MemoryImported> {
    let now_ms = core.clock.now_ms();
    let work = move |memory: &crate::memory::Memory| {
        if mode == ImportMode::Replace {
            memory.verify(merge::open(&path)?).map_err(merge::refused)?;
            memory
                .clear(now_ms)
                .map_err(|error| EngineError::Memory(error.to_string()))?;
        }
        memory
            .import(merge::open(&path)?, now_ms)
            .map_err(merge::refused)
    };
    let imported = core.recorder.exclusively(work).await?;
    Ok(MemoryImported {
        records: imported.records,
        skipped: imported.skipped,
        facts_left_out: 0,
    })
}

/// The configuration in force, secrets hidden. JSON is YAML, too.
pub(crate) fn configuration(config: &Config) -> ConfigurationShown {
    let yaml = serde_json::to_string_pretty(&config.shown()).unwrap_or_default();
    let sources = match &config.origin {
        Origin::File(path) => vec![path.display().to_string()],
        Origin::Files(paths, profile) => {
            let files = paths.iter().map(|path| path.display().to_string());
            let profile = profile.iter().map(|name| format!("profile {name}"));
            files.chain(profile).collect()
        }
        Origin::Discovered(found) => vec![format!("discovered: {}", found.join(", "))],
        Origin::Simulated => vec!["simulated models".to_owned()],
    };
    ConfigurationShown { yaml, sources }
}
