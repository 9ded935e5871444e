//! Long prompts, cut before any work is done on them: the head and the tail are kept, since what a
//! prompt asks for stands at its beginning or at its end.
//!
//! Two cuts: by bytes, for both embedders (so that a prompt of 10 MB costs what one of 6 kB does),
//! and by tokens, for the transformer's window.

use super::WordPiece;
use std::borrow::Cow;

/// Bytes kept of a long text's beginning.
const HEAD_BYTES: usize = 4096;
/// Bytes kept of its end.
const TAIL_BYTES: usize = 2048;
/// How far a cut moves to meet a blank.
const SLACK_BYTES: usize = 64;
/// What has no blanks is measured in parts of this length.
const PART_BYTES: usize = 32;

/// The text, or its head and tail where it is longer than both.
pub(super) fn to_bytes(text: &str) -> Cow<'_, str> {
    if text.len() <= HEAD_BYTES + TAIL_BYTES {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let tail = &text[text.ceil_char_boundary(text.len() - TAIL_BYTES)..];
    let head = match head.rfind(char::is_whitespace) {
        Some(blank) if head.len() - blank <= SLACK_BYTES => &head[..blank],
        _ => head,
    };
    let tail = match tail.find(char::is_whitespace) {
        Some(blank) if blank <= SLACK_BYTES => &tail[blank..],
        _ => tail,
    };
    Cow::Owned([head, tail].join("\n"))
}

/// The text, or its first words of two thirds of `limit_tokens` and its last words of the rest.
pub(super) fn to_tokens<'a>(
    text: &'a str,
    limit_tokens: usize,
    vocabulary: &WordPiece,
) -> Cow<'a, str> {
    if text.len() <= limit_tokens {
        return Cow::Borrowed(text); // a token has a byte at least
    }
    let words = counted(text, vocabulary);
    if words.iter().map(|word| word.tokens).sum::<usize>() <= limit_tokens {
        return Cow::Borrowed(text);
    }
    let head_tokens = limit_tokens * 2 / 3;
    let head = fitting_bytes(words.iter(), head_tokens);
    let tail = fitting_bytes(words.iter().rev(), limit_tokens - head_tokens);
    Cow::Owned([&text[..head], &text[text.len() - tail..]].join("\n"))
}

struct Word {
    bytes: usize,
    tokens: usize,
}

/// The text between blanks; what has no blanks (a link, Chinese) in parts.
fn counted(text: &str, vocabulary: &WordPiece) -> Vec<Word> {
    let mut ids = Vec::new();
    let mut words = Vec::new();
    for mut word in text.split_inclusive(char::is_whitespace) {
        while !word.is_empty() {
            let (part, rest) = word.split_at(word.floor_char_boundary(PART_BYTES));
            ids.clear();
            vocabulary.encode_onto(part, &mut ids);
            words.push(Word {
                bytes: part.len(),
                tokens: ids.len(),
            });
            word = rest;
        }
    }
    words
}

/// Bytes of the words, in the order given, that fit into so many tokens.
fn fitting_bytes<'a>(words: impl Iterator<Item = &'a Word>, mut left_tokens: usize) -> usize {
    words
        .map_while(|word| {
            left_tokens = left_tokens.checked_sub(word.tokens)?;
            Some(word.bytes)
        })
        .sum()
}
