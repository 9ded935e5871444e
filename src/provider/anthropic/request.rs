//! A request in Anthropic's form (messages API, version 2023-06-01). Pure.
//!
//! Left out on purpose, because the vendor refuses them: `seed`, both penalties, and what only
//! OpenAI knows.

use super::effort;
use super::messages;
use crate::domain::{ChatRequest, ResponseFormat, Role, Tool, ToolChoice};
use crate::provider::translate::{GEMINI_ONLY, foreign_extra, merge, parameters, text_of};
use serde_json::{Map, Value, json};

/// The vendor insists on a limit; this one is taken by every model it ever served.
pub const DEFAULT_MAX_TOKENS: u32 = 4096;

/// The body of `POST /v1/messages`.
pub fn body(request: &ChatRequest, model: &str, stream: bool) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    let max_tokens = request.sampling.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    body.insert("max_tokens".into(), max_tokens.into());
    if let Some(system) = system(request) {
        body.insert("system".into(), system.into());
    }
    body.insert("messages".into(), messages::turns(&request.messages).into());
    tools(request, &mut body);
    sampling(request, model, &mut body);
    effort::apply(request, model, max_tokens, &mut body);
    if let ResponseFormat::JsonSchema { schema, .. } = &request.response_format {
        let format = json!({ "type": "json_schema", "schema": closed(schema) });
        let config = body.entry("output_config").or_insert_with(|| json!({}));
        merge(config, json!({ "format": format }));
    }
    if stream {
        body.insert("stream".into(), true.into());
    }
    let mut body = Value::Object(body);
    merge(&mut body, Value::Object(extra(request)));
    body
}

/// All instructions, wherever they stand in the conversation: the vendor takes them in one place.
fn system(request: &ChatRequest) -> Option<String> {
    let mut texts: Vec<String> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System)
        .filter_map(|message| text_of(&message.parts))
        .collect();
    if request.response_format == ResponseFormat::JsonObject {
        texts.push("Answer with one JSON object and nothing else.".into());
    }
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn tools(request: &ChatRequest, body: &mut Map<String, Value>) {
    if request.tools.is_empty() {
        return;
    }
    let tools: Vec<Value> = request.tools.iter().map(tool).collect();
    body.insert("tools".into(), tools.into());
    let mut choice = match &request.tool_choice {
        ToolChoice::Auto if request.parallel_tool_calls.is_none() => return,
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    };
    if let Some(parallel) = request.parallel_tool_calls
        && request.tool_choice != ToolChoice::None
    {
        merge(
            &mut choice,
            json!({ "disable_parallel_tool_use": !parallel }),
        );
    }
    body.insert("tool_choice".into(), choice);
}

fn tool(tool: &Tool) -> Value {
    let mut out = json!({ "name": tool.name, "input_schema": parameters(&tool.parameters) });
    if let Some(description) = &tool.description {
        merge(&mut out, json!({ "description": description }));
    }
    if tool.strict == Some(true) {
        let schema = closed(&parameters(&tool.parameters));
        merge(&mut out, json!({ "strict": true, "input_schema": schema }));
    }
    out
}

fn sampling(request: &ChatRequest, model: &str, body: &mut Map<String, Value>) {
    let sampling = &request.sampling;
    if effort::takes_sampling(model) {
        // The vendor's scale ends at 1, OpenAI's at 2.
        if let Some(temperature) = sampling.temperature {
            body.insert("temperature".into(), temperature.clamp(0.0, 1.0).into());
        } else if let Some(top_p) = sampling.top_p {
            // Newer models refuse both at once; the temperature wins.
            body.insert("top_p".into(), top_p.into());
        }
        if let Some(top_k) = sampling.top_k {
            body.insert("top_k".into(), top_k.into());
        }
    }
    // The vendor refuses stop texts of white space alone.
    let stop: Vec<&String> = sampling
        .stop
        .iter()
        .filter(|text| !text.trim().is_empty())
        .collect();
    if !stop.is_empty() {
        body.insert("stop_sequences".into(), json!(stop));
    }
}

/// OpenAI's `metadata` is a free map; the vendor's knows `user_id` only.
fn extra(request: &ChatRequest) -> Map<String, Value> {
    let mut extra = foreign_extra(&request.sampling.extra, &[&GEMINI_ONLY]);
    if extra
        .get("metadata")
        .is_some_and(|metadata| metadata.get("user_id").is_none())
    {
        extra.shift_remove("metadata");
    }
    extra
}

/// The schema with every object closed, as the vendor's structured outputs ask for.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut map: Map<String, Value> = map
                .iter()
                .map(|(key, value)| (key.clone(), closed(value)))
                .collect();
            if map.get("type").is_some_and(|kind| kind == "object") {
                map.insert("additionalProperties".into(), false.into());
            }
            Value::Object(map)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}
