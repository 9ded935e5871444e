//! JSON schema to the OpenAPI subset that Gemini before 2.5 takes. Pure.
//!
//! References are written out, `const` becomes an `enum`, a type that may be null becomes
//! `nullable`, and words the vendor does not know are left out.

use serde_json::{Map, Value, json};

const KNOWN: [&str; 19] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "propertyOrdering",
    "anyOf",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "default",
];

/// Nesting at most; a schema that refers to itself ends there as "any object".
const MAX_DEPTH: usize = 16;

/// The schema in the vendor's subset.
pub fn open_api(schema: &Value) -> Value {
    convert(schema, schema, 0)
}

fn convert(schema: &Value, root: &Value, depth: usize) -> Value {
    let Value::Object(map) = schema else {
        return json!({});
    };
    if depth > MAX_DEPTH {
        return json!({ "type": "object" });
    }
    if let Some(target) = map.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(|path| root.pointer(path));
        return convert(target.unwrap_or(&Value::Null), root, depth + 1);
    }
    let mut out = Map::new();
    for (key, value) in map {
        word(key, value, root, depth, &mut out);
    }
    Value::Object(out)
}

fn word(key: &str, value: &Value, root: &Value, depth: usize, out: &mut Map<String, Value>) {
    let inner = |value: &Value| convert(value, root, depth + 1);
    match (key, value) {
        ("type", Value::Array(types)) => one_type(types, out),
        ("const", constant) => {
            out.insert("enum".into(), json!([constant]));
        }
        ("properties", Value::Object(properties)) => {
            let properties: Map<String, Value> = properties
                .iter()
                .map(|(name, schema)| (name.clone(), inner(schema)))
                .collect();
            out.insert(key.into(), properties.into());
        }
        ("items", items) => {
            out.insert(key.into(), inner(items));
        }
        ("anyOf" | "oneOf", Value::Array(options)) => choices(options, inner, out),
        _ if KNOWN.contains(&key) => {
            out.insert(key.into(), value.clone());
        }
        _ => {}
    }
}

/// `["string", "null"]` is a string that may be null.
fn one_type(types: &[Value], out: &mut Map<String, Value>) {
    if types.iter().any(|kind| kind == "null") {
        out.insert("nullable".into(), true.into());
    }
    if let Some(kind) = types.iter().find(|kind| *kind != "null") {
        out.insert("type".into(), kind.clone());
    }
}

fn choices(options: &[Value], inner: impl Fn(&Value) -> Value, out: &mut Map<String, Value>) {
    let is_null = |option: &&Value| option["type"] == "null";
    if options.iter().any(|option| is_null(&option)) {
        out.insert("nullable".into(), true.into());
    }
    let rest: Vec<Value> = options
        .iter()
        .filter(|option| !is_null(option))
        .map(inner)
        .collect();
    match rest.as_slice() {
        [Value::Object(only)] => out.extend(only.clone()),
        _ => {
            out.insert("anyOf".into(), rest.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_schema_becomes_the_vendors_subset() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "kind": {"const": "city"},
                "name": {"type": ["string", "null"]},
                "place": {"$ref": "#/$defs/place"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "list": {"type": "array", "items": {"type": "integer", "exclusiveMinimum": 0}}
            },
            "required": ["kind"],
            "$defs": {"place": {"type": "object", "properties": {"up": {"$ref": "#/$defs/leaf"}}},
                      "leaf": {"type": "string"}}
        });
        assert_eq!(
            open_api(&schema),
            json!({
                "type": "object",
                "properties": {
                    "kind": {"enum": ["city"]},
                    "name": {"nullable": true, "type": "string"},
                    "place": {"type": "object", "properties": {"up": {"type": "string"}}},
                    "note": {"nullable": true, "type": "string"},
                    "list": {"type": "array", "items": {"type": "integer"}}
                },
                "required": ["kind"]
            })
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(open_api(&schema), json!({"type": "object"}));
        let nested = json!({"type": "array", "items": {"$ref": "#"}});
        assert!(open_api(&nested).to_string().len() < 1000);
    }
}
