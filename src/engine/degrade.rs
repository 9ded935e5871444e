//! What a request needs of an arm, and the request without what no arm has: tools, images, a JSON
//! schema, the oldest turns. Pure. Only where the configuration, the policy or the request asks for
//! it; the decision tells what was dropped.
//!
//! Leaves out what cannot be mended: a last message that alone is too long is refused all the same.

use crate::domain::{Capabilities, ChatRequest, Message, Need, Part, ResponseFormat, Role};

/// What the arm lacks for this request, in the order of [`Need`].
pub(crate) fn lacks(able: &Capabilities, chat: &ChatRequest) -> Vec<Need> {
    let schema = matches!(chat.response_format, ResponseFormat::JsonSchema { .. });
    let too_long = |room_tokens: u64| room_tokens < chat.estimated_input_tokens();
    let short = |need: &Need| match need {
        Need::JsonSchema => schema && !able.json_schema,
        Need::Context => room_tokens(able, chat).is_some_and(too_long),
        Need::Tools => !chat.tools.is_empty() && !able.tools,
        Need::Images => chat.has_images() && !able.vision,
    };
    Need::ALL.into_iter().filter(short).collect()
}

/// Input tokens that fit beside the output asked for; `None` = not known.
fn room_tokens(able: &Capabilities, chat: &ChatRequest) -> Option<u64> {
    let wanted = u64::from(chat.sampling.max_tokens.unwrap_or(0));
    able.context_tokens
        .map(|limit| u64::from(limit).saturating_sub(wanted))
}

/// Why an arm that lacks this is left out, in plain words.
pub(crate) fn reason(need: Need, able: &Capabilities, chat: &ChatRequest) -> String {
    match need {
        Need::JsonSchema => "takes no JSON schema".to_owned(),
        Need::Tools => "takes no tools".to_owned(),
        Need::Images => "takes no images".to_owned(),
        Need::Context => format!(
            "takes {} tokens; the request has about {} and asks for {}",
            able.context_tokens.unwrap_or(0),
            chat.estimated_input_tokens(),
            chat.sampling.max_tokens.unwrap_or(0)
        ),
    }
}

/// The request without the least that some arm lacks, and what that is. `None` where an arm lacks
/// nothing, or where leaving out does not help.
pub(crate) fn lessen<'a>(
    arms: impl Iterator<Item = &'a Capabilities>,
    chat: &ChatRequest,
) -> Option<(ChatRequest, Vec<Need>)> {
    let loss = |needs: &[Need]| needs.iter().map(|need| 1_u32 << *need as u32).sum::<u32>();
    let (able, dropped) =
        arms.map(|able| (able, lacks(able, chat)))
            .min_by_key(|(able, needs)| {
                (
                    loss(needs),
                    std::cmp::Reverse(able.context_tokens.unwrap_or(u32::MAX)),
                )
            })?;
    if dropped.is_empty() {
        return None;
    }
    let mut less = chat.clone();
    for need in &dropped {
        match need {
            Need::JsonSchema => ask_in_words(&mut less),
            Need::Tools => tell_of_tools(&mut less),
            Need::Images => tell_of_images(&mut less),
            Need::Context => {}
        }
    }
    if dropped.contains(&Need::Context) {
        shorten(&mut less, room_tokens(able, chat)?)?;
    }
    lacks(able, &less).is_empty().then_some((less, dropped))
}

/// The schema as an instruction instead of a parameter.
fn ask_in_words(chat: &mut ChatRequest) {
    let format = std::mem::take(&mut chat.response_format);
    if let ResponseFormat::JsonSchema { schema, .. } = format {
        let words =
            format!("Answer with nothing but JSON that follows this JSON schema:\n{schema}");
        chat.messages.insert(0, Message::text(Role::System, words));
    }
}

/// No tools; earlier calls and their results stay in the conversation as text.
fn tell_of_tools(chat: &mut ChatRequest) {
    chat.tools.clear();
    chat.tool_choice = Default::default();
    chat.parallel_tool_calls = None;
    for message in &mut chat.messages {
        for call in std::mem::take(&mut message.tool_calls) {
            let words = format!("[called {} with {}]", call.name, call.arguments);
            message.parts.push(Part::Text(words));
        }
        if message.role == Role::Tool {
            let name = message.name.take().unwrap_or_else(|| "a tool".to_owned());
            let words = format!("[result of {name}] {}", message.plain_text());
            *message = Message::text(Role::User, words);
        }
    }
}

fn tell_of_images(chat: &mut ChatRequest) {
    let parts = chat.messages.iter_mut().flat_map(|one| &mut one.parts);
    for part in parts.filter(|part| matches!(part, Part::Image(_))) {
        *part = Part::Text("[an image was left out]".to_owned());
    }
}

/// Leaves the oldest turns out until the rest has room: never instructions, never the last turn of
/// the caller or what follows it, and no result of a tool whose call is gone.
fn shorten(chat: &mut ChatRequest, room_tokens: u64) -> Option<()> {
    while chat.estimated_input_tokens() > room_tokens {
        let last = chat
            .messages
            .iter()
            .rposition(|one| one.role == Role::User)?;
        let oldest = chat
            .messages
            .iter()
            .position(|one| one.role != Role::System)?;
        if oldest >= last {
            return None;
        }
        chat.messages.remove(oldest);
        while chat
            .messages
            .get(oldest)
            .is_some_and(|one| one.role == Role::Tool)
        {
            chat.messages.remove(oldest);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ImageSource, Tool, ToolCall, ToolChoice};

    fn able(marks: &str, context_tokens: Option<u32>) -> Capabilities {
        Capabilities {
            vision: marks.contains('v'),
            tools: marks.contains('t'),
            json_schema: marks.contains('j'),
            context_tokens,
            ..Capabilities::default()
        }
    }

    fn asking(marks: &str) -> ChatRequest {
        let mut chat = ChatRequest {
            messages: vec![
                Message::text(Role::System, "Be brief."),
                Message::text(Role::User, "x".repeat(400)),
                Message::text(Role::Assistant, "y".repeat(400)),
                Message::text(Role::User, "What is in the picture?"),
            ],
            ..ChatRequest::default()
        };
        if marks.contains('v') {
            let image = Part::Image(ImageSource::Url("https://example.com/a.png".to_owned()));
            chat.messages[3].parts.push(image);
        }
        if marks.contains('t') {
            chat.tools = vec![Tool {
                name: "look".to_owned(),
                description: None,
                parameters: serde_json::json!({}),
                strict: None,
            }];
            chat.tool_choice = ToolChoice::Required;
        }
        if marks.contains('j') {
            chat.response_format = ResponseFormat::JsonSchema {
                name: "answer".to_owned(),
                schema: serde_json::json!({"type": "object"}),
                strict: None,
            };
        }
        chat
    }

    #[test]
    fn the_least_is_dropped_that_some_arm_lacks() {
        // (the request's needs, arms, what is dropped)
        for (needs, arms, dropped) in [
            ("v", vec![able("vtj", None)], "nothing"),
            ("v", vec![able("tj", None)], "images"),
            ("vt", vec![able("v", None), able("t", None)], "tools"),
            ("tj", vec![able("t", None), able("j", None)], "json_schema"),
            ("vtj", vec![able("", None)], "json_schema tools images"),
            ("", vec![able("vtj", Some(100))], "context"),
            (
                "",
                vec![able("vtj", Some(100)), able("vtj", Some(150))],
                "context",
            ),
            ("", vec![able("vtj", Some(5))], "cannot"),
            ("j", vec![able("vt", Some(60))], "json_schema context"),
        ] {
            let chat = asking(needs);
            let told = match lessen(arms.iter(), &chat) {
                Some((less, dropped)) => {
                    assert!(arms.iter().any(|able| lacks(able, &less).is_empty()));
                    let names: Vec<&str> = dropped.into_iter().map(Need::as_str).collect();
                    names.join(" ")
                }
                None if arms.iter().any(|able| lacks(able, &chat).is_empty()) => "nothing".into(),
                None => "cannot".into(),
            };
            assert_eq!(told, dropped, "{needs} {arms:?}");
        }
    }

    #[test]
    fn what_is_left_says_what_was_there() {
        let mut chat = asking("vtj");
        chat.messages[2].tool_calls = vec![ToolCall {
            id: "1".to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
            signature: None,
        }];
        let mut result = Message::text(Role::Tool, "a cat");
        result.tool_call_id = Some("1".to_owned());
        chat.messages.insert(3, result);
        let (less, _) = lessen([able("", None)].iter(), &chat).unwrap();
        let text: Vec<String> = less.messages.iter().map(Message::plain_text).collect();
        assert!(text[0].contains("{\"type\":\"object\"}"), "{}", text[0]);
        assert!(text[3].ends_with("[called look with {}]"));
        assert_eq!(text[4], "[result of a tool] a cat");
        assert!(text[5].ends_with("[an image was left out]"));
        assert!(less.messages.iter().all(|one| one.role != Role::Tool));
        assert_eq!(less.tool_choice, ToolChoice::Auto);
    }

    #[test]
    fn the_oldest_turns_go_first_and_instructions_stay() {
        let (less, _) = lessen([able("", Some(150))].iter(), &asking("")).unwrap();
        let roles: Vec<Role> = less.messages.iter().map(|one| one.role).collect();
        assert_eq!(roles, [Role::System, Role::Assistant, Role::User]);
    }
}
