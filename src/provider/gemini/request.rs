//! A request in Gemini's form (`generateContent`, v1beta). Pure.
//!
//! The model stands in the path, streaming in the method; the body is the same for both, and for
//! Vertex.

use super::{contents, schema, thinking};
use crate::domain::{ChatRequest, ResponseFormat, Role, Sampling, Tool, ToolChoice};
use crate::provider::translate::{ANTHROPIC_ONLY, foreign_extra, merge, parameters, text_of};
use serde_json::{Map, Value, json};

/// Fields of the body; what else the caller passes through belongs to `generationConfig`.
const TOP_LEVEL: [&str; 9] = [
    "cachedContent",
    "contents",
    "generationConfig",
    "labels",
    "safetySettings",
    "serviceTier",
    "systemInstruction",
    "toolConfig",
    "tools",
];

/// The body of both methods.
pub fn body(request: &ChatRequest, model: &str) -> Value {
    let mut body = json!({ "contents": contents::turns(&request.messages, model) });
    if let Some(text) = system(request) {
        merge(
            &mut body,
            json!({ "systemInstruction": { "parts": [{ "text": text }] } }),
        );
    }
    tools(request, model, &mut body);
    let config = generation_config(request, model);
    if !config.is_empty() {
        merge(&mut body, json!({ "generationConfig": config }));
    }
    pass_through(&request.sampling.extra, &mut body);
    body
}

fn system(request: &ChatRequest) -> Option<String> {
    let texts: Vec<String> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System)
        .filter_map(|message| text_of(&message.parts))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn tools(request: &ChatRequest, model: &str, body: &mut Value) {
    if request.tools.is_empty() {
        return;
    }
    let declarations: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| declaration(tool, model))
        .collect();
    merge(
        body,
        json!({ "tools": [{ "functionDeclarations": declarations }] }),
    );
    let config = match &request.tool_choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Named(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    merge(
        body,
        json!({ "toolConfig": { "functionCallingConfig": config } }),
    );
}

fn declaration(tool: &Tool, model: &str) -> Value {
    let mut out = json!({ "name": tool.name });
    if let Some(description) = &tool.description {
        merge(&mut out, json!({ "description": description }));
    }
    // A function without arguments is declared without parameters: an empty object is refused.
    if has_properties(&tool.parameters) {
        let parameters = parameters(&tool.parameters);
        let parameters = if thinking::takes_json_schema(model) {
            json!({ "parametersJsonSchema": parameters })
        } else {
            json!({ "parameters": schema::open_api(&parameters) })
        };
        merge(&mut out, parameters);
    }
    out
}

fn has_properties(schema: &Value) -> bool {
    schema["properties"]
        .as_object()
        .is_none_or(|properties| !properties.is_empty())
        && schema.as_object().is_some_and(|schema| !schema.is_empty())
}

fn generation_config(request: &ChatRequest, model: &str) -> Map<String, Value> {
    let mut config = sampling(&request.sampling);
    match &request.response_format {
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => {
            config.insert("responseMimeType".into(), "application/json".into());
        }
        ResponseFormat::JsonSchema { schema, .. } => {
            config.insert("responseMimeType".into(), "application/json".into());
            if thinking::takes_json_schema(model) {
                config.insert("responseJsonSchema".into(), schema.clone());
            } else {
                config.insert("responseSchema".into(), schema::open_api(schema));
            }
        }
    }
    if let Some(effort) = &request.sampling.reasoning_effort
        && let Some(thinking) = thinking::config(effort, model)
    {
        config.insert("thinkingConfig".into(), thinking);
    }
    config
}

fn sampling(sampling: &Sampling) -> Map<String, Value> {
    let mut config = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(key.into(), value);
        }
    };
    put("temperature", sampling.temperature.map(Into::into));
    put("topP", sampling.top_p.map(Into::into));
    put("topK", sampling.top_k.map(Into::into));
    put("maxOutputTokens", sampling.max_tokens.map(Into::into));
    put("presencePenalty", sampling.presence_penalty.map(Into::into));
    put(
        "frequencyPenalty",
        sampling.frequency_penalty.map(Into::into),
    );
    // The vendor's seed has 32 bits: a longer one is folded, so that equal seeds stay equal.
    put(
        "seed",
        sampling
            .seed
            .map(|seed| ((seed ^ (seed >> 32)) as i32).into()),
    );
    put(
        "stopSequences",
        (!sampling.stop.is_empty()).then(|| json!(sampling.stop)),
    );
    config
}

fn pass_through(extra: &Map<String, Value>, body: &mut Value) {
    for (key, value) in foreign_extra(extra, &[&ANTHROPIC_ONLY]) {
        let over = if TOP_LEVEL.contains(&key.as_str()) {
            json!({ key: value })
        } else {
            json!({ "generationConfig": { key: value } })
        };
        merge(body, over);
    }
}
