//! Translation on the way to an upstream and back, in OpenAI's words, which most of them speak.

use crate::sample;
use bytes::Bytes;
use divan::{Bencher, black_box, counter::BytesCount};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use pointsman::{
    domain::{ChatRequest, Delta, Message, Role, Sampling, Tool},
    provider::{
        openai::{self, Quirks},
        sse,
    },
};
use serde_json::{Map, json};
use std::collections::VecDeque;

/// Six turns of 200 tokens and two tools, as bytes for the wire.
#[divan::bench]
fn openai_request(bencher: Bencher<'_, '_>) {
    let roles = [Role::User, Role::Assistant].into_iter().cycle().take(5);
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: Some("Looks something up".to_owned()),
        parameters: json!({
            "type": "object",
            "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["query"],
        }),
        strict: None,
    };
    let request = ChatRequest {
        messages: std::iter::once(Role::System)
            .chain(roles)
            .map(|role| Message::text(role, sample::text(200)))
            .collect(),
        tools: vec![tool("search"), tool("read")],
        sampling: Sampling {
            temperature: Some(0.2),
            max_tokens: Some(1000),
            ..Sampling::default()
        },
        ..ChatRequest::default()
    };
    let (quirks, defaults) = (Quirks::named("openai"), Map::new());
    bencher.bench(|| {
        let request = black_box(&request);
        let body = openai::request::body(request, "gpt-4o-mini", true, &quirks, &defaults);
        serde_json::to_vec(&body).unwrap()
    });
}

const TOKENS: usize = 200;

/// An answer of `TOKENS` tokens, an event each, in pieces as a network hands them over.
fn answer() -> Vec<Bytes> {
    let event = |choices: serde_json::Value, usage: serde_json::Value| {
        let chunk = json!({
            "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
            "object": "chat.completion.chunk",
            "created": 1_800_000_000,
            "model": "gpt-4o-mini-2024-07-18",
            "system_fingerprint": "fp_0123456789",
            "choices": choices,
            "usage": usage,
        });
        format!("data: {chunk}\n\n")
    };
    let choice = |delta, reason| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let mut text: String = (0..TOKENS)
        .map(|_| event(choice(json!({"content": " word"}), None), json!(null)))
        .collect();
    text += &event(choice(json!({}), Some("stop")), json!(null));
    let usage = json!({"prompt_tokens": 100, "completion_tokens": TOKENS, "total_tokens": 300});
    text += &event(json!([]), usage);
    text += "data: [DONE]\n\n";
    text.as_bytes()
        .chunks(1400)
        .map(Bytes::copy_from_slice)
        .collect()
}

/// Bytes to events.
#[divan::bench]
fn sse_events(bencher: Bencher<'_, '_>) {
    let pieces = answer();
    let decode = || {
        let (mut decoder, mut events) = (sse::Decoder::default(), VecDeque::new());
        for piece in black_box(&pieces) {
            decoder.push(piece, &mut events).unwrap();
        }
        events
    };
    assert_eq!(decode().len(), TOKENS + 3);
    bencher
        .counter(BytesCount::new(pieces.concat().len()))
        .bench(decode);
}

/// Bytes to the pieces of an answer: events, JSON, meaning.
#[divan::bench]
fn sse_answer(bencher: Bencher<'_, '_>) {
    let pieces = answer();
    let read = || {
        let bytes = stream::iter(pieces.clone().into_iter().map(Ok));
        let deltas = openai::stream::deltas(sse::events(bytes.boxed()), Quirks::named("openai"));
        deltas.collect::<Vec<_>>().now_or_never().unwrap()
    };
    assert_eq!(read().len(), TOKENS + 1);
    assert!(matches!(read().last(), Some(Ok(Delta::Done { .. }))));
    bencher
        .counter(BytesCount::new(pieces.concat().len()))
        .bench_local(read);
}
