//! A whole answer in OpenAI's words becomes a normal one.

use super::{Quirks, extra};
use crate::domain::{Completion, Fault, FaultKind, Part, StopReason, ToolCall, Usage};
use serde_json::{Map, Value};

/// Reads a whole answer. Unknown fields are passed over.
///
/// # Errors
/// `Garbled` where there is no choice with a message.
pub fn completion(body: &Value, quirks: &Quirks) -> Result<Completion, Fault> {
    let choice = &body["choices"][0];
    let message = choice.get("message").and_then(Value::as_object);
    let Some(message) = message else {
        let message = "the answer has no choices with a message";
        return Err(Fault::new(FaultKind::Garbled, message));
    };
    let mut parts = Vec::new();
    let thought = ["reasoning_content", "reasoning"].iter();
    if let Some(text) = thought
        .filter_map(|key| message.get(*key))
        .find_map(text_of)
    {
        let signature = None;
        parts.push(Part::Reasoning { text, signature });
    }
    parts.extend(message.get("content").and_then(text_of).map(Part::Text));
    let refusal = message.get("refusal").and_then(text_of);
    let refused = refusal.is_some();
    parts.extend(refusal.map(Part::Text));
    let calls = message.get("tool_calls").and_then(Value::as_array);
    let tool_calls: Vec<ToolCall> = calls.map_or_else(Vec::new, |calls| {
        calls
            .iter()
            .enumerate()
            .map(|(i, call)| tool_call(i, call))
            .collect()
    });
    let mut extra = Map::new();
    extra::keep(&mut extra, body, "message");
    let reason = choice["finish_reason"].as_str();
    let stop = if refused {
        StopReason::ContentFilter
    } else {
        stop(reason, !tool_calls.is_empty())
    };
    Ok(Completion {
        parts,
        tool_calls,
        stop,
        usage: usage(&body["usage"], quirks),
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        upstream_id: body["id"].as_str().map(str::to_owned),
        reported_cost_usd: reported_cost_usd(&body["usage"]),
        extra,
    })
}

/// A text, or the texts of a list of parts; `None` where there is none.
pub(super) fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn tool_call(index: usize, call: &Value) -> ToolCall {
    let id = call["id"].as_str().filter(|id| !id.is_empty());
    ToolCall {
        id: id.map_or_else(|| made_up_id(index), str::to_owned),
        name: call["function"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        arguments: arguments(&call["function"]["arguments"]),
        signature: None,
    }
}

/// Arguments as text; some servers send an object.
pub(super) fn arguments(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn made_up_id(index: usize) -> String {
    format!("call_{index}")
}

/// Why it ended. Some servers say `stop` or nothing when tools are to be called.
pub(super) fn stop(reason: Option<&str>, has_tool_calls: bool) -> StopReason {
    match reason {
        Some("length") => StopReason::Length,
        Some("content_filter") => StopReason::ContentFilter,
        _ if has_tool_calls => StopReason::ToolCalls,
        Some("stop" | "eos" | "end_turn") => StopReason::Stop,
        Some("tool_calls" | "function_call") => StopReason::ToolCalls,
        _ => StopReason::Other,
    }
}

/// Tokens without overlap. OpenAI counts cached tokens within the prompt and reasoning within the
/// completion.
#[must_use]
pub fn usage(usage: &Value, quirks: &Quirks) -> Usage {
    let count = |value: &Value| value.as_u64();
    let (Some(prompt), Some(completion)) = (
        count(&usage["prompt_tokens"]),
        count(&usage["completion_tokens"]),
    ) else {
        return Usage::default();
    };
    let details = &usage["prompt_tokens_details"];
    let read = count(&details["cached_tokens"]);
    let cache_read = read
        .or(count(&usage["prompt_cache_hit_tokens"]))
        .unwrap_or(0);
    let cache_write = count(&details["cache_write_tokens"]).unwrap_or(0);
    let reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]).unwrap_or(0);
    let visible = if quirks.reasoning_apart {
        completion
    } else {
        completion.saturating_sub(reasoning)
    };
    Usage {
        input_uncached: prompt.saturating_sub(cache_read + cache_write),
        cache_read,
        cache_write,
        output_visible: visible,
        reasoning,
        known: true,
    }
}

/// Dollars where the server bills them in the answer: `cost`, or xAI's ticks of 1e-10 dollars.
pub(super) fn reported_cost_usd(usage: &Value) -> Option<f64> {
    let ticks = usage["cost_in_usd_ticks"]
        .as_f64()
        .map(|ticks| ticks * 1e-10);
    usage["cost"]
        .as_f64()
        .or(ticks)
        .filter(|usd| usd.is_finite() && *usd >= 0.0)
}
