//! What an answer says beside what is understood: kept as it is, whole and in a stream.

use crate::provider::json::Json;
use serde_json::{Map, Value};

/// Fields of an answer or a chunk that are read elsewhere, or are no part of the answer.
const READ: [&str; 10] = [
    "id",
    "object",
    "created",
    "model",
    "choices",
    "usage",
    "x_groq",
    "error",
    "obfuscation",
    "prompt_filter_results",
];
/// The same of a message or a delta.
const READ_OF_MESSAGE: [&str; 7] = [
    "role",
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "reasoning_content",
    "reasoning",
];

/// Adds what `body` (an answer or a chunk) and its first choice's `message` (or delta) say beside.
/// Lists grow, what else comes again is replaced.
pub fn keep(extra: &mut Map<String, Value>, body: &Json<'_>, message: &str) {
    add(extra, body, &READ);
    let choice = body.get("choices").first();
    let more = choice.get("logprobs");
    if !more.is_null() {
        put(extra, "logprobs", &more.to_value());
    }
    let mut beside = Map::new();
    add(&mut beside, choice.get(message), &READ_OF_MESSAGE);
    if !beside.is_empty() {
        put(extra, "message", &Value::Object(beside));
    }
}

fn add(extra: &mut Map<String, Value>, object: &Json<'_>, read: &[&str]) {
    for (key, value) in object.entries() {
        let empty = match value {
            Json::Null => true,
            Json::List(items) => items.is_empty(),
            _ => false,
        };
        if !empty && !read.contains(&&**key) {
            put(extra, key, &value.to_value());
        }
    }
}

fn put(extra: &mut Map<String, Value>, key: &str, more: &Value) {
    match (extra.get_mut(key), more) {
        (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.iter().cloned()),
        (Some(Value::Object(known)), Value::Object(more)) => {
            for (key, more) in more.iter().filter(|(_, more)| !more.is_null()) {
                put(known, key, more);
            }
        }
        _ => {
            extra.insert(key.to_owned(), more.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_understood_is_kept_whole_and_in_pieces() {
        let whole = json!({
            "id": "1", "model": "m", "system_fingerprint": "fp", "service_tier": "flex",
            "choices": [{
                "message": {"role": "assistant", "content": "ab", "annotations": [{"url": "u"}], "audio": null},
                "logprobs": {"content": [{"token": "a"}, {"token": "b"}], "refusal": null},
            }],
        });
        let chunks = [
            json!({"id": "1", "system_fingerprint": "fp", "obfuscation": "xx", "choices": [{
                "delta": {"role": "assistant", "content": "a"},
                "logprobs": {"content": [{"token": "a"}], "refusal": null}}]}),
            json!({"id": "1", "system_fingerprint": "fp", "service_tier": "flex", "choices": [{
                "delta": {"content": "b", "annotations": [{"url": "u"}]},
                "logprobs": {"content": [{"token": "b"}]}}]}),
            json!({"id": "1", "system_fingerprint": null, "choices": []}),
        ];
        let (mut of_whole, mut of_chunks) = (Map::new(), Map::new());
        keep(&mut of_whole, &Json::from(&whole), "message");
        for chunk in &chunks {
            keep(&mut of_chunks, &Json::from(chunk), "delta");
        }
        of_whole["logprobs"]
            .as_object_mut()
            .unwrap()
            .remove("refusal");
        of_chunks["logprobs"]
            .as_object_mut()
            .unwrap()
            .remove("refusal");
        assert_eq!(of_whole, of_chunks);
        assert_eq!(of_whole["message"], json!({"annotations": [{"url": "u"}]}));
    }
}
