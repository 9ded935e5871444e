//! Reading `tokenizer.json`, and refusing one that asks for what this tokeniser does not do.

use super::WordPiece;
use super::vocabulary::{LONGEST_PIECE_BYTES, Vocabulary};
use serde::Deserialize;
use std::collections::HashMap;

/// Why a tokeniser file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not the JSON of a tokeniser.
    #[error("not a tokeniser file: {0}")]
    Json(#[from] serde_json::Error),
    /// Another kind of tokeniser.
    #[error("only BERT's uncased word pieces are supported, and this file's {0} is another")]
    Unsupported(&'static str),
}

#[derive(Deserialize)]
struct File {
    normalizer: Normalizer,
    pre_tokenizer: Named,
    model: Model,
    added_tokens: Vec<Added>,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(flatten)]
    kind: Named,
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct Named {
    r#type: String,
}

#[derive(Deserialize)]
struct Model {
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
}

pub(super) fn parse(json: &[u8]) -> Result<WordPiece, FileError> {
    let file: File = serde_json::from_slice(json)?;
    check(&file)?;
    let Some(&unknown) = file.model.vocab.get(&file.model.unk_token) else {
        return Err(FileError::Unsupported("unk_token"));
    };
    Ok(WordPiece {
        vocabulary: Vocabulary::new(&file.model.vocab, &file.model.continuing_subword_prefix),
        unknown,
        special: file
            .added_tokens
            .into_iter()
            .map(|t| (t.content, t.id))
            .collect(),
    })
}

fn check(file: &File) -> Result<(), FileError> {
    let normalizer = &file.normalizer;
    let uncased = normalizer.clean_text
        && normalizer.handle_chinese_chars
        && normalizer.lowercase
        && normalizer.strip_accents != Some(false);
    let plain = |t: &Added| {
        t.content.starts_with('[') && !(t.single_word || t.lstrip || t.rstrip || t.normalized)
    };
    let checks = [
        (
            normalizer.kind.r#type == "BertNormalizer" && uncased,
            "normalizer",
        ),
        (
            file.pre_tokenizer.r#type == "BertPreTokenizer",
            "pre_tokenizer",
        ),
        (
            file.model.max_input_chars_per_word == super::LONGEST_WORD_CHARS,
            "word limit",
        ),
        (
            file.model
                .vocab
                .keys()
                .all(|t| t.len() <= LONGEST_PIECE_BYTES),
            "list of long tokens",
        ),
        (file.added_tokens.iter().all(plain), "list of added tokens"),
    ];
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(FileError::Unsupported(what)),
        None => Ok(()),
    }
}
