//! How much a Claude model thinks, in the form its generation understands. Pure.
//!
//! Up to generation 4.5 thinking has a budget in tokens; from 4.6 on the model adapts to an effort;
//! from Opus 4.7 on budgets and sampling parameters are refused. What the caller passes through as
//! `thinking` or `output_config` wins over all this.

use super::VENDOR;
use crate::domain::{ChatRequest, Message, Part, Role, ToolChoice};
use crate::provider::translate::signature;
use serde_json::{Map, Value, json};

/// The vendor's least budget in tokens.
const LEAST_BUDGET_TOKENS: u32 = 1024;

/// Does the model take `temperature`, `top_p` and `top_k`?
pub fn takes_sampling(model: &str) -> bool {
    generation(model).is_none_or(|generation| generation < (4, 7))
}

/// Writes `thinking` and `output_config.effort` where the request asks for an effort.
pub fn apply(request: &ChatRequest, model: &str, max_tokens: u32, body: &mut Map<String, Value>) {
    let Some(effort) = request.sampling.reasoning_effort.as_deref() else {
        return;
    };
    if request.sampling.extra.contains_key("thinking") {
        return;
    }
    if effort == "none" {
        body.insert("thinking".into(), json!({ "type": "disabled" }));
        return;
    }
    // With a forced tool the vendor refuses to think.
    if matches!(
        request.tool_choice,
        ToolChoice::Required | ToolChoice::Named(_)
    ) && !request.tools.is_empty()
    {
        return;
    }
    match generation(model) {
        Some(generation) if generation >= (4, 6) => adaptive(effort, body),
        Some(generation) if generation >= (3, 7) && !goes_on_unthought(&request.messages) => {
            budget(effort, max_tokens, body);
        }
        _ => {}
    }
}

/// Models with a budget refuse to think where they continue a turn that holds no thought of theirs:
/// a turn begun by the caller, or one that waits for tools called by another vendor's model.
fn goes_on_unthought(messages: &[Message]) -> bool {
    let last = messages.last().map(|message| message.role);
    match last {
        Some(Role::Assistant) => true,
        Some(Role::Tool) => {
            let mut turns = messages.iter().rev();
            let caller = turns.find(|message| message.role == Role::Assistant);
            !caller.is_some_and(|message| message.parts.iter().any(is_own_thought))
        }
        _ => false,
    }
}

fn is_own_thought(part: &Part) -> bool {
    match part {
        Part::Reasoning { signature, .. } => signature
            .as_deref()
            .is_some_and(|proof| signature::own(VENDOR, proof).is_some()),
        Part::Text(_) | Part::Image(_) => false,
    }
}

fn adaptive(effort: &str, body: &mut Map<String, Value>) {
    let effort = if effort == "minimal" { "low" } else { effort };
    body.insert("thinking".into(), json!({ "type": "adaptive" }));
    body.insert("output_config".into(), json!({ "effort": effort }));
    without_sampling(body);
}

/// The budget must stay below `max_tokens`; where not even the least one fits, nothing is thought.
fn budget(effort: &str, max_tokens: u32, body: &mut Map<String, Value>) {
    let wish = match effort {
        "minimal" | "low" => LEAST_BUDGET_TOKENS,
        "medium" => 4096,
        _ => 16_384,
    };
    let budget = wish.min(max_tokens / 2);
    if budget < LEAST_BUDGET_TOKENS {
        return;
    }
    let thinking = json!({ "type": "enabled", "budget_tokens": budget });
    body.insert("thinking".into(), thinking);
    without_sampling(body);
}

/// A thinking model refuses sampling parameters.
fn without_sampling(body: &mut Map<String, Value>) {
    for key in ["temperature", "top_p", "top_k"] {
        body.remove(key);
    }
}

/// Major and minor version in a model name such as `claude-opus-4-6`, `claude-3-7-sonnet-20250219`,
/// `claude-sonnet-4@20250514`; `None` for names that do not tell (taken for old).
fn generation(model: &str) -> Option<(u32, u32)> {
    let rest = &model[model.find("claude")? + "claude".len()..];
    let mut numbers = rest
        .split(['-', '.', '@', ':', '_'])
        .skip_while(|word| version(word).is_none())
        .map(version);
    let major = numbers.next()??;
    let minor = numbers.next().flatten().unwrap_or(0);
    Some((major, minor))
}

/// A short number is a version; a long one is a date.
fn version(word: &str) -> Option<u32> {
    (word.len() <= 2).then(|| word.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_is_read_off_the_name() {
        for (model, expected) in [
            ("claude-3-haiku-20240307", Some((3, 0))),
            ("claude-3-7-sonnet-20250219", Some((3, 7))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-sonnet-4@20250514", Some((4, 0))),
            ("claude-opus-4-6", Some((4, 6))),
            ("anthropic/claude-opus-4.7", Some((4, 7))),
            ("claude-opus-5", Some((5, 0))),
            ("claude", None),
            ("my-model", None),
        ] {
            assert_eq!(generation(model), expected, "{model}");
        }
        assert!(takes_sampling("claude-sonnet-4-6"));
        assert!(!takes_sampling("claude-opus-4-7"));
        assert!(takes_sampling("my-model"));
    }
}
