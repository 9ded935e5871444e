//! A whole answer in OpenAI's words becomes a normal one.

use super::{Quirks, extra};
use crate::domain::{Completion, Fault, FaultKind, Part, StopReason, ToolCall, Usage};
use crate::provider::json::Json;
use serde_json::{Map, Value};

/// Reads a whole answer. Unknown fields are passed over.
///
/// # Errors
/// `Garbled` where there is no choice with a message.
pub fn completion(body: &Value, quirks: &Quirks) -> Result<Completion, Fault> {
    let body = &Json::from(body);
    let choice = body.get("choices").first();
    let message = choice.get("message");
    if !matches!(message, Json::Object(_)) {
        let message = "the answer has no choices with a message";
        return Err(Fault::new(FaultKind::Garbled, message));
    }
    let mut parts = Vec::new();
    let thought = ["reasoning_content", "reasoning"].iter();
    if let Some(text) = thought.map(|key| message.get(key)).find_map(text_of) {
        let signature = None;
        parts.push(Part::Reasoning { text, signature });
    }
    parts.extend(text_of(message.get("content")).map(Part::Text));
    let refusal = text_of(message.get("refusal"));
    let refused = refusal.is_some();
    parts.extend(refusal.map(Part::Text));
    let calls = message.get("tool_calls").items().iter().enumerate();
    let tool_calls: Vec<ToolCall> = calls.map(|(i, call)| tool_call(i, call)).collect();
    let mut extra = Map::new();
    extra::keep(&mut extra, body, "message");
    let reason = choice.get("finish_reason").as_str();
    let stop = if refused {
        StopReason::ContentFilter
    } else {
        stop(reason, !tool_calls.is_empty())
    };
    Ok(Completion {
        parts,
        tool_calls,
        stop,
        usage: usage(body.get("usage"), quirks),
        model: body.get("model").as_str().unwrap_or_default().to_owned(),
        upstream_id: body.get("id").as_str().map(str::to_owned),
        reported_cost_usd: reported_cost_usd(body.get("usage")),
        extra,
    })
}

/// A text, or the texts of a list of parts; `None` where there is none.
pub(super) fn text_of(value: &Json<'_>) -> Option<String> {
    let text = match value {
        Json::Text(text) => text.clone().into_owned(),
        Json::List(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").as_str());
            texts.collect()
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn tool_call(index: usize, call: &Json<'_>) -> ToolCall {
    let id = call.get("id").as_str().filter(|id| !id.is_empty());
    let function = call.get("function");
    ToolCall {
        id: id.map_or_else(|| made_up_id(index), str::to_owned),
        name: function.get("name").as_str().unwrap_or_default().to_owned(),
        arguments: arguments(function.get("arguments")),
        signature: None,
    }
}

/// Arguments as text; some servers send an object.
pub(super) fn arguments(value: &Json<'_>) -> String {
    match value {
        Json::Text(text) => text.clone().into_owned(),
        Json::Null => String::new(),
        other => other.to_value().to_string(),
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
pub fn usage(usage: &Json<'_>, quirks: &Quirks) -> Usage {
    let (Some(prompt), Some(completion)) = (
        usage.get("prompt_tokens").as_u64(),
        usage.get("completion_tokens").as_u64(),
    ) else {
        return Usage::default();
    };
    let details = usage.get("prompt_tokens_details");
    let read = details.get("cached_tokens").as_u64();
    let cache_read = read
        .or(usage.get("prompt_cache_hit_tokens").as_u64())
        .unwrap_or(0);
    let cache_write = details.get("cache_write_tokens").as_u64().unwrap_or(0);
    let details = usage.get("completion_tokens_details");
    let reasoning = details.get("reasoning_tokens").as_u64().unwrap_or(0);
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
pub(super) fn reported_cost_usd(usage: &Json<'_>) -> Option<f64> {
    let ticks = usage.get("cost_in_usd_ticks").as_f64();
    let cost = usage.get("cost").as_f64();
    cost.or(ticks.map(|ticks| ticks * 1e-10))
        .filter(|usd| usd.is_finite() && *usd >= 0.0)
}
