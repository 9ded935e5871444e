//! `memory`: look at it, save it, take one in, forget.

use crate::{
    cli::{
        args::{MemoryArgs, MemoryVerb},
        client::Client,
        output::Output,
        trouble::Trouble,
    },
    clock::{Clock as _, SystemClock},
    memory::{Memory, Settings},
    proto::{self, ImportMode},
};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes sent at once.
const PIECE: usize = 1 << 20;

/// `memory`
pub async fn memory(client: &Client, args: MemoryArgs, out: &mut Output) -> Result<(), Trouble> {
    match args.verb {
        MemoryVerb::Dump {
            directory,
            decisions,
        } => dump(&directory, decisions, out),
        MemoryVerb::Export { file, directory } => export(client, &file, directory, out).await,
        MemoryVerb::Import {
            file,
            merge,
            replace,
        } => {
            let mode = match (merge, replace) {
                (true, _) => ImportMode::Merge,
                (_, true) => ImportMode::Replace,
                _ => ImportMode::Unspecified,
            };
            import(client, &file, mode, out).await
        }
        MemoryVerb::Reset { yes, directory } => reset(client, yes, directory, out).await,
    }
}

fn dump(directory: &Path, decisions: usize, out: &mut Output) -> Result<(), Trouble> {
    let memory = open(directory)?;
    let mut text = Vec::new();
    memory
        .dump(&mut text, decisions)
        .map_err(|error| Trouble::Failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    if out.is_json() {
        return out.value(&serde_json::json!({ "dump": text }));
    }
    out.text(&text)
}

/// Half an export is none: where it fails, no file is left.
async fn export(
    client: &Client,
    path: &Path,
    directory: Option<PathBuf>,
    out: &mut Output,
) -> Result<(), Trouble> {
    let shown = path.display();
    let file = File::create_new(path).map_err(|error| {
        Trouble::Failed(format!(
            "cannot write {shown}: {error}; give a file that does not exist yet"
        ))
    })?;
    let saved = match directory {
        Some(directory) => save(&directory, file),
        None => fetch(client, file).await,
    };
    let bytes = saved.inspect_err(|_| {
        // Told is why the export failed; that matters more than a file that stays.
        let _ = std::fs::remove_file(path);
    })?;
    if out.is_json() {
        return out.value(&serde_json::json!({ "file": path, "bytes": bytes }));
    }
    out.text(&format!("{bytes} bytes written to {shown}"))
}

/// The server's memory.
async fn fetch(client: &Client, mut file: File) -> Result<u64, Trouble> {
    let mut admin = client.admin().await?;
    let request = client.request(proto::ExportMemoryRequest {});
    let mut pieces = admin.export_memory(request).await?.into_inner();
    while let Some(piece) = pieces.message().await? {
        file.write_all(&piece.data)?;
    }
    written(&file)
}

/// A memory on disk.
fn save(directory: &Path, file: File) -> Result<u64, Trouble> {
    let memory = open(directory)?;
    let now_ms = SystemClock::new().now_ms();
    let exported = memory.export(BufWriter::new(&file), now_ms);
    exported.map_err(|error| Trouble::Failed(error.to_string()))?;
    written(&file)
}

fn written(file: &File) -> Result<u64, Trouble> {
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn open(directory: &Path) -> Result<Memory, Trouble> {
    let opened = Memory::inspect(directory, Settings::default());
    opened
        .map(|(memory, _)| memory)
        .map_err(|error| Trouble::Failed(error.to_string()))
}

async fn import(
    client: &Client,
    path: &Path,
    mode: ImportMode,
    out: &mut Output,
) -> Result<(), Trouble> {
    let file = File::open(path)
        .map_err(|error| Trouble::Failed(format!("cannot read {}: {error}", path.display())))?;
    let mut admin = client.admin().await?;
    let request = client.request(tokio_stream::iter(pieces(BufReader::new(file), mode)));
    let answer = admin.import_memory(request).await?;
    out.message("ImportMemoryResponse", answer.get_ref(), |answer| {
        let mut told = format!(
            "{} records taken in, {} left out",
            answer.records, answer.skipped
        );
        if answer.facts_left_out > 0 {
            told += &format!(
                "; {} facts are in the export's snapshot alone and were not merged",
                answer.facts_left_out
            );
        }
        told
    })
}

/// The file in pieces, read as the server takes them. A file that cannot be read on ends the stream;
/// the server notices that the export is not whole.
fn pieces(
    mut file: impl Read,
    mode: ImportMode,
) -> impl Iterator<Item = proto::ImportMemoryRequest> {
    let mut first = true;
    std::iter::from_fn(move || {
        let mut data = Vec::new();
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut data);
        if let Err(error) = read {
            tracing::error!(%error, "the file cannot be read on");
        }
        if data.is_empty() && !first {
            return None;
        }
        first = false;
        Some(proto::ImportMemoryRequest {
            mode: mode.into(),
            data: data.into(),
        })
    })
}

async fn reset(
    client: &Client,
    yes: bool,
    directory: Option<PathBuf>,
    out: &mut Output,
) -> Result<(), Trouble> {
    if !yes {
        let words = "this forgets everything learned and cannot be undone; save it with `pointsman memory export FILE`, then give --yes";
        return Err(Trouble::Usage(words.to_owned()));
    }
    if let Some(directory) = directory {
        return remove(&directory, out);
    }
    let request = proto::ResetMemoryRequest { confirm: true };
    let mut admin = client.admin().await?;
    let answer = admin.reset_memory(client.request(request)).await?;
    out.message("ResetMemoryResponse", answer.get_ref(), |answer| {
        format!("{} records forgotten", answer.records)
    })
}

/// A memory on disk, whatever state it is in.
fn remove(directory: &Path, out: &mut Output) -> Result<(), Trouble> {
    let shown = directory.display();
    let removed =
        crate::memory::reset(directory).map_err(|error| Trouble::Failed(error.to_string()))?;
    if out.is_json() {
        return out.value(&serde_json::json!({ "directory": directory, "removed": removed }));
    }
    out.text(&match removed {
        true => format!("the memory at {shown} is removed"),
        false => format!("there is no memory at {shown}"),
    })
}
