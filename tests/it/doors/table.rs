//! The tables' form: parsing, and comparing what came back with what must.

use std::collections::BTreeMap;

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: String,
    /// All that was said.
    pub words: String,
    /// Of that, the standard output.
    pub out: String,
}

impl Answer {
    pub fn new(status: impl ToString, words: impl Into<String>) -> Self {
        Self {
            status: status.to_string(),
            words: words.into(),
            out: String::new(),
        }
    }
}

/// One call and what must come back.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is about.
    pub case: String,
    pub door: String,
    pub call: String,
    pub status: String,
    words: Vec<String>,
}

impl Row {
    /// The same with another call.
    pub fn with(&self, call: &str) -> Self {
        Self {
            call: call.to_owned(),
            ..self.clone()
        }
    }

    /// What is wrong with this answer, or nothing.
    /// Words are looked for as `names` fills them in.
    pub fn complaint(
        &self,
        answer: &Answer,
        names: &BTreeMap<&'static str, String>,
    ) -> Option<String> {
        let wanted = self.words.iter().map(|word| filled(word, names));
        let missing: Vec<String> = wanted.filter(|word| !answer.words.contains(word)).collect();
        let panicked = answer.words.contains("panicked at");
        if answer.status == self.status && missing.is_empty() && !panicked {
            return None;
        }
        let Self {
            case, door, call, ..
        } = self;
        let call: String = call.chars().take(200).collect();
        let words: String = answer.words.chars().take(1500).collect();
        Some(format!(
            "== {case}\n{door} {call}\n  wanted {}, without {missing:?}\n  {}: {words}\n",
            self.status, answer.status
        ))
    }
}

/// The rows of a table.
pub fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut case = String::new();
    let mut call: Option<(&str, &str)> = None;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        if let Some(heading) = line.strip_prefix("== ") {
            case = heading.to_owned();
        } else if let Some(expected) = line.strip_prefix("  ") {
            let (status, words) = expected.split_once(':').unwrap_or((expected, ""));
            let (door, call) = call.take().unwrap_or_else(|| panic!("no call: {line}"));
            let words = words.split(" | ").map(str::trim);
            rows.push(Row {
                case: case.clone(),
                door: door.to_owned(),
                call: call.to_owned(),
                status: status.to_owned(),
                words: words
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            });
        } else {
            assert!(call.is_none(), "nothing is expected of {call:?}");
            call = Some(line.split_once(' ').unwrap_or((line, "")));
        }
    }
    assert!(call.is_none(), "nothing is expected of {call:?}");
    rows
}

/// Puts in what the test has prepared.
pub fn filled(call: &str, names: &BTreeMap<&'static str, String>) -> String {
    let mut text = call.to_owned();
    for (name, value) in names {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// The bytes of a text with `\xff` in it.
pub fn raw(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\xff");
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        bytes.push(0xff);
        bytes.extend(part.as_bytes());
    }
    bytes
}

/// Words as a shell parts them, with double quotes.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in text.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
