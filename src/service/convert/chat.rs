//! What to ask: wire -> domain.

use super::{
    check::{Check, Path},
    form,
    message::message,
};
use crate::{
    domain::{ChatRequest, Message, Role},
    proto,
};
use std::collections::HashSet;

/// Messages of a conversation at most.
const MAX_MESSAGES: usize = 4096;
/// Tools at most.
const MAX_TOOLS: usize = 128;

/// A checked chat. `max_text_bytes` bounds all its texts together.
pub fn chat(
    check: &mut Check,
    path: Path<'_>,
    wire: Option<proto::Chat>,
    max_text_bytes: usize,
) -> ChatRequest {
    let Some(wire) = wire else {
        check.fail(
            path,
            "is missing: give a chat with a prompt or with messages",
        );
        return ChatRequest::default();
    };
    let messages = messages(check, path, wire.prompt, wire.messages);
    check.at_most_items(path.field("tools"), &wire.tools, MAX_TOOLS);
    let mut names = HashSet::new();
    let tools: Vec<_> = wire
        .tools
        .into_iter()
        .enumerate()
        .map(|(i, tool)| form::tool(check, path.field("tools").index(i), tool, &mut names))
        .collect();
    let chat = ChatRequest {
        tool_choice: form::tool_choice(check, path.field("tool_choice"), wire.tool_choice, &tools),
        parallel_tool_calls: wire.parallel_tool_calls,
        response_format: form::response_format(
            check,
            path.field("response_format"),
            wire.response_format,
        ),
        sampling: form::sampling(check, path.field("sampling"), wire.sampling),
        messages,
        tools,
    };
    let found = chat.text_bytes();
    if found > max_text_bytes {
        check.fail(
            path,
            format!("has {found} bytes of text: at most {max_text_bytes} are accepted; shorten it"),
        );
    }
    chat
}

fn messages(
    check: &mut Check,
    path: Path<'_>,
    prompt: Option<String>,
    wire: Vec<proto::Message>,
) -> Vec<Message> {
    match (prompt, wire.is_empty()) {
        (Some(_), false) => {
            check.fail(path, "has both `prompt` and `messages`: give one of them");
            Vec::new()
        }
        (Some(prompt), true) => {
            if prompt.trim().is_empty() {
                check.fail(path.field("prompt"), "is empty: give the text of a prompt");
            }
            vec![Message::text(Role::User, prompt)]
        }
        (None, true) => {
            check.fail(
                path,
                "has neither `prompt` nor `messages`: give one of them",
            );
            Vec::new()
        }
        (None, false) => conversation(check, path.field("messages"), wire),
    }
}

fn conversation(check: &mut Check, path: Path<'_>, wire: Vec<proto::Message>) -> Vec<Message> {
    check.at_most_items(path, &wire, MAX_MESSAGES);
    let messages: Vec<Message> = wire
        .into_iter()
        .enumerate()
        .map(|(i, turn)| message(check, path.index(i), turn))
        .collect();
    let asks = messages
        .iter()
        .any(|message| message.role != Role::System && message.has_content());
    if !asks {
        check.fail(
            path,
            "have no content: at least one user, assistant or tool message must say something",
        );
    }
    messages
}
