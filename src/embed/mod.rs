//! Prompts become vectors: the embedders, and the service that the engine asks.
//!
//! Two embedders: `minilm` (all-MiniLM-L6-v2 on ONNX Runtime, about a millisecond a prompt, on its
//! own threads) and `static_table` (a table of word-piece vectors within the binary, some
//! microseconds, inline). Their spaces differ, so each has a fingerprint that the memory keeps.
//! Which words of a conversation are embedded is the engine's matter.

mod cache;
mod cut;
pub mod fake;
mod minilm;
mod pool;
mod runtime;
mod service;
mod settings;
mod static_table;
mod wordpiece;

pub use minilm::MiniLm;
pub use service::{EmbedService, Embedded, Stats};
pub use settings::{Kind, OpenError, Settings};
pub use static_table::{STATIC_FINGERPRINT, StaticTable};
pub use wordpiece::WordPiece;

use crate::domain::Degradation;

/// Turns one text into one vector, blocking.
pub trait Embedder: Send {
    /// Name and content of the model, such as `static-256@1b2c3d4e`: two embedders of one
    /// fingerprint yield vectors of one space.
    fn fingerprint(&self) -> &str;

    /// Length of the vectors.
    fn dimensions(&self) -> usize;

    /// The text's vector, of norm 1 and of `dimensions` finite numbers.
    ///
    /// # Errors
    /// `EmbedError::Failed` where the model fails, or knows nothing of the text.
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError>;
}

/// Why there is no vector. The request is routed all the same, on arm-level knowledge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The embedder failed, with its words.
    #[error("the embedder failed: {0}")]
    Failed(String),
    /// Not there in time, in milliseconds.
    #[error("the embedding was not there after {0} ms")]
    Late(u64),
    /// Too many prompts wait already.
    #[error("the embedder's queue is full")]
    QueueFull,
}

impl From<EmbedError> for Degradation {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::Failed(words) => Self::EmbeddingFailed(words),
            EmbedError::Late(ms) => Self::EmbeddingLate(ms),
            EmbedError::QueueFull => Self::EmbeddingQueueFull,
        }
    }
}

/// Scales to norm 1. `None` where there is no direction: all zero, or not finite.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !(norm.is_finite() && norm > f32::MIN_POSITIVE) {
        return None;
    }
    vector.iter_mut().for_each(|x| *x /= norm);
    Some(vector)
}

#[cfg(test)]
mod tests;
