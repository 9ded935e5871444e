//! The fast embedder: a table of one vector a word piece, and a text is the mean of its pieces.
//!
//! The table is built into the binary, so that it works anywhere and with no download; its pages
//! are read from the file as they are touched. Distilled from MiniLM (`models/README.md` has the
//! recipe); common words weigh little already, so the plain mean is the right one.

use super::wordpiece::FileError;
use super::{EmbedError, Embedder, WordPiece, unit};
use safetensors::{Dtype, SafeTensors};
use std::sync::Arc;

static TABLE: &[u8] = include_bytes!("../../models/static-256/model.safetensors");
static TOKENIZER: &[u8] = include_bytes!("../../models/static-256/tokenizer.json");

/// Fingerprint of the built-in table: the SHA-256 of its two files, one after the other. A constant,
/// since hashing them would touch 15 MB at each start; a test holds it to the files.
pub const STATIC_FINGERPRINT: &str = "static-256@eb518000";

/// The built-in table. Cheap to clone.
#[derive(Clone)]
pub struct StaticTable {
    words: Arc<WordPiece>,
    /// Rows of half-precision numbers, little endian, one a token id.
    rows: &'static [u8],
    dimensions: usize,
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error(transparent)]
    Tokenizer(#[from] FileError),
    #[error(transparent)]
    Table(#[from] safetensors::SafeTensorError),
    #[error(
        "the table is {dtype:?} of shape {shape:?}, not F16 of a row for each of {words} tokens"
    )]
    Shape {
        dtype: Dtype,
        shape: Vec<usize>,
        words: usize,
    },
}

impl StaticTable {
    /// The table within the binary.
    pub fn built_in() -> Self {
        Self::parse(TABLE, TOKENIZER).expect("a test reads these very bytes")
    }

    pub(super) fn parse(table: &'static [u8], tokenizer: &[u8]) -> Result<Self, TableError> {
        let words = Arc::new(WordPiece::parse(tokenizer)?);
        let tensors = SafeTensors::deserialize(table)?;
        let tensor = tensors.tensor("embeddings")?;
        match (tensor.dtype(), tensor.shape()) {
            (Dtype::F16, &[rows, dimensions]) if rows >= words.len() && dimensions > 0 => {
                let rows = tensor.data();
                Ok(Self {
                    words,
                    rows,
                    dimensions,
                })
            }
            (dtype, shape) => Err(TableError::Shape {
                dtype,
                shape: shape.to_vec(),
                words: words.len(),
            }),
        }
    }

    /// The tokeniser, which is MiniLM's too.
    pub fn words(&self) -> &Arc<WordPiece> {
        &self.words
    }

    /// The text's vector, of norm 1.
    ///
    /// # Errors
    /// `EmbedError::Failed` where none of the text's words has a vector.
    pub fn vector(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let mut sum = vec![0.0; self.dimensions];
        add_all(
            &mut sum,
            self.words.encode(text).iter().map(|&id| self.row(id)),
        );
        unit(sum).ok_or_else(|| {
            EmbedError::Failed("the static table knows no word of the prompt".to_owned())
        })
    }

    fn row(&self, id: u32) -> &'static [u8] {
        let bytes = self.dimensions * 2;
        &self.rows[id as usize * bytes..][..bytes]
    }
}

impl Embedder for StaticTable {
    fn fingerprint(&self) -> &str {
        STATIC_FINGERPRINT
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.vector(text)
    }
}

/// Adds the rows up, with wide registers where the processor has them. The sums are the same.
fn add_all<'a>(sum: &mut [f32], rows: impl Iterator<Item = &'a [u8]>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn wide<'a>(sum: &mut [f32], rows: impl Iterator<Item = &'a [u8]>) {
            for row in rows {
                add(sum, row);
            }
        }
        // SAFETY: the processor has what the function was compiled for.
        #[allow(unsafe_code)]
        return unsafe { wide(sum, rows) };
    }
    rows.for_each(|row| add(sum, row));
}

/// In blocks of a fixed length, which the compiler makes vector instructions of.
#[inline(always)]
fn add(sum: &mut [f32], row: &[u8]) {
    const BLOCK: usize = 16;
    let (halves, _) = row.as_chunks::<2>();
    let (sums, sums_rest) = sum.as_chunks_mut::<BLOCK>();
    let (blocks, blocks_rest) = halves.as_chunks::<BLOCK>();
    for (sums, block) in sums.iter_mut().zip(blocks) {
        for n in 0..BLOCK {
            sums[n] += widened(u16::from_le_bytes(block[n]));
        }
    }
    for (sum, half) in sums_rest.iter_mut().zip(blocks_rest) {
        *sum += widened(u16::from_le_bytes(*half));
    }
}

/// A half-precision number as a single, exactly. Both have their exponent above their fraction, so
/// the bits are moved into place and the difference of the two biases, 112, is added to the exponent.
/// A subnormal number gets the exponent of the smallest normal one, which is then taken off: this
/// way no subnormal single arises, which processors are slow at. (Infinities would become finite: a
/// table has none.) No branch, so that the compiler can widen several at once.
#[inline(always)]
fn widened(half: u16) -> f32 {
    const BIAS: u32 = 112 << 23;
    const SMALLEST: u32 = 113 << 23;
    let magnitude = u32::from(half & 0x7fff) << 13;
    let normal = magnitude + BIAS;
    let subnormal = f32::from_bits(magnitude + SMALLEST) - f32::from_bits(SMALLEST);
    let bits = if half & 0x7c00 == 0 {
        subnormal.to_bits()
    } else {
        normal
    };
    f32::from_bits(bits | u32::from(half & 0x8000) << 16)
}

#[cfg(test)]
mod tests;
