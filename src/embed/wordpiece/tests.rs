//! Ours against `tokenizers`, which is slow and right.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;
use tokenizers::Tokenizer;

const FILE: &[u8] = include_bytes!("../../../models/static-256/tokenizer.json");

static OURS: LazyLock<WordPiece> = LazyLock::new(|| WordPiece::parse(FILE).unwrap());
static THEIRS: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::from_bytes(FILE).unwrap());

fn theirs(text: &str) -> Vec<u32> {
    THEIRS.encode_fast(text, false).unwrap().get_ids().to_vec()
}

#[test]
fn tokens_of_known_texts() {
    for (text, pieces) in [
        ("Hello, World!", "hello , world !"),
        ("unaffable  Tokenisation", "una ##ffa ##ble token ##isation"),
        ("Café Ærø naïve", "cafe æ ##r ##ø naive"),
        ("a[CLS]b [MASK][cls]", "a [CLS] b [MASK] [ cl ##s ]"),
        ("日本語 and 中文", "日 本 語 and 中 文"),
        ("x\u{0}y\u{200b}z\tq", "x ##y ##z q"),
        ("🦀 crab", "[UNK] crab"),
        ("", ""),
    ] {
        let ids = OURS.encode(text);
        let found: Vec<String> = ids
            .iter()
            .map(|&id| THEIRS.id_to_token(id).unwrap())
            .collect();
        assert_eq!(found.join(" "), pieces, "{text:?}");
    }
}

#[test]
fn odd_texts_as_theirs() {
    let long_word = "a".repeat(100) + " " + &"a".repeat(101) + " " + &"é".repeat(101);
    for text in [
        "K\u{212a}\u{130}ẞΣς \u{37e}\u{2260}",
        "q\u{301}\u{323}\u{345} \u{1d165}\u{1d16e}",
        "각 가\u{11a8} ﷺ \u{fdfa} ǅ",
        "[[CLS]] [SEP [SEP] [PAD]x[UNK]",
        "\u{b}a\u{c}b\u{85}c\u{a0}d\u{2028}e\u{3000}f\u{feff}",
        "«quotes» “curly” — dash… ¿que? § ¶ € + = ~ ^ `",
        "\u{10ffff}\u{e000}\u{fffd} \u{378}",
        "1,000.50 e-mail: a_b@c.d/~x?y=z&w#f",
        &long_word,
    ] {
        assert_eq!(OURS.encode(text), theirs(text), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_unicode_as_theirs(text in "\\PC{0,40}|[\\x00-\\x7f]{0,60}") {
        prop_assert_eq!(OURS.encode(&text), theirs(&text));
    }

    #[test]
    fn any_characters_as_theirs(chars in prop::collection::vec(any::<char>(), 0..40)) {
        let text: String = chars.into_iter().collect();
        prop_assert_eq!(OURS.encode(&text), theirs(&text));
    }

    #[test]
    fn words_and_marks_as_theirs(
        text in "([a-zA-Z]{1,12}|[À-ỹ]{1,5}|[\u{300}-\u{345}]|[぀-ヿ一-龥가-힣]{1,3}|\\[SEP\\]|[ .,'\\-\t\u{a0}\u{b}]){0,20}"
    ) {
        prop_assert_eq!(OURS.encode(&text), theirs(&text));
    }
}

#[test]
fn every_character_as_theirs() {
    // In rows, since a call has its cost: a character between letters and one between blanks.
    let all: Vec<char> = ('\0'..=char::MAX)
        .filter(|&c| u32::from(c) < 0x3_0000)
        .collect();
    for row in all.chunks(64) {
        let text: String = row
            .iter()
            .flat_map(|&c| ['a', c, 'B', ' ', c, ' '])
            .collect();
        if OURS.encode(&text) != theirs(&text) {
            for c in row {
                let text = format!("a{c}B {c} ");
                assert_eq!(OURS.encode(&text), theirs(&text), "U+{:04X}", u32::from(*c));
            }
        }
    }
}

#[test]
fn other_tokenisers_are_refused() {
    let file = std::str::from_utf8(FILE).unwrap();
    for (there, instead, named) in [
        ("BertNormalizer", "NFC", "normalizer"),
        ("\"lowercase\": true", "\"lowercase\": false", "normalizer"),
        ("BertPreTokenizer", "Whitespace", "pre_tokenizer"),
        ("\"rstrip\": false", "\"rstrip\": true", "added tokens"),
    ] {
        let other = file.replacen(there, instead, 1);
        let error = WordPiece::parse(other.as_bytes())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(named), "{error}");
    }
    assert!(matches!(WordPiece::parse(b"{}"), Err(FileError::Json(_))));
}
