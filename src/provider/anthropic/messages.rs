//! A conversation as Anthropic's alternating turns of content blocks. Pure.
//!
//! Tool results are part of a user turn, all results of parallel calls in one; turns of one speaker
//! are joined; blocks without content are refused by the vendor, and so left out.

use super::VENDOR;
use crate::domain::{ImageSource, Message, Part, Role, ToolCall};
use crate::provider::translate::{arguments_object, inline_image, signature};
use serde_json::{Value, json};

/// Marks the signature of a block whose text the vendor keeps to itself (`redacted_thinking`).
pub const REDACTED: &str = "redacted:";

/// All turns but the instructions.
pub fn turns(messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message.role {
            Role::System => continue,
            Role::User => ("user", blocks(&message.parts)),
            Role::Assistant => ("assistant", assistant(message)),
            Role::Tool => ("user", vec![tool_result(message)]),
        };
        match turns.last_mut() {
            Some((last, content)) if *last == role => content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((role, blocks)),
        }
    }
    if let Some(("assistant", content)) = turns.last_mut() {
        trim_prefill(content);
    }
    turns
        .into_iter()
        .filter(|(_, content)| !content.is_empty())
        .map(|(role, content)| json!({ "role": role, "content": content }))
        .collect()
}

fn assistant(message: &Message) -> Vec<Value> {
    let mut blocks = blocks(&message.parts);
    blocks.extend(message.tool_calls.iter().map(tool_use));
    blocks
}

fn blocks(parts: &[Part]) -> Vec<Value> {
    parts.iter().filter_map(block).collect()
}

fn block(part: &Part) -> Option<Value> {
    match part {
        Part::Text(text) if text.is_empty() => None,
        Part::Text(text) => Some(json!({ "type": "text", "text": text })),
        Part::Image(source) => Some(image(source)),
        Part::Reasoning { text, signature } => thinking(text, signature.as_deref()?),
    }
}

/// Thinking goes back only with the vendor's own signature, without which it is refused.
fn thinking(text: &str, proof: &str) -> Option<Value> {
    let proof = signature::own(VENDOR, proof)?;
    Some(match proof.strip_prefix(REDACTED) {
        Some(data) => json!({ "type": "redacted_thinking", "data": data }),
        None => json!({ "type": "thinking", "thinking": text, "signature": proof }),
    })
}

fn image(source: &ImageSource) -> Value {
    let source = match (inline_image(source), source) {
        (Some((media_type, data)), _) => {
            json!({ "type": "base64", "media_type": media_type, "data": data })
        }
        (None, ImageSource::Url(url)) => json!({ "type": "url", "url": url }),
        (None, ImageSource::Inline { .. }) => Value::Null,
    };
    json!({ "type": "image", "source": source })
}

fn tool_use(call: &ToolCall) -> Value {
    json!({
        "type": "tool_use",
        "id": tool_id(&call.id),
        "name": call.name,
        "input": arguments_object(&call.arguments),
    })
}

fn tool_result(message: &Message) -> Value {
    let id = tool_id(message.tool_call_id.as_deref().unwrap_or_default());
    let content = blocks(&message.parts);
    let mut result = json!({ "type": "tool_result", "tool_use_id": id });
    if !content.is_empty() {
        result["content"] = content.into();
    }
    result
}

/// Other vendors' ids hold characters that this one refuses.
fn tool_id(id: &str) -> String {
    let clean: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if clean.is_empty() {
        "call".into()
    } else {
        clean
    }
}

/// The vendor refuses a last assistant turn that ends in white space.
fn trim_prefill(content: &mut [Value]) {
    if let Some(last) = content.last_mut()
        && let Some(text) = last["text"].as_str()
    {
        last["text"] = text.trim_end().into();
    }
}
