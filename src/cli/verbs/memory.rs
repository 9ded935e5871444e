//! `memory`: look at it, save it, take one in, forget.

use crate::{
    cli::{
        args::{MemoryArgs, MemoryVerb},
        client::Client,
        output::Output,
        trouble::Trouble,
    },
    memory::{Memory, Settings},
    proto::{self, ImportMode},
};
use std::{
    fs::File,
    io::{BufReader, Read, Write},
    path::Path,
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
        MemoryVerb::Export { file } => export(client, &file, out).await,
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
        MemoryVerb::Reset { yes } => reset(client, yes, out).await,
    }
}

fn dump(directory: &Path, decisions: usize, out: &mut Output) -> Result<(), Trouble> {
    let (memory, _) = Memory::inspect(directory, Settings::default())
        .map_err(|error| Trouble::Failed(error.to_string()))?;
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

async fn export(client: &Client, path: &Path, out: &mut Output) -> Result<(), Trouble> {
    let shown = path.display();
    let mut file =
        File::create_new(path).map_err(|error| Trouble::Failed(format!("{shown}: {error}")))?;
    let mut admin = client.admin().await?;
    let request = client.request(proto::ExportMemoryRequest {});
    let mut pieces = admin.export_memory(request).await?.into_inner();
    let mut bytes = 0;
    while let Some(piece) = pieces.message().await? {
        file.write_all(&piece.data)?;
        bytes += piece.data.len();
    }
    file.sync_all()?;
    if out.is_json() {
        return out.value(&serde_json::json!({ "file": path, "bytes": bytes }));
    }
    out.text(&format!("{bytes} bytes written to {shown}"))
}

async fn import(
    client: &Client,
    path: &Path,
    mode: ImportMode,
    out: &mut Output,
) -> Result<(), Trouble> {
    let file = File::open(path)
        .map_err(|error| Trouble::Failed(format!("{}: {error}", path.display())))?;
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

async fn reset(client: &Client, yes: bool, out: &mut Output) -> Result<(), Trouble> {
    if !yes {
        let words = "this forgets everything learned and cannot be undone; save it with `pointsman memory export FILE`, then give --yes";
        return Err(Trouble::Usage(words.to_owned()));
    }
    let request = proto::ResetMemoryRequest { confirm: true };
    let mut admin = client.admin().await?;
    let answer = admin.reset_memory(client.request(request)).await?;
    out.message("ResetMemoryResponse", answer.get_ref(), |answer| {
        format!("{} records forgotten", answer.records)
    })
}
