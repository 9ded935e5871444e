//! A request in Ollama's own form (`POST /api/chat`). Pure.
//!
//! Ollama has no tool choice: with `none` the tools are left out, with a named one only that is
//! offered. It cuts a prompt that does not fit its context window without a word, and the default
//! window is small: so the window is asked for where the prompt needs it.

use crate::domain::{
    ChatRequest, Fault, FaultKind, Message, Part, ResponseFormat, Role, Tool, ToolChoice,
};
use crate::provider::translate::{
    ANTHROPIC_ONLY, GEMINI_ONLY, arguments_object, foreign_extra, inline_image, merge, parameters,
    text_of,
};
use serde_json::{Map, Value, json};

/// The smallest default window that Ollama has had, in tokens.
const DEFAULT_WINDOW_TOKENS: u64 = 2048;
/// The largest window that is asked for, in tokens: more would exhaust most machines.
const MAX_WINDOW_TOKENS: u64 = 131_072;
/// Room for an answer without a limit, in tokens.
const ANSWER_TOKENS: u64 = 1024;
/// Fields of the body; what else the caller passes through belongs to `options`.
const TOP_LEVEL: [&str; 6] = [
    "keep_alive",
    "format",
    "options",
    "think",
    "logprobs",
    "top_logprobs",
];

/// The body.
///
/// # Errors
/// An image that is an address: Ollama fetches none.
pub fn body(request: &ChatRequest, model: &str, stream: bool) -> Result<Value, Fault> {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .enumerate()
        .map(|(at, one)| message(one, &request.messages[..at]))
        .collect::<Result<_, _>>()?;
    let mut body = json!({ "model": model, "messages": messages, "stream": stream });
    let tools = tools(request);
    if !tools.is_empty() {
        merge(&mut body, json!({ "tools": tools }));
    }
    match &request.response_format {
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => merge(&mut body, json!({ "format": "json" })),
        ResponseFormat::JsonSchema { schema, .. } => merge(&mut body, json!({ "format": schema })),
    }
    if let Some(effort) = &request.sampling.reasoning_effort {
        merge(&mut body, json!({ "think": think(effort, model) }));
    }
    let options = options(request);
    if !options.is_empty() {
        merge(&mut body, json!({ "options": options }));
    }
    for (key, value) in foreign_extra(&request.sampling.extra, &[&ANTHROPIC_ONLY, &GEMINI_ONLY]) {
        let over = if TOP_LEVEL.contains(&key.as_str()) {
            json!({ key: value })
        } else {
            json!({ "options": { key: value } })
        };
        merge(&mut body, over);
    }
    Ok(body)
}

fn message(message: &Message, before: &[Message]) -> Result<Value, Fault> {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let text = text_of(&message.parts).unwrap_or_default();
    let mut out = json!({ "role": role, "content": text });
    let images = images(&message.parts)?;
    if !images.is_empty() {
        out["images"] = images.into();
    }
    let thinking: String = message.parts.iter().filter_map(reasoning).collect();
    if !thinking.is_empty() {
        out["thinking"] = thinking.into();
    }
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            let arguments = arguments_object(&call.arguments);
            json!({ "function": { "name": call.name, "arguments": arguments } })
        });
        out["tool_calls"] = calls.collect();
    }
    if message.role == Role::Tool
        && let Some(name) = tool_name(message, before)
    {
        out["tool_name"] = name.into();
    }
    Ok(out)
}

fn images(parts: &[Part]) -> Result<Vec<Value>, Fault> {
    let sources = parts.iter().filter_map(|part| match part {
        Part::Image(source) => Some(source),
        Part::Text(_) | Part::Reasoning { .. } => None,
    });
    sources
        .map(|source| {
            inline_image(source)
                .map(|(_, data)| Value::from(data))
                .ok_or_else(no_address)
        })
        .collect()
}

fn no_address() -> Fault {
    Fault::new(
        FaultKind::InvalidRequest,
        "Ollama fetches no images: send the image itself, as a data URL",
    )
}

fn reasoning(part: &Part) -> Option<&str> {
    match part {
        Part::Reasoning { text, .. } => Some(text),
        Part::Text(_) | Part::Image(_) => None,
    }
}

fn tool_name<'a>(message: &'a Message, before: &'a [Message]) -> Option<&'a str> {
    let id = message.tool_call_id.as_deref()?;
    let calls = before.iter().rev().flat_map(|message| &message.tool_calls);
    let named = calls.into_iter().find(|call| call.id == id);
    named
        .map(|call| call.name.as_str())
        .or(message.name.as_deref())
}

fn tools(request: &ChatRequest) -> Vec<Value> {
    let offered = |tool: &&Tool| match &request.tool_choice {
        ToolChoice::None => false,
        ToolChoice::Named(name) => tool.name == *name,
        ToolChoice::Auto | ToolChoice::Required => true,
    };
    let declare = |tool: &Tool| {
        let mut function = json!({ "name": tool.name, "parameters": parameters(&tool.parameters) });
        if let Some(description) = &tool.description {
            merge(&mut function, json!({ "description": description }));
        }
        json!({ "type": "function", "function": function })
    };
    request.tools.iter().filter(offered).map(declare).collect()
}

/// `gpt-oss` thinks at levels, the others think or do not.
fn think(effort: &str, model: &str) -> Value {
    if model.contains("gpt-oss") && effort != "none" {
        let level = if effort == "minimal" { "low" } else { effort };
        return level.into();
    }
    (effort != "none").into()
}

fn options(request: &ChatRequest) -> Map<String, Value> {
    let sampling = &request.sampling;
    let mut options = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(key.into(), value);
        }
    };
    put("temperature", sampling.temperature.map(Into::into));
    put("top_p", sampling.top_p.map(Into::into));
    put("top_k", sampling.top_k.map(Into::into));
    put("num_predict", sampling.max_tokens.map(Into::into));
    put(
        "presence_penalty",
        sampling.presence_penalty.map(Into::into),
    );
    put(
        "frequency_penalty",
        sampling.frequency_penalty.map(Into::into),
    );
    put("seed", sampling.seed.map(Into::into));
    put(
        "stop",
        (!sampling.stop.is_empty()).then(|| json!(sampling.stop)),
    );
    put("num_ctx", window_tokens(request).map(Into::into));
    options
}

/// Powers of two, because every other size makes Ollama load the model again.
fn window_tokens(request: &ChatRequest) -> Option<u64> {
    let answer = request.sampling.max_tokens.map_or(ANSWER_TOKENS, u64::from);
    let needed = request.estimated_input_tokens() + answer;
    (needed > DEFAULT_WINDOW_TOKENS).then(|| needed.next_power_of_two().min(MAX_WINDOW_TOKENS))
}
