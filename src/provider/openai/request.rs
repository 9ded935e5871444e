//! A request in OpenAI's words. Fields that are not set are left out, never `null`: some servers
//! refuse nulls.

use super::Quirks;
use crate::domain::{
    ChatRequest, ImageSource, Message, Part, ResponseFormat, Role, Sampling, Tool, ToolCall,
    ToolChoice,
};
use serde_json::{Map, Value, json};

/// Fields that belong to the router; a caller's or a configuration's extra parameters do not reach
/// them. (`n`: one answer is read, so more would be paid for nothing.)
const OWN_FIELDS: [&str; 5] = ["model", "messages", "stream", "stream_options", "n"];

/// The body of one call. `defaults` are parameters of the configuration, for what neither the
/// request nor its extra parameters say.
#[must_use]
pub fn body(
    request: &ChatRequest,
    model: &str,
    stream: bool,
    quirks: &Quirks,
    defaults: &Map<String, Value>,
) -> Map<String, Value> {
    let mut body = Map::with_capacity(8);
    body.insert("model".into(), json!(model));
    let messages = request.messages.iter().map(|turn| message(turn, quirks));
    body.insert("messages".into(), messages.collect());
    tools(&mut body, request, quirks);
    if !stream || quirks.format_in_stream {
        let format = response_format(&request.response_format);
        body.extend(format.map(|format| ("response_format".to_owned(), format)));
    }
    sampling(&mut body, &request.sampling, quirks);
    if stream {
        body.insert("stream".into(), json!(true));
        if quirks.stream_options {
            body.insert("stream_options".into(), json!({"include_usage": true}));
        }
    }
    for (key, value) in request.sampling.extra.iter().chain(defaults) {
        if !OWN_FIELDS.contains(&key.as_str()) && !body.contains_key(key) {
            body.insert(key.clone(), value.clone());
        }
    }
    body
}

fn message(message: &Message, quirks: &Quirks) -> Value {
    let mut turn = Map::with_capacity(3);
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    turn.insert("role".into(), json!(role));
    if let Some(content) = content(&message.parts) {
        turn.insert("content".into(), content);
    } else if message.tool_calls.is_empty() {
        turn.insert("content".into(), json!(""));
    }
    if let (Some(name), true) = (&message.name, message.role != Role::Tool) {
        turn.insert("name".into(), json!(name));
    }
    if !message.tool_calls.is_empty() {
        let calls = message
            .tool_calls
            .iter()
            .map(|call| tool_call(call, quirks));
        turn.insert("tool_calls".into(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        turn.insert("tool_call_id".into(), json!(tool_id(id, quirks)));
    }
    if quirks.echo_reasoning && message.role == Role::Assistant {
        turn.insert("reasoning_content".into(), json!(reasoning(&message.parts)));
    }
    Value::Object(turn)
}

/// A plain text where all parts are text, a list where an image is among them.
fn content(parts: &[Part]) -> Option<Value> {
    if parts.iter().any(|part| matches!(part, Part::Image(_))) {
        return Some(parts.iter().filter_map(part).collect());
    }
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Image(_) | Part::Reasoning { .. } => None,
        })
        .collect();
    (!texts.is_empty()).then(|| json!(texts.join("\n")))
}

fn part(part: &Part) -> Option<Value> {
    match part {
        Part::Text(text) => Some(json!({"type": "text", "text": text})),
        Part::Image(source) => {
            let url = match source {
                ImageSource::Url(url) => url.clone(),
                ImageSource::Inline { media_type, data } => {
                    format!("data:{media_type};base64,{data}")
                }
            };
            Some(json!({"type": "image_url", "image_url": {"url": url}}))
        }
        Part::Reasoning { .. } => None,
    }
}

fn reasoning(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Reasoning { text, .. } => Some(text.as_str()),
        Part::Text(_) | Part::Image(_) => None,
    });
    texts.collect()
}

fn tool_call(call: &ToolCall, quirks: &Quirks) -> Value {
    json!({
        "id": tool_id(&call.id, quirks),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    })
}

/// The id, or a stand-in of the length that the server insists on: the same id always becomes the
/// same stand-in, so that results find their calls.
fn tool_id(id: &str, quirks: &Quirks) -> String {
    let Some(chars) = quirks.tool_id_chars else {
        return id.to_owned();
    };
    if id.len() == chars && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    let hash = blake3::hash(id.as_bytes()).to_hex();
    hash.chars().take(chars).collect()
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, quirks: &Quirks) {
    if request.tools.is_empty() {
        return;
    }
    let tools = request.tools.iter().map(|one| tool(one, quirks));
    body.insert("tools".into(), tools.collect());
    let choice = match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Named(name) if quirks.tool_by_name => {
            Some(json!({"type": "function", "function": {"name": name}}))
        }
        ToolChoice::Required | ToolChoice::Named(_) => Some(json!(quirks.tool_required)),
    };
    body.extend(choice.map(|choice| ("tool_choice".to_owned(), choice)));
    let parallel = request.parallel_tool_calls;
    body.extend(parallel.map(|on| ("parallel_tool_calls".to_owned(), json!(on))));
}

fn tool(tool: &Tool, quirks: &Quirks) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), json!(tool.name));
    let description = tool.description.as_ref();
    function.extend(description.map(|text| ("description".to_owned(), json!(text))));
    let mut schema = tool.parameters.clone();
    if quirks.strict_schemas {
        function.extend(tool.strict.map(|on| ("strict".to_owned(), json!(on))));
    } else {
        strip(&mut schema);
    }
    function.insert("parameters".into(), schema);
    json!({"type": "function", "function": function})
}

/// Takes `additionalProperties` and `$schema` out at every depth.
fn strip(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.shift_remove("additionalProperties");
            object.shift_remove("$schema");
            object.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn response_format(format: &ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema {
            name,
            schema,
            strict,
        } => {
            let mut inner = Map::new();
            inner.insert("name".into(), json!(name));
            inner.insert("schema".into(), schema.clone());
            inner.extend(strict.map(|on| ("strict".to_owned(), json!(on))));
            Some(json!({"type": "json_schema", "json_schema": inner}))
        }
    }
}

fn sampling(body: &mut Map<String, Value>, sampling: &Sampling, quirks: &Quirks) {
    let mut set = |key: &str, value: Option<Value>| {
        body.extend(value.map(|value| (key.to_owned(), value)));
    };
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set(
        "top_k",
        sampling.top_k.filter(|_| quirks.top_k).map(Value::from),
    );
    set(quirks.max_tokens, sampling.max_tokens.map(Value::from));
    let stop = (quirks.stop && !sampling.stop.is_empty()).then(|| json!(sampling.stop));
    set("stop", stop);
    if quirks.penalties {
        set(
            "presence_penalty",
            sampling.presence_penalty.map(Value::from),
        );
        set(
            "frequency_penalty",
            sampling.frequency_penalty.map(Value::from),
        );
    }
    set(quirks.seed, sampling.seed.map(Value::from));
    let effort = sampling.reasoning_effort.as_deref();
    if quirks.thinking_switch {
        let switch = effort.map(|effort| {
            if effort == "none" {
                "disabled"
            } else {
                "enabled"
            }
        });
        set("thinking", switch.map(|kind| json!({"type": kind})));
    } else {
        set("reasoning_effort", effort.map(Value::from));
    }
}
