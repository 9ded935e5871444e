//! The plainest value that a JSON schema admits, for simulated tool calls and JSON answers.
//!
//! Knows types, `enum`, `const`, `properties`, `items` and `minimum`; anything else is ignored.

use serde_json::{Map, Value, json};

/// Levels of nesting at most; deeper parts become null.
const MAX_DEPTH: u32 = 16;

/// A value for this schema.
pub(super) fn of_schema(schema: &Value) -> Value {
    at_depth(schema, 0)
}

fn at_depth(schema: &Value, depth: u32) -> Value {
    if depth >= MAX_DEPTH {
        return Value::Null;
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema.get("enum").and_then(|values| values.get(0)) {
        return value.clone();
    }
    match type_of(schema) {
        Some("object") => object(schema, depth),
        Some("array") => match schema.get("items") {
            Some(items) => json!([at_depth(items, depth + 1)]),
            None => json!([]),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => json!("example"),
    }
}

fn object(schema: &Value, depth: u32) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), at_depth(schema, depth + 1)))
        .collect();
    Value::Object(fields)
}

/// The schema's type, the first of several; an object where it has properties but names no type.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Array(names)) => names.first().and_then(Value::as_str),
        _ if schema.get("properties").is_some() || schema == &json!({}) => Some("object"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_plainest_value() {
        let schema = json!({
            "type": "object",
            "properties": {
                "unit": {"enum": ["celsius", "kelvin"]},
                "days": {"type": "integer", "minimum": 3},
                "tags": {"type": "array", "items": {"type": ["string", "null"]}},
                "deep": {"properties": {"yes": {"type": "boolean"}}},
            },
        });
        assert_eq!(
            of_schema(&schema),
            json!({"unit": "celsius", "days": 3, "tags": ["example"], "deep": {"yes": true}})
        );
    }

    #[test]
    fn a_schema_without_end_has_one() {
        let mut schema = json!({"type": "null"});
        for _ in 0..100 {
            schema = json!({"type": "array", "items": schema});
        }
        assert!(of_schema(&schema).to_string().len() < 100);
    }
}
