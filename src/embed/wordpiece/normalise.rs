//! BERT's uncased normalisation and its split into words: controls dropped, Chinese characters and
//! punctuation set apart, accents stripped, lower case.
//!
//! The character classes are those of the crates that `tokenizers` itself uses, of the Unicode
//! version it uses: the models were trained on them.

use std::borrow::Cow;
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;

/// Gives each word of the text, normalised, in order.
pub(super) fn words(text: &str, mut each: impl FnMut(&str)) {
    let text = match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(strip_accents(&clean(text))),
    };
    let mut word = String::with_capacity(32);
    for c in text.chars() {
        match class(c) {
            Class::Letter => word.push(c.to_ascii_lowercase()),
            Class::Dropped => {}
            Class::Blank => flush(&mut word, &mut each),
            Class::Punctuation => {
                flush(&mut word, &mut each);
                each(c.encode_utf8(&mut [0; 4]));
            }
        }
    }
    flush(&mut word, &mut each);
}

fn flush(word: &mut String, each: &mut impl FnMut(&str)) {
    if !word.is_empty() {
        each(word);
        word.clear();
    }
}

#[derive(Clone, Copy)]
enum Class {
    Letter,
    Blank,
    Punctuation,
    Dropped,
}

/// Beyond ASCII the text has been cleaned already: nothing is left to drop.
fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Letter,
        ' ' | '\t' | '\n' | '\r' => Class::Blank,
        '\0'..='\x1f' | '\x7f' => Class::Dropped,
        _ if c.is_ascii() => Class::Punctuation,
        _ if c.is_whitespace() => Class::Blank,
        _ if c.is_punctuation() => Class::Punctuation,
        _ => Class::Letter,
    }
}

/// Drops controls, makes every blank a space, and sets Chinese characters apart.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{fffd}' => {}
            ' '..='~' => out.push(c),
            _ if c.is_other() => {}
            _ if c.is_whitespace() => out.push(' '),
            _ if is_chinese(c) => out.extend([' ', c, ' ']),
            _ => out.push(c),
        }
    }
    out
}

/// Decomposes, drops the accents, and lowers the case, in this order.
fn strip_accents(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
        out.push_str(&rest[..ascii]); // its case is lowered with the words
        rest = &rest[ascii..];
        // ASCII never takes part in a decomposition, so each run between can stand alone.
        let other = rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len());
        let decomposed = rest[..other].nfd().map(|(c, _)| c);
        out.extend(
            decomposed
                .filter(|c| !c.is_mark_nonspacing())
                .flat_map(char::to_lowercase),
        );
        rest = &rest[other..];
    }
    out
}

/// The blocks of CJK ideographs that BERT calls Chinese; Japanese and Korean alphabets are not.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}
