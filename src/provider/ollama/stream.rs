//! A streamed answer of Ollama, line by line; a whole answer is one such line. Pure.

use super::MADE_UP_ID;
use crate::domain::{Completion, Delta, Fault, FaultKind, StopReason, Usage};
use crate::provider::assemble::Assembler;
use crate::provider::http::fault_in_body;
use crate::provider::reader;
use crate::provider::translate::{count, text};
use serde_json::Value;

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub struct Reader {
    calls: u32,
    done: bool,
}

impl reader::Reader for Reader {
    fn event(&mut self, line: &str, out: &mut Vec<Delta>) -> Result<(), Fault> {
        let value = serde_json::from_str(line)
            .map_err(|_| Fault::new(FaultKind::Garbled, "a line of the stream is not JSON"))?;
        self.value(&value, out)
    }

    fn end(&mut self, _out: &mut Vec<Delta>) -> Result<(), Fault> {
        if self.done {
            return Ok(());
        }
        let message = "the stream ended before the line with `done`";
        Err(Fault::new(FaultKind::Cut, message))
    }
}

impl Reader {
    /// Takes one line as JSON.
    ///
    /// # Errors
    /// Ollama's error.
    pub fn value(&mut self, line: &Value, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if let Some(fault) = fault_in_body(line) {
            return Err(fault);
        }
        if self.done {
            return Ok(());
        }
        let message = &line["message"];
        if let Some(thinking) = text(&message["thinking"]) {
            out.push(Delta::Reasoning {
                text: thinking.into(),
                signature: None,
            });
        }
        if let Some(content) = text(&message["content"]) {
            out.push(Delta::Text(content.into()));
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            out.push(self.call(call, line));
        }
        if line["done"] == true {
            self.done = true;
            out.push(self.finish(line));
        }
        Ok(())
    }

    fn call(&mut self, call: &Value, line: &Value) -> Delta {
        let index = self.calls;
        self.calls += 1;
        let function = &call["function"];
        let id = match text(&call["id"]) {
            Some(id) => id.into(),
            None => make_id(function, line, index),
        };
        Delta::ToolCall {
            index,
            id: Some(id),
            name: Some(function["name"].as_str().unwrap_or_default().into()),
            arguments: match &function["arguments"] {
                Value::Null => "{}".into(),
                Value::String(text) => text.clone(),
                object => object.to_string(),
            },
            signature: None,
        }
    }

    /// The reason is `stop` even with tool calls.
    fn finish(&self, line: &Value) -> Delta {
        let stop = match line["done_reason"].as_str().unwrap_or_default() {
            "stop" | "" if self.calls > 0 => StopReason::ToolCalls,
            "stop" => StopReason::Stop,
            "length" => StopReason::Length,
            _ => StopReason::Other,
        };
        Delta::Done {
            stop,
            usage: usage(line),
            model: text(&line["model"]).unwrap_or_default().into(),
            upstream_id: None,
            reported_cost_usd: None,
            extra: Default::default(),
        }
    }
}

/// Made of the call and the time of the answer, so that it is the same whenever it is read.
fn make_id(function: &Value, line: &Value, index: u32) -> String {
    let source = format!("{}{}", line["created_at"], function);
    let hash = blake3::hash(source.as_bytes()).to_hex();
    format!("{MADE_UP_ID}{}_{index}", &hash[..16])
}

/// The count of the prompt is left out where all of it was cached; then no input was computed.
fn usage(line: &Value) -> Usage {
    let Some(output) = count(&line["eval_count"]) else {
        return Usage::default();
    };
    Usage {
        input_uncached: count(&line["prompt_eval_count"]).unwrap_or(0),
        output_visible: output,
        known: true,
        ..Usage::default()
    }
}

/// A whole answer.
///
/// # Errors
/// Ollama's error, or a body without `done`.
pub fn completion(body: &Value) -> Result<Completion, Fault> {
    let mut deltas = Vec::new();
    Reader::default().value(body, &mut deltas)?;
    let mut assembler = Assembler::default();
    let whole = deltas.iter().find_map(|delta| assembler.push(delta));
    whole.ok_or_else(|| Fault::new(FaultKind::Garbled, "the answer is not marked as done"))
}
