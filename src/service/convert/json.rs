//! JSON that comes as text: parsed at the door, with the position of what is wrong.

use super::check::{Check, Path};
use serde_json::{Map, Value};

/// Bytes of one JSON text at most. Nesting is bounded by `serde_json` itself, at 128 levels.
const MAX_BYTES: usize = 1 << 20;

/// A JSON object; empty text = an empty one.
pub fn object(check: &mut Check, path: Path<'_>, text: &str) -> Map<String, Value> {
    if text.is_empty() {
        return Map::new();
    }
    match value(check, path, text) {
        Some(Value::Object(object)) => object,
        Some(other) => {
            check.fail(path, format!("is {}: expected a JSON object", kind(&other)));
            Map::new()
        }
        None => Map::new(),
    }
}

/// Notes a text that is not JSON; used where the text itself is passed on.
pub fn valid(check: &mut Check, path: Path<'_>, text: &str) {
    if !text.is_empty() {
        value(check, path, text);
    }
}

fn value(check: &mut Check, path: Path<'_>, text: &str) -> Option<Value> {
    check.at_most_bytes(path, text, MAX_BYTES);
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            check.fail(path, format!("is not valid JSON: {error}"));
            None
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
