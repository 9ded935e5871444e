//! Small conversions that several dialects need. Pure.

use crate::domain::{ImageSource, Part};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Parameters that only OpenAI's dialect knows. Other vendors refuse a request that carries them,
/// so they are left out on the way to those; everything else is passed through.
const OPENAI_ONLY: [&str; 19] = [
    "audio",
    "functions",
    "function_call",
    "logit_bias",
    "logprobs",
    "modalities",
    "moderation",
    "n",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream_options",
    "top_logprobs",
    "user",
    "verbosity",
    "web_search_options",
];

/// Parameters that only Anthropic's dialect knows.
pub const ANTHROPIC_ONLY: [&str; 7] = [
    "container",
    "context_management",
    "inference_geo",
    "mcp_servers",
    "metadata",
    "output_config",
    "thinking",
];

/// Parameters that only Gemini's dialect knows.
pub const GEMINI_ONLY: [&str; 8] = [
    "cachedContent",
    "generationConfig",
    "labels",
    "safetySettings",
    "serviceTier",
    "systemInstruction",
    "thinkingConfig",
    "toolConfig",
];

/// The parameters of the vendor's own in `extra`, for dialects other than OpenAI's; those in `not`
/// are another vendor's.
pub fn foreign_extra(extra: &Map<String, Value>, not: &[&[&str]]) -> Map<String, Value> {
    extra
        .iter()
        .filter(|(key, _)| !OPENAI_ONLY.contains(&key.as_str()))
        .filter(|(key, _)| !not.iter().any(|names| names.contains(&key.as_str())))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Lays `over` on `base`: objects are merged key by key, anything else is replaced.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// Arguments of an earlier tool call as the object that some vendors ask for. What a model wrote
/// badly is kept as text, so that the conversation can go on.
pub fn arguments_object(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str::<Value>(arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ => json!({ "arguments": arguments }),
    }
}

/// Media type and base 64 of an image that the request carries itself; `None` for an address.
pub fn inline_image(source: &ImageSource) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    match source {
        ImageSource::Inline { media_type, data } => Some((media_type.into(), data.into())),
        ImageSource::Url(url) => {
            let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
            Some((media_type.into(), data.into()))
        }
    }
}

/// The text parts, joined by new lines; `None` if there is no text at all.
pub fn text_of(parts: &[Part]) -> Option<String> {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) if !text.is_empty() => Some(text.as_str()),
            Part::Text(_) | Part::Image(_) | Part::Reasoning { .. } => None,
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The schema of a tool's arguments; a tool without arguments has an empty object.
pub fn parameters(schema: &Value) -> Value {
    match schema {
        Value::Object(map) if map.contains_key("type") => schema.clone(),
        Value::Object(map) if !map.is_empty() => {
            let mut map = map.clone();
            map.insert("type".into(), "object".into());
            Value::Object(map)
        }
        _ => json!({ "type": "object", "properties": {} }),
    }
}

/// A count of tokens; absent, null and negative read as `None`.
pub fn count(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

/// A text that is there and not empty.
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// Signatures carry their vendor's name while they are in our hands: when a conversation moves to
/// another vendor, a foreign signature must not be sent along, because it would be refused.
pub mod signature {
    const VENDORS: [&str; 2] = ["anthropic:", "gemini:"];

    /// Marks a signature as this vendor's.
    pub fn tag(vendor: &str, proof: &str) -> String {
        format!("{vendor}:{proof}")
    }

    /// The signature as this vendor wrote it; `None` for another vendor's. A signature without a
    /// mark comes from a caller who kept it himself, and is taken for this vendor's.
    pub fn own<'a>(vendor: &str, proof: &'a str) -> Option<&'a str> {
        if let Some(own) = proof
            .strip_prefix(vendor)
            .and_then(|rest| rest.strip_prefix(':'))
        {
            return Some(own);
        }
        let foreign = VENDORS.iter().any(|prefix| proof.starts_with(prefix));
        (!foreign).then_some(proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_an_object_whatever_the_model_wrote() {
        for (written, object) in [
            (r#"{"a":1}"#, json!({"a": 1})),
            ("", json!({})),
            ("  ", json!({})),
            (r#"{"a":"#, json!({"arguments": "{\"a\":"})),
            ("[1]", json!({"arguments": "[1]"})),
        ] {
            assert_eq!(arguments_object(written), object, "{written}");
        }
    }

    #[test]
    fn a_foreign_signature_is_not_sent_along() {
        let mark = signature::tag("gemini", "abc");
        assert_eq!(signature::own("gemini", &mark), Some("abc"));
        assert_eq!(signature::own("anthropic", &mark), None);
        assert_eq!(signature::own("anthropic", "raw"), Some("raw"));
    }

    #[test]
    fn merging_keeps_what_is_not_overwritten() {
        let mut base = json!({"a": {"b": 1, "c": 2}, "d": 3});
        merge(&mut base, json!({"a": {"c": 4}, "e": 5}));
        assert_eq!(base, json!({"a": {"b": 1, "c": 4}, "d": 3, "e": 5}));
    }

    #[test]
    fn a_data_address_is_an_inline_image() {
        let url = ImageSource::Url("data:image/png;base64,QUJD".into());
        assert_eq!(
            inline_image(&url),
            Some(("image/png".into(), "QUJD".into()))
        );
        let web = ImageSource::Url("https://example.org/a.png".into());
        assert_eq!(inline_image(&web), None);
    }
}
