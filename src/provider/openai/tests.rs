//! Golden files: a normal request in every flavour's words, and answers and streams as vendors
//! send them, in normal form.

use super::*;
use crate::domain::FaultKind;
use crate::domain::{
    ChatRequest, ImageSource, Message, Part, ResponseFormat, Role, Sampling, Tool, ToolCall,
    ToolChoice,
};
use crate::provider::{assemble::Assembler, sse};
use bytes::Bytes;
use futures_util::{StreamExt, stream as streams};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

fn full_request() -> ChatRequest {
    let mut assistant = Message::text(Role::Assistant, "Looking.");
    assistant.parts.insert(
        0,
        Part::Reasoning {
            text: "They want weather.".into(),
            signature: None,
        },
    );
    assistant.tool_calls.push(ToolCall {
        id: "call_abc".into(),
        name: "weather".into(),
        arguments: r#"{"city":"Oslo"}"#.into(),
        signature: None,
    });
    let mut result = Message::text(Role::Tool, "7 degrees");
    result.tool_call_id = Some("call_abc".into());
    result.name = Some("weather".into());
    let mut picture = Message::text(Role::User, "And here?");
    picture.parts.push(Part::Image(ImageSource::Inline {
        media_type: "image/png".into(),
        data: "iVBOR".into(),
    }));
    ChatRequest {
        messages: vec![
            Message::text(Role::System, "Be brief."),
            Message::text(Role::User, "Weather in Oslo?"),
            assistant,
            result,
            picture,
        ],
        tools: vec![Tool {
            name: "weather".into(),
            description: Some("Current weather".into()),
            parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": false}),
            strict: Some(true),
        }],
        tool_choice: ToolChoice::Named("weather".into()),
        parallel_tool_calls: Some(false),
        response_format: ResponseFormat::JsonSchema {
            name: "reply".into(),
            schema: json!({"type": "object"}),
            strict: Some(true),
        },
        sampling: Sampling {
            temperature: Some(0.2),
            top_k: Some(40),
            max_tokens: Some(100),
            stop: vec!["END".into()],
            presence_penalty: Some(0.1),
            seed: Some(7),
            reasoning_effort: Some("low".into()),
            extra: json!({"logit_bias": {"1": 2}, "model": "stolen", "n": 5})
                .as_object()
                .cloned()
                .unwrap(),
            ..Sampling::default()
        },
    }
}

#[test]
fn a_request_in_openais_words() {
    let defaults = json!({"service_tier": "flex", "temperature": 1.0});
    let defaults = defaults.as_object().unwrap();
    let body = request::body(
        &full_request(),
        "gpt-x",
        true,
        &Quirks::named("openai"),
        defaults,
    );
    insta::assert_json_snapshot!(body);
}

/// What each flavour changes against the common form.
#[test]
fn every_flavours_request() {
    let lines = |name: &str| -> Vec<String> {
        let quirks = Quirks::named(name);
        let body = request::body(&full_request(), "m", true, &quirks, &Map::new());
        let text = serde_json::to_string_pretty(&body).unwrap();
        text.lines()
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect()
    };
    let common = lines("openai_compatible");
    let mut shown = String::new();
    for name in [
        "openai", "groq", "cerebras", "mistral", "xai", "deepseek", "together", "vllm", "lmstudio",
    ] {
        writeln!(shown, "{name}").unwrap();
        let own = lines(name);
        for line in common.iter().filter(|line| !own.contains(line)) {
            writeln!(shown, "  - {}", line.trim()).unwrap();
        }
        for line in own.iter().filter(|line| !common.contains(line)) {
            writeln!(shown, "  + {}", line.trim()).unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}

const ANSWERS: [(&str, &str); 6] = [
    ("openai", include_str!("golden/openai.json")),
    ("openai", include_str!("golden/openai_tools.json")),
    ("openai", include_str!("golden/refusal.json")),
    ("deepseek", include_str!("golden/deepseek.json")),
    ("xai", include_str!("golden/xai.json")),
    ("together", include_str!("golden/minimal.json")),
];

#[test]
fn answers_in_normal_form() {
    let shown: Vec<_> = ANSWERS
        .iter()
        .map(|(name, text)| {
            let body: Value = serde_json::from_str(text).unwrap();
            response::completion(&body, &Quirks::named(name)).unwrap()
        })
        .collect();
    insta::assert_debug_snapshot!(shown);
    for body in ["{}", r#"{"choices":[]}"#, r#"{"choices":[{}]}"#, "[]", "7"] {
        let body: Value = serde_json::from_str(body).unwrap();
        let fault = response::completion(&body, &Quirks::default()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Garbled, "{body}");
    }
}

const STREAMS: [(&str, &str, &str); 9] = [
    (
        "openai",
        "text and usage",
        include_str!("golden/openai.sse"),
    ),
    (
        "openai",
        "parallel tool calls",
        include_str!("golden/openai_tools.sse"),
    ),
    (
        "azure",
        "empty choices, late filter result",
        include_str!("golden/azure.sse"),
    ),
    ("deepseek", "reasoning", include_str!("golden/deepseek.sse")),
    (
        "mistral",
        "whole tool calls without index",
        include_str!("golden/mistral.sse"),
    ),
    ("groq", "usage in x_groq", include_str!("golden/groq.sse")),
    (
        "openai",
        "cut before the end marker",
        include_str!("golden/cut.sse"),
    ),
    (
        "openai",
        "an error inside",
        include_str!("golden/error.sse"),
    ),
    (
        "openai",
        "a line that is not JSON",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {oops\n\n",
    ),
];

fn deltas(
    flavour: &str,
    text: &str,
    chunk_bytes: usize,
) -> Vec<Result<crate::domain::Delta, Fault>> {
    let chunks: Vec<_> = text
        .as_bytes()
        .chunks(chunk_bytes)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    let events = sse::events(streams::iter(chunks).boxed());
    let all = stream::deltas(events, Quirks::named(flavour)).collect::<Vec<_>>();
    futures_util::FutureExt::now_or_never(all).unwrap()
}

#[test]
fn streams_in_normal_form() {
    let mut shown = String::new();
    for (flavour, what, text) in STREAMS {
        writeln!(shown, "{flavour}: {what}").unwrap();
        let pieces = deltas(flavour, text, 4096);
        assert_eq!(pieces, deltas(flavour, text, 3), "{what}: chunking matters");
        for piece in &pieces {
            writeln!(shown, "    {piece:?}").unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_stream_and_a_whole_answer_are_the_same_answer() {
    for (whole, streamed) in [(0, 0), (1, 1)] {
        let body: Value = serde_json::from_str(ANSWERS[whole].1).unwrap();
        let whole = response::completion(&body, &Quirks::named("openai")).unwrap();
        let mut assembler = Assembler::default();
        let pieces = deltas("openai", STREAMS[streamed].2, 7);
        let assembled = pieces
            .iter()
            .find_map(|piece| assembler.push(piece.as_ref().unwrap()));
        assert_eq!(assembled.unwrap(), whole);
    }
}
