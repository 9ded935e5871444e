//! A scripted embedder for tests of what is built on embeddings: a text's vector is made of its
//! words, so that texts of shared words lie close, and what a text says can make it fail.

use super::{EmbedError, Embedder, unit};

/// Deterministic, 16 numbers a vector.
#[derive(Clone, Debug, Default)]
pub struct Fake;

const DIMENSIONS: usize = 16;

impl Embedder for Fake {
    fn fingerprint(&self) -> &str {
        "fake-16@00000000"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    /// Fails on a text that holds `FAIL`.
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        if text.contains("FAIL") {
            return Err(EmbedError::Failed("told to fail".to_owned()));
        }
        let mut sum = vec![0.0; DIMENSIONS];
        for word in text.split_whitespace() {
            let hash = blake3::hash(word.to_lowercase().as_bytes());
            for (sum, byte) in sum.iter_mut().zip(hash.as_bytes()) {
                *sum += f32::from(*byte) - 127.5;
            }
        }
        unit(sum).ok_or_else(|| EmbedError::Failed("no words".to_owned()))
    }
}
