//! The tokeniser of both models: BERT's uncased normalisation and greedy word pieces.
//!
//! Written by hand because it stands on the path of every decision: the `tokenizers` crate, which
//! keeps offsets and copies, takes ten times as long and as much memory. The tests hold the two to
//! the same tokens on arbitrary Unicode. It leaves out what the models do not need: offsets,
//! templates, padding and truncation.

mod file;
mod normalise;
mod vocabulary;

pub(super) use file::FileError;
use vocabulary::Vocabulary;

/// Words of more characters than this are one unknown token.
const LONGEST_WORD_CHARS: usize = 100;

/// A vocabulary, ready to encode.
pub struct WordPiece {
    vocabulary: Vocabulary,
    unknown: u32,
    special: Vec<(String, u32)>,
}

impl WordPiece {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// Names what the file has that this tokeniser does not do.
    pub(super) fn parse(json: &[u8]) -> Result<Self, FileError> {
        file::parse(json)
    }

    /// Number of ids.
    pub(super) fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// The text's token ids, in order, without the frame of `[CLS]` and `[SEP]`.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len() / 4 + 4);
        self.encode_onto(text, &mut ids);
        ids
    }

    /// As `encode`, onto the end of `ids`.
    pub(super) fn encode_onto(&self, text: &str, ids: &mut Vec<u32>) {
        let mut plain_from = 0;
        let mut at = 0;
        while let Some(found) = text[at..].find('[') {
            at += found;
            match self
                .special
                .iter()
                .find(|(name, _)| text[at..].starts_with(name.as_str()))
            {
                Some((name, id)) => {
                    self.encode_plain(&text[plain_from..at], ids);
                    ids.push(*id);
                    at += name.len();
                    plain_from = at;
                }
                None => at += 1,
            }
        }
        self.encode_plain(&text[plain_from..], ids);
    }

    fn encode_plain(&self, text: &str, ids: &mut Vec<u32>) {
        normalise::words(text, |word| self.encode_word(word, ids));
    }

    /// The longest piece first; one unknown token for the whole word where a rest has no piece.
    fn encode_word(&self, word: &str, ids: &mut Vec<u32>) {
        let before = ids.len();
        let mut rest = word.as_bytes();
        let mut start = true;
        if word.len() > LONGEST_WORD_CHARS && word.chars().count() > LONGEST_WORD_CHARS {
            return ids.push(self.unknown);
        }
        while !rest.is_empty() {
            let Some((id, length)) = self.vocabulary.longest_prefix(rest, start) else {
                ids.truncate(before);
                return ids.push(self.unknown);
            };
            ids.push(id);
            rest = &rest[length..];
            start = false;
        }
    }
}

#[cfg(test)]
mod tests;
