//! An answer in OpenAI's JSON, whole and in chunks. Pure.
//!
//! Beside OpenAI's fields: `reasoning_content` and `reasoning_details` (with signatures to be handed
//! back), and the object `pointsman` that tells what was decided and what it cost.

use crate::domain::{
    ArmId, Completion, Decision, Delta, Judging, Outcome, Part, StopReason, ToolCall, Usage,
};
use serde_json::{Map, Value, json};

/// OpenAI's word for why it ended. It has none for other reasons.
pub fn finish_reason(stop: StopReason) -> &'static str {
    match stop {
        StopReason::Stop | StopReason::Other => "stop",
        StopReason::Length => "length",
        StopReason::ToolCalls => "tool_calls",
        StopReason::ContentFilter => "content_filter",
    }
}

/// Tokens; null where the upstream did not tell.
pub fn usage(usage: &Usage) -> Value {
    if !usage.known {
        return Value::Null;
    }
    json!({
        "prompt_tokens": usage.input(),
        "completion_tokens": usage.output(),
        "total_tokens": usage.input() + usage.output(),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
        },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    })
}

/// What was decided and what came of it.
pub fn routing(decision: &Decision, outcome: &Outcome) -> Value {
    let mut routing = json!({
        "decision_id": decision.id.to_string(),
        "arm": outcome.served_by.as_ref().map(ArmId::as_str),
        "class": decision.ranking.class.map(|class| class.to_string()),
        "policy": decision.policy,
        "strategy": decision.strategy,
        "propensity": decision.ranking.propensity,
        "explored": decision.ranking.explored,
        "attempts": outcome.attempts.len(),
        "cost_usd": outcome.cost_usd(),
        "latency_ms": outcome.latency_ms,
        "agreement": outcome.agreement,
    });
    if !decision.dropped.is_empty() {
        routing["dropped"] = decision.dropped.iter().map(|need| need.as_str()).collect();
    }
    if let Some(hit) = &decision.cached {
        routing["cached"] = json!({
            "kind": hit.kind.as_str(),
            "source_decision_id": hit.source.to_string(),
            "age_ms": hit.age_ms,
            "similarity": hit.similarity,
            "saved_usd": hit.saved_usd,
        });
    }
    if let Some(judging) = &outcome.judging {
        routing["judging"] = self::judging(judging);
    }
    routing
}

/// What a judge said and cost.
fn judging(judging: &Judging) -> Value {
    let scores = judging.scores.iter();
    let scores = scores.map(|(arm, quality)| (arm.to_string(), json!(quality)));
    json!({
        "judge": judging.judge.as_str(),
        "scores": scores.collect::<serde_json::Map<_, _>>(),
        "failure": judging.failure,
        "cost_usd": judging.attempt.as_ref().and_then(|attempt| attempt.cost_usd),
    })
}

/// A whole answer.
pub fn whole(decision: &Decision, outcome: &Outcome, answer: &Completion) -> Value {
    let arm = outcome
        .served_by
        .as_ref()
        .unwrap_or(&decision.ranking.chosen);
    let model = if answer.model.is_empty() {
        arm.as_str()
    } else {
        &answer.model
    };
    let mut body = json!({
        "id": id(decision),
        "object": "chat.completion",
        "created": decision.id.at_ms() / 1000,
        "model": model,
        "choices": [{
            "index": 0,
            "message": message(answer),
            "logprobs": null,
            "finish_reason": finish_reason(answer.stop),
        }],
        "usage": usage(&answer.usage),
        "pointsman": routing(decision, outcome),
    });
    beside(&mut body, "message", &answer.extra);
    body
}

/// Puts in what else the upstream said, wherever nothing of ours stands: in the body, in the choice's
/// `message` (or `delta`), and the logprobs.
pub fn beside(body: &mut Value, message: &str, extra: &Map<String, Value>) {
    for (key, value) in extra {
        match key.as_str() {
            "logprobs" => body["choices"][0]["logprobs"] = value.clone(),
            "message" => fill(&mut body["choices"][0][message], value),
            _ => fill(body, &json!({ key: value })),
        }
    }
}

fn fill(object: &mut Value, more: &Value) {
    let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) else {
        return;
    };
    for (key, value) in more {
        object.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn message(answer: &Completion) -> Value {
    let text = answer.text();
    let no_text = text.is_empty() && !answer.tool_calls.is_empty();
    let mut message = json!({
        "role": "assistant",
        "content": if no_text { Value::Null } else { text.into() },
        "refusal": null,
    });
    let details: Vec<Value> = answer.parts.iter().filter_map(detail).collect();
    if !details.is_empty() {
        let texts = answer.parts.iter().filter_map(|part| match part {
            Part::Reasoning { text, .. } => Some(text.as_str()),
            Part::Text(_) | Part::Image(_) => None,
        });
        message["reasoning_content"] = texts.collect::<String>().into();
        message["reasoning_details"] = details.into();
    }
    if !answer.tool_calls.is_empty() {
        message["tool_calls"] = answer.tool_calls.iter().map(tool_call).collect();
    }
    message
}

fn detail(part: &Part) -> Option<Value> {
    match part {
        Part::Reasoning { text, signature } => Some(reasoning_detail(text, signature.as_deref())),
        Part::Text(_) | Part::Image(_) => None,
    }
}

fn reasoning_detail(text: &str, signature: Option<&str>) -> Value {
    match signature {
        Some(data) if text.is_empty() => json!({ "type": "reasoning.encrypted", "data": data }),
        signature => json!({ "type": "reasoning.text", "text": text, "signature": signature }),
    }
}

fn tool_call(call: &ToolCall) -> Value {
    let mut out = json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": call.arguments },
    });
    sign(&mut out, call.signature.as_deref());
    out
}

fn sign(call: &mut Value, signature: Option<&str>) {
    if let Some(proof) = signature {
        call["extra_content"] = json!({ "google": { "thought_signature": proof } });
    }
}

/// The answer's id; feedback takes it, too.
pub fn id(decision: &Decision) -> String {
    format!("chatcmpl-{}", decision.id)
}

/// A chunk around `delta`.
pub fn chunk(decision: &Decision, delta: &Value, finish: Option<StopReason>) -> Value {
    json!({
        "id": id(decision),
        "object": "chat.completion.chunk",
        "created": decision.id.at_ms() / 1000,
        "model": decision.ranking.chosen.as_str(),
        "choices": [{
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish.map(finish_reason),
        }],
    })
}

/// The `delta` of a chunk; `None` for the end, which has a chunk of its own.
pub fn delta(delta: &Delta) -> Option<Value> {
    Some(match delta {
        Delta::Text(text) => json!({ "content": text }),
        Delta::Reasoning { text, signature } => {
            let detail = reasoning_detail(text, signature.as_deref());
            json!({ "reasoning_content": text, "reasoning_details": [detail] })
        }
        Delta::ToolCall {
            index,
            id,
            name,
            arguments,
            signature,
        } => {
            let mut call = json!({ "index": index, "function": { "arguments": arguments } });
            if let Some(id) = id {
                call["id"] = id.as_str().into();
                call["type"] = "function".into();
            }
            if let Some(name) = name {
                call["function"]["name"] = name.as_str().into();
            }
            sign(&mut call, signature.as_deref());
            json!({ "tool_calls": [call] })
        }
        Delta::Done { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_upstream_said_beside_stands_where_it_stood_and_replaces_nothing() {
        let mut body = json!({
            "id": "ours",
            "choices": [{ "message": { "content": "x" }, "logprobs": null }],
        });
        let extra = json!({
            "id": "theirs",
            "system_fingerprint": "fp",
            "logprobs": { "content": [] },
            "message": { "content": "y", "annotations": [1] },
        });
        beside(&mut body, "message", extra.as_object().unwrap());
        let expected = json!({
            "id": "ours",
            "system_fingerprint": "fp",
            "choices": [{
                "message": { "content": "x", "annotations": [1] },
                "logprobs": { "content": [] },
            }],
        });
        assert_eq!(body, expected);
    }
}
