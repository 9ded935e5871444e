//! Requests: one input in OpenAI's JSON, one snapshot a dialect.

use super::{files, hold};
use crate::domain::ChatRequest;
use crate::http::openai::request::parse;
use crate::provider::openai::{self, Quirks};
use crate::provider::{anthropic, gemini, ollama, vertex};
use serde_json::Map;
use serde_json::Value;

fn hold_all(folder: &str, body: impl Fn(&ChatRequest) -> Result<Value, String>) {
    for (name, input) in files("requests", "", ".json") {
        let request = parse(serde_json::from_str(&input).unwrap()).unwrap().chat;
        let text = match body(&request) {
            Ok(body) => serde_json::to_string_pretty(&body).unwrap(),
            Err(why) => why,
        };
        hold(folder, &format!("request.{name}"), &text);
    }
}

#[test]
fn anthropic_bodies() {
    hold_all("anthropic", |request| {
        Ok(anthropic::request::body(
            request,
            "claude-sonnet-4-5",
            false,
        ))
    });
}

#[test]
fn anthropic_bodies_of_an_adaptive_model() {
    hold_all("anthropic/opus-4-7", |request| {
        Ok(anthropic::request::body(request, "claude-opus-4-7", true))
    });
}

#[test]
fn gemini_bodies() {
    hold_all("gemini", |request| {
        Ok(gemini::request::body(request, "gemini-3-pro-preview"))
    });
}

#[test]
fn gemini_bodies_of_an_old_model() {
    hold_all("gemini/1.5", |request| {
        Ok(gemini::request::body(request, "gemini-1.5-pro"))
    });
}

#[test]
fn ollama_bodies() {
    hold_all("ollama", |request| {
        ollama::request::body(request, "llama3.2", true).map_err(|fault| format!("{fault:?}"))
    });
}

#[test]
fn claude_bodies_on_vertex() {
    hold_all("vertex", |request| {
        Ok(vertex::claude_body(request, "claude-sonnet-4-5", true))
    });
}

#[test]
fn azure_bodies() {
    let quirks = Quirks::named("azure");
    hold_all("azure", |request| {
        let body = openai::request::body(request, "my-gpt4", true, &quirks, &Map::new());
        Ok(body.into())
    });
}
