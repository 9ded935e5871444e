//! What a Gemini model of some generation understands. Pure.

use serde_json::{Value, json};

/// How much to think: generation 3 and later take a level, 2.5 a budget in tokens (the vendor's own
/// numbers for OpenAI's efforts), earlier ones do not think.
pub fn config(effort: &str, model: &str) -> Option<Value> {
    match generation(model) {
        None => Some(level(effort)),
        Some(generation) if generation >= (3, 0) => Some(level(effort)),
        Some(generation) if generation >= (2, 5) => Some(budget(effort)),
        Some(_) => None,
    }
}

fn level(effort: &str) -> Value {
    let level = match effort {
        "none" => "minimal",
        "xhigh" | "max" => "high",
        other => other,
    };
    json!({ "thinkingLevel": level })
}

fn budget(effort: &str) -> Value {
    let tokens = match effort {
        "none" => 0,
        "minimal" | "low" => 1024,
        "medium" => 8192,
        _ => 24_576,
    };
    json!({ "thinkingBudget": tokens })
}

/// Does it take JSON schemas as they are, beside the older OpenAPI subset?
pub fn takes_json_schema(model: &str) -> bool {
    generation(model).is_none_or(|generation| generation >= (2, 5))
}

/// Does it refuse an earlier function call without a signature?
pub fn wants_signatures(model: &str) -> bool {
    generation(model).is_some_and(|generation| generation >= (3, 0))
}

/// The version in `gemini-2.5-flash`; `None` for names that do not tell (taken for new).
fn generation(model: &str) -> Option<(u32, u32)> {
    let rest = model.split("gemini-").nth(1)?;
    let version = rest.split('-').next()?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((major.parse().ok()?, minor.parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_is_read_off_the_name() {
        for (model, expected) in [
            ("gemini-pro", None),
            ("gemini-1.5-pro-002", Some((1, 5))),
            ("gemini-2.0-flash", Some((2, 0))),
            ("models/gemini-2.5-flash-lite", Some((2, 5))),
            ("gemini-3-pro-preview", Some((3, 0))),
            ("gemini-3.1-pro-preview", Some((3, 1))),
            ("gemini-flash-latest", None),
            ("gemma-3-27b-it", None),
        ] {
            assert_eq!(generation(model), expected, "{model}");
        }
    }

    #[test]
    fn effort_is_a_level_or_a_budget() {
        for (effort, model, expected) in [
            ("low", "gemini-3-pro", Some(json!({"thinkingLevel": "low"}))),
            (
                "none",
                "gemini-2.5-flash",
                Some(json!({"thinkingBudget": 0})),
            ),
            (
                "high",
                "gemini-2.5-flash",
                Some(json!({"thinkingBudget": 24576})),
            ),
            ("high", "gemini-1.5-pro", None),
        ] {
            assert_eq!(config(effort, model), expected, "{effort} {model}");
        }
    }
}
