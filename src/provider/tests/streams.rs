//! Streams: the deltas, however the bytes are cut into pieces.

use super::{files, hold};
use crate::provider::http::ByteStream;
use crate::provider::openai::{self, Quirks};
use crate::provider::{DeltaStream, anthropic, gemini, ollama, reader, sse};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use proptest::prelude::*;

type Read = fn(ByteStream) -> DeltaStream;

fn anthropic(body: ByteStream) -> DeltaStream {
    reader::of_events(sse::events(body), anthropic::stream::Reader::default())
}

fn gemini(body: ByteStream) -> DeltaStream {
    reader::of_events(sse::events(body), gemini::stream::Reader::default())
}

/// The deltas as text, one a line.
fn deltas(read: Read, input: &[u8], cuts: &[usize]) -> String {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    cuts.extend([0, input.len()]);
    cuts.sort_unstable();
    let pieces: Vec<_> = cuts
        .windows(2)
        .map(|pair| Ok(Bytes::copy_from_slice(&input[pair[0]..pair[1]])))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let lines: Vec<String> = runtime.block_on(
        read(stream::iter(pieces).boxed())
            .map(|delta| format!("{delta:?}"))
            .collect(),
    );
    lines.join("\n")
}

fn hold_all(folder: &str, read: Read) {
    for (name, input) in files(folder, "stream.", ".txt") {
        let whole = deltas(read, input.as_bytes(), &[]);
        hold(folder, &format!("stream.{name}"), &whole);
        let crlf = input.replace('\n', "\r\n");
        assert_eq!(
            deltas(read, crlf.as_bytes(), &[]),
            whole,
            "{name} with CRLF"
        );
        proptest!(ProptestConfig::with_cases(32), |(cuts: [usize; 24])| {
            prop_assert_eq!(&deltas(read, input.as_bytes(), &cuts), &whole);
        });
    }
}

#[test]
fn anthropic_streams() {
    hold_all("anthropic", anthropic);
}

#[test]
fn gemini_streams() {
    hold_all("gemini", gemini);
}

#[test]
fn ollama_streams() {
    hold_all("ollama", |body| {
        reader::deltas(ollama::lines_of(body), ollama::stream::Reader::default())
    });
}

#[test]
fn azure_streams() {
    hold_all("azure", |body| {
        openai::stream::deltas(sse::events(body), Quirks::named("azure"))
    });
}
