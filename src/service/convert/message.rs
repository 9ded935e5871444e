//! One turn of a conversation: wire -> domain, and back for answers.

use super::{
    check::{Check, Path, present},
    json,
};
use crate::{
    domain::{ImageSource, Message, Part, Role, ToolCall},
    proto,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A checked turn.
pub fn message(check: &mut Check, path: Path<'_>, wire: proto::Message) -> Message {
    let role = role(check, path.field("role"), wire.role);
    let mut parts: Vec<Part> = wire.text.map(Part::Text).into_iter().collect();
    for (i, part) in wire.parts.into_iter().enumerate() {
        parts.extend(from_part(check, path.field("parts").index(i), part));
    }
    let tool_call_id = present(wire.tool_call_id);
    if role == Role::Tool && tool_call_id.is_none() {
        check.fail(
            path.field("tool_call_id"),
            "is missing: a tool message names the call it answers",
        );
    }
    if role != Role::Assistant && !wire.tool_calls.is_empty() {
        check.fail(
            path.field("tool_calls"),
            "belong to assistant messages only",
        );
    }
    Message {
        role,
        parts,
        tool_calls: wire
            .tool_calls
            .into_iter()
            .enumerate()
            .map(|(i, call)| tool_call(check, path.field("tool_calls").index(i), call))
            .collect(),
        tool_call_id,
        name: present(wire.name),
    }
}

fn role(check: &mut Check, path: Path<'_>, wire: i32) -> Role {
    match proto::Role::try_from(wire) {
        Ok(proto::Role::System) => Role::System,
        Ok(proto::Role::User) => Role::User,
        Ok(proto::Role::Assistant) => Role::Assistant,
        Ok(proto::Role::Tool) => Role::Tool,
        Ok(proto::Role::Unspecified) => {
            check.fail(
                path,
                "is missing: expected one of ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL",
            );
            Role::User
        }
        Err(_) => {
            check.fail(
                path,
                format!("is {wire}: expected 1 to 4 (system, user, assistant, tool)"),
            );
            Role::User
        }
    }
}

fn from_part(check: &mut Check, path: Path<'_>, wire: proto::Part) -> Option<Part> {
    use proto::part::Part as Wire;
    match wire.part {
        Some(Wire::Text(text)) => Some(Part::Text(text)),
        Some(Wire::Image(image)) => from_image(check, path.field("image"), image),
        Some(Wire::Reasoning(reasoning)) => Some(Part::Reasoning {
            text: reasoning.text,
            signature: present(reasoning.signature),
        }),
        None => {
            check.fail(path, "is empty: give one of text, image, reasoning");
            None
        }
    }
}

fn from_image(check: &mut Check, path: Path<'_>, wire: proto::Image) -> Option<Part> {
    use proto::image::Source;
    let source = match wire.source {
        Some(Source::Url(url)) => {
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                check.fail(path.field("url"), "is not an http or https address");
            }
            ImageSource::Url(url)
        }
        Some(Source::Inline(inline)) => {
            if !inline.media_type.starts_with("image/") {
                check.fail(
                    path.field("inline.media_type"),
                    "is not an image type: expected for example image/png",
                );
            }
            if inline.data.is_empty() {
                check.fail(path.field("inline.data"), "is empty");
            }
            ImageSource::Inline {
                media_type: inline.media_type,
                data: STANDARD.encode(&inline.data),
            }
        }
        None => {
            check.fail(path, "is empty: give one of url, inline");
            return None;
        }
    };
    Some(Part::Image(source))
}

fn tool_call(check: &mut Check, path: Path<'_>, wire: proto::ToolCall) -> ToolCall {
    if wire.name.is_empty() {
        check.fail(path.field("name"), "is missing");
    }
    json::valid(check, path.field("arguments_json"), &wire.arguments_json);
    ToolCall {
        id: wire.id,
        name: wire.name,
        arguments: wire.arguments_json,
        signature: present(wire.signature),
    }
}

/// A part for the wire. Inline images that are not base 64 (no dialect makes any) become empty.
#[must_use]
pub fn to_part(part: Part) -> proto::Part {
    use proto::part::Part as Wire;
    let wire = match part {
        Part::Text(text) => Wire::Text(text),
        Part::Image(ImageSource::Url(url)) => Wire::Image(proto::Image {
            source: Some(proto::image::Source::Url(url)),
        }),
        Part::Image(ImageSource::Inline { media_type, data }) => Wire::Image(proto::Image {
            source: Some(proto::image::Source::Inline(proto::InlineImage {
                media_type,
                data: STANDARD.decode(data).unwrap_or_default(),
            })),
        }),
        Part::Reasoning { text, signature } => {
            Wire::Reasoning(proto::Reasoning { text, signature })
        }
    };
    proto::Part { part: Some(wire) }
}

/// A tool call for the wire.
#[must_use]
pub fn to_tool_call(call: ToolCall) -> proto::ToolCall {
    proto::ToolCall {
        id: call.id,
        name: call.name,
        arguments_json: call.arguments,
        signature: call.signature,
    }
}
