//! A chat completion request in OpenAI's JSON to the normal form. Pure.
//!
//! What is not understood is passed through to the upstream (`Sampling::extra`); what could not be
//! honoured is refused: several choices, tools other than functions, the functions of old.

use super::bad::{Bad, Fields};
use super::messages;
use crate::domain::{ChatRequest, ResponseFormat, Sampling, Tool, ToolChoice};
use serde_json::{Map, Value};

/// A request as read.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ChatBody {
    /// What to ask.
    pub chat: ChatRequest,
    /// The model asked for.
    pub model: Option<String>,
    /// Answer in pieces?
    pub stream: bool,
    /// With a last chunk that tells the usage?
    pub include_usage: bool,
    /// Wishes for the router in the body's object `pointsman`.
    pub routing: Map<String, Value>,
}

/// Reads the body of `POST /v1/chat/completions`.
///
/// # Errors
/// The first field that cannot be read or honoured, with its path.
pub fn parse(body: Value) -> Result<ChatBody, Bad> {
    let mut fields = Fields::of("", body)?;
    let messages = fields.take("messages");
    let messages = fields.required("messages", messages)?;
    let mut read = ChatBody {
        model: fields.text("model")?.filter(|model| !model.is_empty()),
        stream: fields.flag("stream")?.unwrap_or(false),
        include_usage: include_usage(&mut fields)?,
        routing: routing(&mut fields)?,
        chat: ChatRequest {
            messages: messages::parse(messages)?,
            tools: tools(&mut fields)?,
            tool_choice: tool_choice(&mut fields)?,
            parallel_tool_calls: fields.flag("parallel_tool_calls")?,
            response_format: response_format(&mut fields)?,
            sampling: sampling(&mut fields)?,
        },
    };
    refuse(&mut fields)?;
    if !read.chat.asks() {
        let what =
            "have no content: at least one user, assistant or tool message must say something";
        return Err(Bad::new("messages", what));
    }
    read.chat.sampling.extra = fields.rest();
    Ok(read)
}

fn include_usage(fields: &mut Fields) -> Result<bool, Bad> {
    let Some(options) = fields.take("stream_options") else {
        return Ok(false);
    };
    let mut options = Fields::of("stream_options", options)?;
    Ok(options.flag("include_usage")?.unwrap_or(false))
}

fn routing(fields: &mut Fields) -> Result<Map<String, Value>, Bad> {
    match fields.take("pointsman") {
        None => Ok(Map::new()),
        Some(routing) => Ok(Fields::of("pointsman", routing)?.rest()),
    }
}

/// What we cannot honour is said, not dropped.
fn refuse(fields: &mut Fields) -> Result<(), Bad> {
    if fields.positive("n")?.is_some_and(|n| n > 1) {
        return Err(Bad::new(
            "n",
            "one choice a request is served; ask several times, or use a fan-out",
        ));
    }
    for old in ["functions", "function_call"] {
        if fields.take(old).is_some() {
            return Err(Bad::new(old, "is not served any more; use `tools`"));
        }
    }
    Ok(())
}

fn sampling(fields: &mut Fields) -> Result<Sampling, Bad> {
    let max_tokens = fields.positive("max_completion_tokens")?;
    let old_max_tokens = fields.positive("max_tokens")?;
    Ok(Sampling {
        temperature: fields.number("temperature", (0.0, 2.0))?,
        top_p: fields.number("top_p", (0.0, 1.0))?,
        top_k: fields.positive("top_k")?,
        max_tokens: max_tokens.or(old_max_tokens),
        stop: stop(fields)?,
        presence_penalty: fields.number("presence_penalty", (-2.0, 2.0))?,
        frequency_penalty: fields.number("frequency_penalty", (-2.0, 2.0))?,
        seed: fields.kind("seed", "a whole number", Value::as_i64)?,
        reasoning_effort: fields.text("reasoning_effort")?,
        extra: Map::new(),
    })
}

fn stop(fields: &mut Fields) -> Result<Vec<String>, Bad> {
    let texts = fields.kind("stop", "text or a list of texts", |value| match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(Into::into))
            .collect(),
        _ => None,
    })?;
    Ok(texts.unwrap_or_default())
}

fn tools(fields: &mut Fields) -> Result<Vec<Tool>, Bad> {
    let tools = match fields.take("tools") {
        None => return Ok(Vec::new()),
        Some(Value::Array(tools)) => tools,
        Some(other) => return Err(Bad::expected("tools", "a list", &other)),
    };
    let read = |(at, value)| tool(&format!("tools[{at}]"), value);
    tools.into_iter().enumerate().map(read).collect()
}

fn tool(path: &str, value: Value) -> Result<Tool, Bad> {
    let mut tool = Fields::of(path, value)?;
    let kind = tool.text("type")?.unwrap_or_else(|| "function".into());
    if kind != "function" {
        let message = format!("{kind:?} is not served: only tools of type \"function\" are");
        return Err(Bad::new(tool.path("type"), message));
    }
    let function = tool.take("function").unwrap_or(Value::Null);
    let mut function = Fields::of(&tool.path("function"), function)?;
    let name = function.text("name")?;
    Ok(Tool {
        name: function.required("name", name)?,
        description: function.text("description")?,
        parameters: function.take("parameters").unwrap_or(Value::Null),
        strict: function.flag("strict")?,
    })
}

fn tool_choice(fields: &mut Fields) -> Result<ToolChoice, Bad> {
    let expected = "\"auto\", \"none\", \"required\" or a function by name";
    let choice = fields.kind("tool_choice", expected, |value| match value {
        Value::String(word) => match word.as_str() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::None),
            "required" | "any" => Some(ToolChoice::Required),
            _ => None,
        },
        Value::Object(_) => value["function"]["name"]
            .as_str()
            .map(|name| ToolChoice::Named(name.into())),
        _ => None,
    })?;
    Ok(choice.unwrap_or_default())
}

fn response_format(fields: &mut Fields) -> Result<ResponseFormat, Bad> {
    let Some(format) = fields.take("response_format") else {
        return Ok(ResponseFormat::Text);
    };
    let mut format = Fields::of("response_format", format)?;
    match format.text("type")?.as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let inner = format.take("json_schema").unwrap_or(Value::Null);
            let mut inner = Fields::of("response_format.json_schema", inner)?;
            let schema = inner.take("schema");
            Ok(ResponseFormat::JsonSchema {
                name: inner.text("name")?.unwrap_or_else(|| "answer".into()),
                schema: inner.required("schema", schema)?,
                strict: inner.flag("strict")?,
            })
        }
        _ => Err(Bad::new(
            "response_format.type",
            "expected \"text\", \"json_object\" or \"json_schema\"",
        )),
    }
}
