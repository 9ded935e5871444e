//! Whole answers.

use super::{files, hold};
use crate::domain::{Completion, Fault};
use crate::provider::http::fault_in_body;
use crate::provider::openai::{self, Quirks};
use crate::provider::{anthropic, gemini, ollama};
use serde_json::Value;

fn hold_all(folder: &str, read: fn(&Value) -> Result<Completion, Fault>) {
    for (name, input) in files(folder, "response.", ".json") {
        let body: Value = serde_json::from_str(&input).unwrap();
        // As the client does before the dialect sees the body.
        let answer = fault_in_body(&body).map_or_else(|| read(&body), Err);
        let text = match answer {
            Ok(answer) => serde_json::to_string_pretty(&answer).unwrap(),
            Err(fault) => format!("{fault:#?}"),
        };
        hold(folder, &format!("response.{name}"), &text);
    }
}

#[test]
fn anthropic_answers() {
    hold_all("anthropic", anthropic::response::completion);
}

#[test]
fn gemini_answers() {
    hold_all("gemini", gemini::response::completion);
}

#[test]
fn ollama_answers() {
    hold_all("ollama", ollama::stream::completion);
}

#[test]
fn azure_answers() {
    hold_all("azure", |body| {
        openai::response::completion(body, &Quirks::named("azure"))
    });
}
