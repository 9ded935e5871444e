//! A whole answer of Anthropic in the normal form. Pure.

use super::messages::REDACTED;
use super::{VENDOR, usage::Counts};
use crate::domain::{Completion, Fault, FaultKind, Part, StopReason, ToolCall};
use crate::provider::http::fault_in_body;
use crate::provider::translate::{signature, text};
use serde_json::Value;

/// The answer in `body`.
///
/// # Errors
/// The vendor's own error inside a 200, a refusal without content, or a body of another shape.
pub fn completion(body: &Value) -> Result<Completion, Fault> {
    if let Some(fault) = fault_in_body(body) {
        return Err(fault);
    }
    let Some(blocks) = body["content"].as_array() else {
        return Err(Fault::new(
            FaultKind::Garbled,
            "the answer has no list `content`",
        ));
    };
    let mut counts = Counts::default();
    counts.update(&body["usage"]);
    let answer = Completion {
        parts: blocks.iter().filter_map(part).collect(),
        tool_calls: blocks.iter().filter_map(tool_call).collect(),
        stop: stop_reason(&body["stop_reason"]),
        usage: counts.usage(),
        model: text(&body["model"]).unwrap_or_default().into(),
        upstream_id: text(&body["id"]).map(Into::into),
        reported_cost_usd: None,
        extra: Default::default(),
    };
    if answer.stop == StopReason::ContentFilter && answer.is_empty() {
        return Err(refused());
    }
    Ok(answer)
}

fn part(block: &Value) -> Option<Part> {
    match block["type"].as_str()? {
        "text" => Some(Part::Text(text(&block["text"])?.into())),
        "thinking" => Some(Part::Reasoning {
            text: block["thinking"].as_str().unwrap_or_default().into(),
            signature: text(&block["signature"]).map(|proof| signature::tag(VENDOR, proof)),
        }),
        "redacted_thinking" => Some(Part::Reasoning {
            text: String::new(),
            signature: Some(redacted(block)),
        }),
        _ => None,
    }
}

/// The vendor's hidden thinking, to be handed back as it is.
pub fn redacted(block: &Value) -> String {
    let data = block["data"].as_str().unwrap_or_default();
    signature::tag(VENDOR, &format!("{REDACTED}{data}"))
}

fn tool_call(block: &Value) -> Option<ToolCall> {
    (block["type"] == "tool_use").then(|| ToolCall {
        id: block["id"].as_str().unwrap_or_default().into(),
        name: block["name"].as_str().unwrap_or_default().into(),
        arguments: match &block["input"] {
            Value::Null => "{}".into(),
            input => input.to_string(),
        },
        signature: None,
    })
}

/// Why it ended; `Other` for reasons that are not known yet.
pub fn stop_reason(reason: &Value) -> StopReason {
    match reason.as_str().unwrap_or_default() {
        "end_turn" | "stop_sequence" => StopReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "tool_use" => StopReason::ToolCalls,
        "refusal" => StopReason::ContentFilter,
        _ => StopReason::Other,
    }
}

/// The model declined and said nothing.
pub fn refused() -> Fault {
    Fault::new(FaultKind::ContentFilter, "the vendor refused to answer")
}
