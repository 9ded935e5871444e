//! Embeddings of a dataset's prompts, kept on disk by content, so that a second run takes seconds.
//!
//! The file: a mark, the fingerprint of the embedder, the dimensions, then records of a 16-byte
//! BLAKE3 of the prompt and its components as f32. A damaged or foreign file is made anew.

use super::dataset::content_key;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

/// What turns a prompt into its embedding.
pub trait Embedding {
    /// Differs between embedders whose vectors differ.
    fn fingerprint(&self) -> String;
    /// The embedding of a text.
    ///
    /// # Errors
    /// In the embedder's words.
    fn embed(&self, text: &str) -> Result<Vec<f32>, String>;
}

/// Embeddings cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The embedder failed.
    #[error("the embedder failed: {0}")]
    Failed(String),
    /// The cache cannot be written.
    #[error("cannot write the embedding cache {path}: {source}")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

const MARK: &[u8; 8] = b"PMVEC\0\0\x01";

/// Embeddings by content.
pub struct VectorCache<'a> {
    embedder: &'a dyn Embedding,
    path: Option<PathBuf>,
    known: HashMap<[u8; 16], Vec<f32>>,
    fresh: usize,
}

impl<'a> VectorCache<'a> {
    /// A cache in this folder; `None` keeps nothing.
    #[must_use]
    pub fn open(embedder: &'a dyn Embedding, folder: Option<PathBuf>) -> Self {
        let print = blake3::hash(embedder.fingerprint().as_bytes()).to_hex();
        let path = folder.map(|folder| folder.join(format!("vectors-{}.bin", &print[..16])));
        let known = path.as_ref().and_then(|path| std::fs::read(path).ok());
        let known = known.and_then(|bytes| parse(&bytes)).unwrap_or_default();
        Self {
            embedder,
            path,
            known,
            fresh: 0,
        }
    }

    /// Is this text's embedding at hand?
    #[must_use]
    pub fn knows(&self, text: &str) -> bool {
        self.known.contains_key(&content_key(text))
    }

    /// What makes the embeddings.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.embedder.fingerprint()
    }

    /// The embedding of a prompt.
    ///
    /// # Errors
    /// Where the embedder fails.
    pub fn embedding(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let key = content_key(text);
        if let Some(vector) = self.known.get(&key) {
            return Ok(vector.clone());
        }
        let vector = self.embedder.embed(text).map_err(EmbedError::Failed)?;
        self.fresh += 1;
        self.known.insert(key, vector.clone());
        Ok(vector)
    }

    /// Writes what is new.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&mut self) -> Result<(), EmbedError> {
        let Some(path) = self.path.clone().filter(|_| self.fresh > 0) else {
            return Ok(());
        };
        let write = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let part = path.with_extension("part");
            let mut file = std::io::BufWriter::new(std::fs::File::create(&part)?);
            let dimensions = self.known.values().next().map_or(0, Vec::len);
            file.write_all(MARK)?;
            file.write_all(&(dimensions as u32).to_le_bytes())?;
            for (key, vector) in self.known.iter().filter(|(_, v)| v.len() == dimensions) {
                file.write_all(key)?;
                for x in vector {
                    file.write_all(&x.to_le_bytes())?;
                }
            }
            file.flush()?;
            std::fs::rename(part, &path)
        };
        write().map_err(|source| EmbedError::Write {
            path: path.clone(),
            source,
        })?;
        self.fresh = 0;
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Option<HashMap<[u8; 16], Vec<f32>>> {
    let rest = bytes.strip_prefix(MARK)?;
    let (dimensions, rest) = rest.split_first_chunk::<4>()?;
    let dimensions = u32::from_le_bytes(*dimensions) as usize;
    let size = 16 + 4 * dimensions;
    if dimensions == 0 || rest.len() % size != 0 {
        return None;
    }
    let record = |record: &[u8]| {
        let (key, vector) = record.split_first_chunk::<16>()?;
        let (numbers, _) = vector.as_chunks::<4>();
        Some((
            *key,
            numbers.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        ))
    };
    rest.chunks_exact(size).map(record).collect()
}
