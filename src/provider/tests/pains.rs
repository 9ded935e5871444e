//! What users of gateways suffer, each a test: what was billed twice, dropped, or not handed back.

use super::wire::golden;
use crate::domain::{ChatRequest, Completion, Delta, Message, Price, Role, StopReason};
use crate::http::openai::request::parse;
use crate::provider::assemble::Assembler;
use crate::provider::openai::{self, Quirks};
use crate::provider::reader::Reader as _;
use crate::provider::{anthropic, gemini};
use serde_json::{Map, Value, json};

fn golden_json(path: &str) -> Value {
    serde_json::from_str(&golden(path)).unwrap()
}

fn assembled(deltas: &[Delta]) -> Completion {
    let mut assembler = Assembler::default();
    let answer = deltas.iter().find_map(|delta| assembler.push(delta));
    answer.unwrap()
}

fn anthropic_stream() -> Completion {
    let (mut reader, mut out) = (anthropic::stream::Reader::default(), Vec::new());
    let text = golden("anthropic/stream.text_and_tools.txt");
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        reader.event(data, &mut out).unwrap();
    }
    assembled(&out)
}

fn gemini_stream() -> Completion {
    let (mut reader, mut out) = (gemini::stream::Reader::default(), Vec::new());
    let text = golden("gemini/stream.tools.txt");
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        reader.event(data, &mut out).unwrap();
    }
    reader.end(&mut out).unwrap();
    assembled(&out)
}

/// The conversation that goes on after an answer.
fn after(answer: &Completion) -> ChatRequest {
    let mut turn = Message::text(Role::Assistant, "");
    turn.parts.clone_from(&answer.parts);
    turn.tool_calls.clone_from(&answer.tool_calls);
    ChatRequest {
        messages: vec![Message::text(Role::User, "Hi"), turn],
        ..ChatRequest::default()
    }
}

fn dollars(answer: &Completion) -> f64 {
    let price = Price {
        input_per_mtok: 1.0,
        output_per_mtok: 10.0,
        cache_read_per_mtok: Some(0.1),
        cache_write_per_mtok: Some(1.25),
    };
    price.cost_usd(&answer.usage).unwrap() * 1e6
}

#[test]
fn cached_tokens_are_billed_once() {
    let answer = gemini::response::completion(&golden_json("gemini/response.text.json")).unwrap();
    let expected = 176.0 + 1024.0 * 0.1 + 3.0 * 10.0;
    assert!((dollars(&answer) - expected).abs() < 1e-6, "{answer:?}");
    let whole = golden_json("anthropic/response.thinking_and_tools.json");
    let answer = anthropic::response::completion(&whole).unwrap();
    let expected = 3.0 + 2000.0 * 0.1 + 100.0 * 1.25 + 120.0 * 10.0;
    assert!((dollars(&answer) - expected).abs() < 1e-6, "{answer:?}");
    // In a stream the counts come twice and are cumulative.
    let expected = 12.0 + 1000.0 * 0.1 + 100.0 * 1.25 + 89.0 * 10.0;
    assert!((dollars(&anthropic_stream()) - expected).abs() < 1e-6);
}

#[test]
fn usage_is_asked_for_in_every_stream() {
    let request = after(&anthropic_stream());
    for name in ["openai", "azure", "groq", "vllm", "lmstudio"] {
        let quirks = Quirks::named(name);
        let body = openai::request::body(&request, "m", true, &quirks, &Map::new());
        assert_eq!(body["stream_options"]["include_usage"], true, "{name}");
    }
}

#[test]
fn geminis_signatures_go_back_where_they_came_from() {
    let answer = gemini_stream();
    let body = gemini::request::body(&after(&answer), "gemini-3-pro-preview");
    let parts = &body["contents"][1]["parts"];
    assert_eq!(parts[0]["thoughtSignature"], "CsgBAdHtim9=");
    assert_eq!(parts[0]["functionCall"]["args"], json!({"city": "Paris"}));
    assert_eq!(parts[1]["functionCall"]["id"], "fc-2");
    assert!(parts[1].get("thoughtSignature").is_none(), "{parts}");
}

#[test]
fn signatures_survive_the_openai_face() {
    let signature = "gemini:CsgBAdHtim9=";
    let body = json!({"messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": signature}}}]},
    ]});
    let request = parse(body).unwrap().chat;
    let body = gemini::request::body(&request, "gemini-3-pro-preview");
    let part = &body["contents"][1]["parts"][0];
    assert_eq!(part["thoughtSignature"], "CsgBAdHtim9=");
}

#[test]
fn deepseek_gets_its_reasoning_back_with_every_turn() {
    let mut request = after(&anthropic_stream());
    request
        .messages
        .push(Message::text(Role::Assistant, "plain"));
    let body = openai::request::body(
        &request,
        "deepseek-reasoner",
        false,
        &Quirks::named("deepseek"),
        &Map::new(),
    );
    assert_eq!(body["messages"][1]["reasoning_content"], "Let me see.");
    assert_eq!(body["messages"][2]["reasoning_content"], "");
}

#[test]
fn streamed_tool_calls_are_whole_and_numbered_without_gaps() {
    let answer = anthropic_stream();
    let calls: Vec<(&str, Value)> = answer
        .tool_calls
        .iter()
        .map(|call| {
            (
                call.name.as_str(),
                serde_json::from_str(&call.arguments).unwrap(),
            )
        })
        .collect();
    let expected = [
        ("get_weather", json!({"city": "Paris"})),
        ("now", json!({})),
    ];
    assert_eq!(calls, expected);
    assert_eq!(answer.stop, StopReason::ToolCalls);
    assert_eq!(gemini_stream().tool_calls.len(), 3);
}
