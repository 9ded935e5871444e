//! What of an answer is compared.

use crate::domain::Completion;
use std::collections::BTreeSet;

/// Longest answer, after normalisation, that must match exactly.
const SHORT_CHARS: usize = 64;

/// An answer in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ballot {
    /// Agrees with the same text only.
    Exact(String),
    /// Agrees with similar texts; the text itself stays outside.
    Long,
}

impl Ballot {
    /// The ballot of an answer. Tool calls must match by name and arguments, whatever the order of
    /// the arguments' keys.
    #[must_use]
    pub fn of(answer: &Completion) -> Self {
        if !answer.tool_calls.is_empty() {
            let calls = answer.tool_calls.iter().map(|call| {
                let arguments = serde_json::from_str(&call.arguments);
                let arguments =
                    arguments.map_or_else(|_| call.arguments.clone(), |value| canonical(&value));
                format!("{}({arguments})", call.name)
            });
            return Self::Exact(calls.collect::<Vec<_>>().join(";"));
        }
        let text = normalised(&answer.text());
        if text.chars().count() <= SHORT_CHARS {
            Self::Exact(text)
        } else {
            Self::Long
        }
    }
}

/// JSON with sorted keys.
fn canonical(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(object) => {
            let mut pairs: Vec<_> = object.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            let pairs = pairs
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        serde_json::Value::Array(items) => {
            let items = items.iter().map(canonical);
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// Lower case, single spaces, without emphasis, quotes, thousands' commas and closing marks.
fn normalised(text: &str) -> String {
    let lower = text.to_lowercase();
    let chars: Vec<char> = lower
        .chars()
        .filter(|c| !matches!(c, '*' | '`' | '"' | '_'))
        .collect();
    let mut kept = String::new();
    for (i, c) in chars.iter().enumerate() {
        let digit = |place: Option<usize>| {
            place
                .and_then(|place| chars.get(place))
                .is_some_and(char::is_ascii_digit)
        };
        if *c != ',' || !(digit(i.checked_sub(1)) && digit(Some(i + 1))) {
            kept.push(*c);
        }
    }
    let words: Vec<&str> = kept.split_whitespace().collect();
    let line = words.join(" ");
    line.trim_matches(|c: char| matches!(c, '.' | '!' | ',' | ';' | ':' | '\''))
        .trim()
        .to_owned()
}

/// Do two texts differ in what similar words hide: in their numbers, or in how often they say no?
#[must_use]
pub fn contradict(a: &str, b: &str) -> bool {
    let told = |text: &str| {
        let lower = normalised(text);
        let words = lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '.')));
        let words: Vec<&str> = words
            .map(|word| word.trim_matches(|c| matches!(c, '.' | '\'')))
            .collect();
        let numbers: BTreeSet<String> = words
            .iter()
            .filter(|word| word.chars().any(|c| c.is_ascii_digit()))
            .map(|word| (*word).to_owned())
            .collect();
        let noes = words.iter().filter(|word| is_no(word)).count();
        (numbers, noes % 2)
    };
    told(a) != told(b)
}

fn is_no(word: &str) -> bool {
    word.ends_with("n't")
        || word.ends_with("n\u{2019}t")
        || matches!(
            word,
            "no" | "not" | "never" | "none" | "cannot" | "neither" | "nor" | "without"
        )
}

/// A measure for where no embedding is at hand: shared words over all words.
#[must_use]
pub fn lexical_similarity(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> BTreeSet<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let all = a.union(&b).count();
    if all == 0 {
        1.0
    } else {
        a.intersection(&b).count() as f64 / all as f64
    }
}
