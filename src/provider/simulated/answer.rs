//! What a simulated model writes: a short stand-in for an answer, good or poor as the judge will say.
//!
//! Good answers depend on the prompt alone, so that good models agree with each other, as they do
//! on questions with one right answer; poor ones differ from model to model.

use super::{grade::POOR_BELOW, grade::quality, kind::Kind, noise, profile::Profile, sample};
use crate::domain::{ChatRequest, ResponseFormat, Tool, ToolCall, ToolChoice};

/// Text and tool calls of one answer; one of the two is empty.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
}

/// This model's answer to this request.
pub(super) fn answer(request: &ChatRequest, profile: &Profile, seed: u64) -> Answer {
    let prompt = request.prompt();
    if let Some(tool) = wanted_tool(request, &prompt) {
        return Answer {
            text: String::new(),
            tool_calls: vec![call(tool, &prompt, seed)],
        };
    }
    let poor = quality(&prompt, profile, seed) < POOR_BELOW;
    Answer {
        text: match &request.response_format {
            ResponseFormat::Text => prose(&prompt, profile, seed, poor),
            ResponseFormat::JsonObject => json("{\"answer\":\"simulated\"}".into(), poor),
            ResponseFormat::JsonSchema { schema, .. } => {
                json(sample::of_schema(schema).to_string(), poor)
            }
        },
        tool_calls: Vec::new(),
    }
}

/// A tool is called where it must be, or where the prompt names it and the results are not in yet.
fn wanted_tool<'a>(request: &'a ChatRequest, prompt: &str) -> Option<&'a Tool> {
    let answered = request
        .messages
        .last()
        .is_some_and(|message| message.tool_call_id.is_some());
    match &request.tool_choice {
        ToolChoice::None => None,
        ToolChoice::Named(name) => request.tools.iter().find(|tool| tool.name == *name),
        ToolChoice::Required => request.tools.first(),
        ToolChoice::Auto if answered => None,
        ToolChoice::Auto => request.tools.iter().find(|t| prompt.contains(&t.name)),
    }
}

fn call(tool: &Tool, prompt: &str, seed: u64) -> ToolCall {
    ToolCall {
        id: format!("call_{:016x}", noise::word(seed, &[&tool.name, prompt])),
        name: tool.name.clone(),
        arguments: sample::of_schema(&tool.parameters).to_string(),
        signature: None,
    }
}

/// A poor model wraps its JSON in talk, which breaks the format that was asked for.
fn json(value: String, poor: bool) -> String {
    if poor {
        format!("Sure! Here is the JSON you asked for:\n{value}")
    } else {
        value
    }
}

fn prose(prompt: &str, profile: &Profile, seed: u64, poor: bool) -> String {
    let kind = Kind::of(prompt);
    if poor {
        let texts = poor_texts(kind);
        texts[noise::choice(seed, &["poor", profile.name, prompt], texts.len())].to_owned()
    } else {
        let texts = good_texts(kind);
        texts[noise::choice(seed, &["good", prompt], texts.len())].to_owned()
    }
}

fn good_texts(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Code => &[
            "def solve(items):\n    seen = set()\n    return [x for x in items if not (x in seen or seen.add(x))]\n\nIt keeps the order and runs in linear time.",
            "The value is moved before it is read. Take a reference, or clone it where both sides need it; the borrow then ends with the call.",
            "Start with a test that fails, then bisect the last ten commits: `git bisect run make test` finds the change in four steps.",
        ],
        Kind::Mathematics => &[
            "Write the condition as an equation, move all terms to one side and factor: the product is 0, so one factor is 0. Checking both roots confirms them.",
            "By induction: the claim holds for n = 1; if it holds for n, adding the next term gives the formula for n + 1. Hence it holds for all n.",
            "Count the complement: the probability of no success is the product of the single ones, so the answer is 1 minus that product.",
        ],
        Kind::Extraction => &[
            "{\"name\": \"as given\", \"date\": \"2026-03-01\", \"amount\": 420.0}",
            "[\"first\", \"second\", \"third\"]",
            "field,value\nname,as given\nstatus,open",
        ],
        Kind::Summarising => &[
            "The matter is settled in substance; two details are open and will be decided at the next meeting.",
            "Three points: it works, it is late by a week, and the cost stays within the plan.",
        ],
        Kind::Creative => &[
            "The harbour held its breath; one gull wrote a line across the snow,\nand nobody corrected it.",
            "There once was a clock with a cough,\nthat ticked for a while and broke off;\nit said with a wheeze:\n\"A drop of oil, please,\"\nand struck thirteen times, like a toff.",
            "She had hidden the map where nobody looks for maps: on the wall, framed, in plain sight.",
        ],
        Kind::Factual => &[
            "In one sentence: the standard reference works agree on this, and name the same place and year.",
            "It is the first of the two usually named, since the middle of the nineteenth century.",
        ],
        Kind::Translation => &[
            "Here is the sentence in the language you asked for, in the same register and tense.",
            "Literally it means the same; a native speaker would choose the shorter form.",
        ],
        Kind::Planning => &[
            "1. Write down what must be true at the end. 2. Order the steps by what blocks what. 3. Put the riskiest first. 4. Keep a day in reserve.",
            "Two options survive the constraints. The second costs less and can be undone; start with it and review after four weeks.",
        ],
    }
}

fn poor_texts(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Code => &[
            "You could try restarting it, or search for the message on the internet.",
            "def solve(x):\n    pass  # left as an exercise",
            "It depends on the language. Usually a loop helps.",
        ],
        Kind::Mathematics => &[
            "The answer is probably 42.",
            "It is about a half, give or take.",
            "This follows at once from the definition.",
        ],
        Kind::Extraction => &[
            "The text mentions several things, among them a name and possibly a date.",
            "I found some values. Tell me if you want them in a table.",
        ],
        Kind::Creative => &[
            "Roses are red, violets are blue, this is a poem, written for you.",
            "Once upon a time there was a thing. The end.",
            "As a language model I can suggest that poems often rhyme.",
        ],
        Kind::Summarising | Kind::Factual | Kind::Translation | Kind::Planning => &[
            "That is a good question with many aspects.",
            "It depends on the circumstances, so it is hard to say.",
            "There are several possibilities; please ask an expert.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Message, Role};
    use serde_json::json;

    fn request(prompt: &str) -> ChatRequest {
        ChatRequest {
            messages: vec![Message::text(Role::User, prompt)],
            ..ChatRequest::default()
        }
    }

    fn profile(name: &str) -> &'static Profile {
        Profile::named(name).unwrap()
    }

    #[test]
    fn good_models_agree_and_poor_ones_do_not_pass_for_them() {
        let prompt = Kind::Factual.prompts().next().unwrap();
        let text = |name| answer(&request(prompt), profile(name), 1).text;
        assert_eq!(text("atlas"), text("wisp"));
        assert_ne!(text("atlas"), text("forge"));
    }

    #[test]
    fn a_schema_is_kept_by_a_good_model_and_broken_by_a_poor_one() {
        let mut request = request(Kind::Extraction.prompts().next().unwrap());
        request.response_format = ResponseFormat::JsonSchema {
            name: "person".into(),
            schema: json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}),
            strict: None,
        };
        let parsed = |name| {
            let text = answer(&request, profile(name), 1).text;
            serde_json::from_str::<serde_json::Value>(&text)
        };
        assert!(parsed("sift").unwrap()["name"].is_string());
        assert!(parsed("quill").is_err());
    }

    #[test]
    fn a_tool_is_called_when_it_must_be() {
        let mut request = request("What is the weather?");
        request.tools = vec![Tool {
            name: "get_weather".into(),
            description: None,
            parameters: json!({"type": "object", "properties": {"city": {"type": "string"}}}),
            strict: None,
        }];
        assert!(answer(&request, profile("wisp"), 1).tool_calls.is_empty());
        request.tool_choice = ToolChoice::Required;
        let calls = answer(&request, profile("wisp"), 1).tool_calls;
        assert_eq!(calls[0].name, "get_weather");
        assert_eq!(calls[0].arguments, r#"{"city":"example"}"#);
    }
}
