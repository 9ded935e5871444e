//! A conversation as Gemini's contents: turns of `user` and `model`, made of parts. Pure.
//!
//! Signatures are echoed where they came from: on the function call or on the part of thought. The
//! vendor sees calls that another vendor's model made with the mark it documents for that.

use super::{MADE_UP_ID, VENDOR, thinking};
use crate::domain::{ImageSource, Message, Part, Role, ToolCall};
use crate::provider::translate::{arguments_object, inline_image, merge, signature};
use serde_json::{Value, json};

/// The vendor's own mark for function calls that carry no signature of its models.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// All turns but the instructions; neighbours of one speaker are joined.
pub fn turns(messages: &[Message], model: &str) -> Vec<Value> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let (role, parts) = match message.role {
            Role::System => continue,
            Role::User => ("user", parts(&message.parts)),
            Role::Assistant => ("model", answer(message, model)),
            Role::Tool => ("user", vec![function_response(message, &messages[..at])]),
        };
        match turns.last_mut() {
            Some((last, content)) if *last == role => content.extend(parts),
            _ if parts.is_empty() => {}
            _ => turns.push((role, parts)),
        }
    }
    turns
        .into_iter()
        .map(|(role, parts)| json!({ "role": role, "parts": parts }))
        .collect()
}

fn answer(message: &Message, model: &str) -> Vec<Value> {
    let mut parts = parts(&message.parts);
    for (at, call) in message.tool_calls.iter().enumerate() {
        parts.push(function_call(call, at == 0, model));
    }
    parts
}

fn parts(parts: &[Part]) -> Vec<Value> {
    parts.iter().filter_map(part).collect()
}

fn part(part: &Part) -> Option<Value> {
    match part {
        Part::Text(text) if text.is_empty() => None,
        Part::Text(text) => Some(json!({ "text": text })),
        Part::Image(source) => Some(image(source)),
        Part::Reasoning { text, signature } => thought(text, signature.as_deref()?),
    }
}

/// Thought goes back only with the vendor's own signature; a signature without thought belongs to
/// the text before it.
fn thought(text: &str, proof: &str) -> Option<Value> {
    let proof = signature::own(VENDOR, proof)?;
    let mut part = json!({ "text": text, "thoughtSignature": proof });
    if !text.is_empty() {
        part["thought"] = true.into();
    }
    Some(part)
}

fn image(source: &ImageSource) -> Value {
    match (inline_image(source), source) {
        (Some((media_type, data)), _) => {
            json!({ "inlineData": { "mimeType": media_type, "data": data } })
        }
        (None, ImageSource::Url(url)) => {
            let mut file = json!({ "fileUri": url });
            if let Some(media_type) = media_type(url) {
                merge(&mut file, json!({ "mimeType": media_type }));
            }
            json!({ "fileData": file })
        }
        (None, ImageSource::Inline { .. }) => Value::Null,
    }
}

/// By the ending of the address; the vendor finds out itself where that does not tell.
fn media_type(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?.to_ascii_lowercase();
    match path.rsplit('.').next()? {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        "heic" => Some("image/heic"),
        _ => None,
    }
}

/// The first call of a turn must carry a signature; the others of the same turn have none.
fn function_call(call: &ToolCall, first: bool, model: &str) -> Value {
    let mut inner = json!({ "name": call.name, "args": arguments_object(&call.arguments) });
    if let Some(id) = vendor_id(&call.id) {
        merge(&mut inner, json!({ "id": id }));
    }
    let mut part = json!({ "functionCall": inner });
    let own = call
        .signature
        .as_deref()
        .and_then(|proof| signature::own(VENDOR, proof));
    if let Some(proof) = own {
        part["thoughtSignature"] = proof.into();
    } else if first && thinking::wants_signatures(model) {
        part["thoughtSignature"] = NO_SIGNATURE.into();
    }
    part
}

/// The vendor matches results by name (and by its own id, where it gave one).
fn function_response(message: &Message, before: &[Message]) -> Value {
    let id = message.tool_call_id.as_deref().unwrap_or_default();
    let name = before
        .iter()
        .rev()
        .flat_map(|message| &message.tool_calls)
        .find(|call| call.id == id)
        .map(|call| call.name.as_str())
        .or(message.name.as_deref())
        .unwrap_or("unknown");
    let mut inner = json!({ "name": name, "response": result(&message.plain_text()) });
    if let Some(id) = vendor_id(id) {
        merge(&mut inner, json!({ "id": id }));
    }
    json!({ "functionResponse": inner })
}

/// The vendor takes objects only.
fn result(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(object @ Value::Object(_)) => object,
        Ok(other) => json!({ "result": other }),
        Err(_) => json!({ "result": text }),
    }
}

fn vendor_id(id: &str) -> Option<&str> {
    (!id.is_empty() && !id.starts_with(MADE_UP_ID)).then_some(id)
}
