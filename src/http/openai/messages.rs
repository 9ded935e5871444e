//! A conversation in OpenAI's JSON to the normal form. Pure.
//!
//! Reasoning comes back in the forms that gateways agreed on: `reasoning_details` with signatures
//! (OpenRouter's shape), or `reasoning_content` without; a signature of a tool call in
//! `extra_content.google.thought_signature` (Google's own compatible shape).

use super::bad::{Bad, Fields};
use crate::domain::{ImageSource, Message, Part, Role, ToolCall};
use serde_json::Value;

/// The list of messages.
///
/// # Errors
/// The first message that cannot be read, with its path.
pub fn parse(messages: Value) -> Result<Vec<Message>, Bad> {
    match messages {
        Value::Array(items) if items.is_empty() => {
            Err(Bad::new("messages", "expected at least one message"))
        }
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| message(&format!("messages[{at}]"), item))
            .collect(),
        other => Err(Bad::expected("messages", "a list", &other)),
    }
}

fn message(path: &str, value: Value) -> Result<Message, Bad> {
    let mut fields = Fields::of(path, value)?;
    let role = role(&mut fields)?;
    let mut parts = match role {
        Role::Assistant => reasoning(&mut fields)?,
        Role::System | Role::User | Role::Tool => Vec::new(),
    };
    let content = fields.take("content");
    if content.is_none() && matches!(role, Role::System | Role::User) {
        return Err(Bad::new(fields.path("content"), "is required"));
    }
    parts.extend(content_parts(&fields.path("content"), content)?);
    let tool_call_id = fields.text("tool_call_id")?;
    if role == Role::Tool && tool_call_id.is_none() {
        return Err(Bad::new(fields.path("tool_call_id"), "is required"));
    }
    Ok(Message {
        role,
        parts,
        tool_calls: tool_calls(&mut fields)?,
        tool_call_id,
        name: fields.text("name")?,
    })
}

fn role(fields: &mut Fields) -> Result<Role, Bad> {
    let role = fields.text("role")?;
    match fields.required("role", role)?.as_str() {
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" => Ok(Role::Tool),
        other => Err(Bad::new(
            fields.path("role"),
            format!("{other:?} is none of system, developer, user, assistant, tool"),
        )),
    }
}

fn content_parts(path: &str, content: Option<Value>) -> Result<Vec<Part>, Bad> {
    match content {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text)]),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| part(&format!("{path}[{at}]"), item))
            .collect(),
        Some(other) => Err(Bad::expected(path, "text or a list of parts", &other)),
    }
}

fn part(path: &str, value: Value) -> Result<Part, Bad> {
    let mut fields = Fields::of(path, value)?;
    let kind = fields.text("type")?;
    match fields.required("type", kind)?.as_str() {
        key @ ("text" | "refusal") => {
            let text = fields.text(key)?;
            Ok(Part::Text(fields.required(key, text)?))
        }
        "image_url" => {
            let image = fields.take("image_url").unwrap_or(Value::Null);
            let url = image.as_str().or(image["url"].as_str());
            let url = fields.required("image_url.url", url)?;
            Ok(Part::Image(image_source(url)))
        }
        other => Err(Bad::new(
            fields.path("type"),
            format!("{other:?} is not served: parts are \"text\" or \"image_url\""),
        )),
    }
}

fn image_source(url: &str) -> ImageSource {
    let inline = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((media_type, data)) => ImageSource::Inline {
            media_type: media_type.into(),
            data: data.into(),
        },
        None => ImageSource::Url(url.into()),
    }
}

fn reasoning(fields: &mut Fields) -> Result<Vec<Part>, Bad> {
    let content = fields.text("reasoning_content")?;
    let short = fields.text("reasoning")?;
    let details = match fields.take("reasoning_details") {
        Some(Value::Array(items)) => items.iter().filter_map(detail).collect(),
        _ => Vec::new(),
    };
    if !details.is_empty() {
        return Ok(details);
    }
    let text = content.or(short).filter(|text| !text.is_empty());
    Ok(text
        .map(|text| Part::Reasoning {
            text,
            signature: None,
        })
        .into_iter()
        .collect())
}

fn detail(item: &Value) -> Option<Part> {
    let text = |key: &str| item[key].as_str().map(String::from);
    let part = match item["type"].as_str()? {
        "reasoning.text" => Part::Reasoning {
            text: text("text").unwrap_or_default(),
            signature: text("signature"),
        },
        "reasoning.encrypted" => Part::Reasoning {
            text: String::new(),
            signature: Some(text("data")?),
        },
        "reasoning.summary" => Part::Reasoning {
            text: text("summary")?,
            signature: None,
        },
        _ => return None,
    };
    Some(part)
}

fn tool_calls(fields: &mut Fields) -> Result<Vec<ToolCall>, Bad> {
    let path = fields.path("tool_calls");
    match fields.take("tool_calls") {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| tool_call(&format!("{path}[{at}]"), item))
            .collect(),
        Some(other) => Err(Bad::expected(path, "a list", &other)),
    }
}

fn tool_call(path: &str, value: Value) -> Result<ToolCall, Bad> {
    let signature = value["extra_content"]["google"]["thought_signature"]
        .as_str()
        .map(Into::into);
    let mut call = Fields::of(path, value)?;
    let function = call.take("function").unwrap_or(Value::Null);
    let mut function = Fields::of(&call.path("function"), function)?;
    let (id, name) = (call.text("id")?, function.text("name")?);
    Ok(ToolCall {
        id: call.required("id", id)?,
        name: function.required("name", name)?,
        arguments: function.text("arguments")?.unwrap_or_default(),
        signature,
    })
}
