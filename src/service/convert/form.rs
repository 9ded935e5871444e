//! Tools, form of the answer and sampling: wire -> domain.

use super::{
    check::{Check, Path, present},
    json,
};
use crate::{
    domain::{ResponseFormat, Sampling, Tool, ToolChoice},
    proto,
};
use serde_json::Value;
use std::collections::HashSet;

/// Bytes of a name at most.
const MAX_NAME_BYTES: usize = 256;
/// Stop texts at most.
const MAX_STOPS: usize = 16;

/// A checked tool; its name joins `names`.
pub fn tool(
    check: &mut Check,
    path: Path<'_>,
    wire: proto::Tool,
    names: &mut HashSet<String>,
) -> Tool {
    let name = path.field("name");
    if wire.name.is_empty() {
        check.fail(name, "is missing");
    } else if !names.insert(wire.name.clone()) {
        check.fail(name, format!("{:?} is there twice", short(&wire.name)));
    }
    check.at_most_bytes(name, &wire.name, MAX_NAME_BYTES);
    Tool {
        parameters: Value::Object(json::object(
            check,
            path.field("parameters_json"),
            &wire.parameters_json,
        )),
        name: wire.name,
        description: present(wire.description),
        strict: wire.strict,
    }
}

/// Whether a tool must be called.
pub fn tool_choice(
    check: &mut Check,
    path: Path<'_>,
    wire: Option<proto::ToolChoice>,
    tools: &[Tool],
) -> ToolChoice {
    use proto::tool_choice::Mode;
    let Some(wire) = wire else {
        return ToolChoice::Auto;
    };
    match Mode::try_from(wire.mode) {
        Ok(Mode::Unspecified | Mode::Auto) => ToolChoice::Auto,
        Ok(Mode::None) => ToolChoice::None,
        Ok(Mode::Required) => {
            if tools.is_empty() {
                check.fail(path, "requires a tool, but the request has none");
            }
            ToolChoice::Required
        }
        Ok(Mode::Named) => {
            if !tools.iter().any(|tool| tool.name == wire.name) {
                let what = format!("{:?} is none of the request's tools", short(&wire.name));
                check.fail(path.field("name"), what);
            }
            ToolChoice::Named(wire.name)
        }
        Err(_) => {
            check.fail(
                path.field("mode"),
                format!(
                    "is {}: expected 1 to 4 (auto, none, required, named)",
                    wire.mode
                ),
            );
            ToolChoice::Auto
        }
    }
}

/// Form of the answer.
pub fn response_format(
    check: &mut Check,
    path: Path<'_>,
    wire: Option<proto::ResponseFormat>,
) -> ResponseFormat {
    use proto::response_format::Format;
    match wire.and_then(|wire| wire.format) {
        None | Some(Format::Text(_)) => ResponseFormat::Text,
        Some(Format::JsonObject(_)) => ResponseFormat::JsonObject,
        Some(Format::JsonSchema(schema)) => {
            let path = path.field("json_schema");
            if schema.name.is_empty() {
                check.fail(path.field("name"), "is missing");
            }
            if schema.schema_json.is_empty() {
                check.fail(path.field("schema_json"), "is missing");
            }
            ResponseFormat::JsonSchema {
                schema: Value::Object(json::object(
                    check,
                    path.field("schema_json"),
                    &schema.schema_json,
                )),
                name: schema.name,
                strict: schema.strict,
            }
        }
    }
}

/// Sampling parameters.
pub fn sampling(check: &mut Check, path: Path<'_>, wire: Option<proto::Sampling>) -> Sampling {
    let Some(wire) = wire else {
        return Sampling::default();
    };
    check.within(path.field("temperature"), wire.temperature, 0.0, 2.0);
    if let Some(top_p) = wire.top_p
        && !(top_p > 0.0 && top_p <= 1.0)
    {
        let what = format!("is {top_p}: expected a number over 0, to 1");
        check.fail(path.field("top_p"), what);
    }
    for (name, value) in [("top_k", wire.top_k), ("max_tokens", wire.max_tokens)] {
        if value == Some(0) {
            check.fail(path.field(name), "is 0: expected at least 1");
        }
    }
    for (name, value) in [
        ("presence_penalty", wire.presence_penalty),
        ("frequency_penalty", wire.frequency_penalty),
    ] {
        check.within(path.field(name), value, -2.0, 2.0);
    }
    check.at_most_items(path.field("stop"), &wire.stop, MAX_STOPS);
    if wire.stop.iter().any(String::is_empty) {
        check.fail(path.field("stop"), "has an empty text");
    }
    Sampling {
        temperature: wire.temperature,
        top_p: wire.top_p,
        top_k: wire.top_k,
        max_tokens: wire.max_tokens,
        stop: wire.stop,
        presence_penalty: wire.presence_penalty,
        frequency_penalty: wire.frequency_penalty,
        seed: wire.seed,
        reasoning_effort: present(wire.reasoning_effort),
        extra: json::object(check, path.field("extra_json"), &wire.extra_json),
    }
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
