//! Keeps keys and long texts out of messages. Vendors echo keys ("Incorrect API key provided:
//! sk-..."), so an upstream's words are never passed on as they are.

/// Longest message of an upstream that is passed on.
const MAX_CHARS: usize = 400;
/// How vendors' keys begin.
const PREFIXES: [&str; 10] = [
    "sk-", "sk_", "AIza", "gsk_", "xai-", "csk-", "ya29.", "eyJ", "key-", "tgp_",
];

/// The text on one line and shortened, with `secrets` and all that looks like a key masked.
#[must_use]
pub fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let words: Vec<String> = text.split_whitespace().map(mask_word).collect();
    let line = words.join(" ");
    if line.chars().count() <= MAX_CHARS {
        return line;
    }
    let short: String = line.chars().take(MAX_CHARS).collect();
    format!("{short} ...")
}

/// Masks a word from where a key begins. Keys hide in quotes, brackets and query strings.
fn mask_word(word: &str) -> String {
    let starts = PREFIXES.iter().filter_map(|prefix| {
        let at = word.find(prefix)?;
        let clean = !word[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let length = word[at..].chars().take_while(|c| is_key_char(*c)).count();
        (clean && length >= 8).then_some((at, length))
    });
    let Some((at, length)) = starts.min() else {
        return mask_query(word);
    };
    let end: usize = word[at..].chars().take(length).map(char::len_utf8).sum();
    format!("{}***{}", &word[..at], mask_word(&word[at + end..]))
}

/// `...?key=abc&x=1` becomes `...?key=***&x=1`.
fn mask_query(word: &str) -> String {
    let Some(at) = word.find("key=") else {
        return word.to_owned();
    };
    let (head, tail) = word.split_at(at + 4);
    let end = tail.find(['&', '"', '\'', ')']).unwrap_or(tail.len());
    format!("{head}***{}", &tail[end..])
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_survive() {
        let table = [
            (
                "Incorrect API key provided: sk-proj-abc****xyz. You can find",
                "Incorrect API key provided: *** You can find",
            ),
            ("(key 'AIzaSyD12345678')", "(key '***')"),
            (
                "GET https://x/y?key=abc123&alt=sse",
                "GET https://x/y?key=***&alt=sse",
            ),
            ("my own hunter2 here", "my own *** here"),
            (
                "the task-list asks: risk-free",
                "the task-list asks: risk-free",
            ),
            ("two sk-aaaaaaaa,sk-bbbbbbbb", "two ***,***"),
            ("line\nbreak\t tabs", "line break tabs"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, &["hunter2"]), expected, "{text}");
        }
        assert!(redact(&"word ".repeat(1000), &[]).len() < 410);
    }
}
