//! Judgements that nobody had to send: an empty or cut answer, an answer that breaks the form it
//! was asked for, disagreement in a fan-out. Each has a switch and a weight in the configuration
//! and its own source in the memory. Pure.
//!
//! The form is checked shallowly: JSON at all, an object, the schema's required top-level keys.
//! Full schema validation belongs to the application.

use crate::{
    config::ImplicitFeedback,
    domain::{Completion, ResponseFormat, Source, StopReason},
};
use serde_json::Value;

/// What an answer says of itself: a quality and its source, or nothing.
pub(crate) fn of_completion(
    switches: &ImplicitFeedback,
    format: &ResponseFormat,
    completion: &Completion,
) -> Option<(f64, Source)> {
    if switches.truncation.enabled && cut_short(completion) {
        return Some((0.0, Source::Truncation));
    }
    if switches.schema.enabled && completion.tool_calls.is_empty() {
        return broken_form(format, &completion.text()).then_some((0.0, Source::Schema));
    }
    None
}

fn cut_short(completion: &Completion) -> bool {
    completion.is_empty() || completion.stop == StopReason::ContentFilter
}

/// Does the text break the form it was asked for?
pub(crate) fn broken_form(format: &ResponseFormat, text: &str) -> bool {
    let schema = match format {
        ResponseFormat::Text => return false,
        ResponseFormat::JsonObject => &Value::Null,
        ResponseFormat::JsonSchema { schema, .. } => schema,
    };
    let Ok(answer) = serde_json::from_str::<Value>(text.trim()) else {
        return true;
    };
    let Some(answer) = answer.as_object() else {
        // A schema may ask for another type than an object; a JSON object was asked for otherwise.
        return schema.is_null() || schema.get("type").is_some_and(|kind| kind == "object");
    };
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|keys| {
        keys.iter()
            .filter_map(Value::as_str)
            .any(|key| !answer.contains_key(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_are_checked_as_far_as_the_top_level() {
        let schema = ResponseFormat::JsonSchema {
            name: "person".to_owned(),
            schema: json!({"type": "object", "required": ["name", "age"]}),
            strict: None,
        };
        for (format, text, broken) in [
            (&ResponseFormat::Text, "anything", false),
            (&ResponseFormat::JsonObject, "{}", false),
            (&ResponseFormat::JsonObject, " {\"a\": 1}\n", false),
            (&ResponseFormat::JsonObject, "[1]", true),
            (&ResponseFormat::JsonObject, "Sure! {}", true),
            (&schema, "{\"name\": \"Ada\", \"age\": 36}", false),
            (&schema, "{\"name\": \"Ada\"}", true),
            (&schema, "\"Ada\"", true),
            (&schema, "", true),
        ] {
            assert_eq!(broken_form(format, text), broken, "{format:?} {text:?}");
        }
    }
}
