//! The accurate embedder: all-MiniLM-L6-v2, int8, on ONNX Runtime through fastembed.
//!
//! One session a worker and one thread a session: two such sessions serve two cores better than one
//! session with two threads, and nobody waits for a lock.

use super::settings::{OpenError, Settings, read};
use super::{EmbedError, Embedder, WordPiece, cut, unit};
use fastembed::{
    InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};
use ort::environment::Environment;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the model and of its folder.
pub(super) const NAME: &str = "all-minilm-l6-v2-int8";
/// The window the model was trained with.
const WINDOW_TOKENS: usize = 256;
/// `[CLS]` and `[SEP]`.
const FRAME_TOKENS: usize = 2;
const DIMENSIONS: usize = 384;

/// One session of the model.
pub struct MiniLm {
    fingerprint: Arc<str>,
    words: Arc<WordPiece>,
    model: TextEmbedding,
}

impl MiniLm {
    /// Sessions as the settings ask for, without cache, queue and threads.
    ///
    /// # Errors
    /// Names the file or library that is missing or unfit, and the remedy.
    pub fn sessions(settings: &Settings) -> Result<Vec<Self>, OpenError> {
        super::settings::sessions(settings)
    }
}

/// The model's files, read once for all sessions.
pub(super) struct Files {
    folder: PathBuf,
    fingerprint: Arc<str>,
    words: Arc<WordPiece>,
    model: UserDefinedEmbeddingModel,
}

impl Files {
    /// Reads `<models>/all-minilm-l6-v2-int8`.
    pub(super) fn read(models: &Path) -> Result<Self, OpenError> {
        let folder = models.join(NAME);
        let file = |name: &str| read(&folder.join(name));
        let onnx = file("model.onnx")?;
        let tokenizer_files = TokenizerFiles {
            tokenizer_file: file("tokenizer.json")?,
            config_file: file("config.json")?,
            special_tokens_map_file: file("special_tokens_map.json")?,
            tokenizer_config_file: file("tokenizer_config.json")?,
        };
        let tokenizer = &tokenizer_files.tokenizer_file;
        let words = WordPiece::parse(tokenizer).map_err(|why| unfit(&folder, &why))?;
        Ok(Self {
            fingerprint: fingerprint(NAME, [&onnx, tokenizer]).into(),
            words: Arc::new(words),
            model: UserDefinedEmbeddingModel::new(onnx, tokenizer_files)
                .with_pooling(Pooling::Mean),
            folder,
        })
    }

    /// Opens so many sessions, side by side.
    pub(super) fn open(
        &self,
        sessions: usize,
        environment: &Environment,
    ) -> Result<Vec<MiniLm>, OpenError> {
        std::thread::scope(|scope| {
            let opening: Vec<_> = (0..sessions)
                .map(|_| scope.spawn(|| self.session(environment)))
                .collect();
            let ended = || OpenError::Unfit {
                path: self.folder.clone(),
                why: "ONNX Runtime panicked while it opened the model".to_owned(),
            };
            opening
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|_| Err(ended())))
                .collect()
        })
    }

    fn session(&self, environment: &Environment) -> Result<MiniLm, OpenError> {
        let options = InitOptionsUserDefined::new()
            .with_environment(environment.clone())
            .with_max_length(WINDOW_TOKENS)
            .with_intra_threads(1);
        let model = TextEmbedding::try_new_from_user_defined(self.model.clone(), options)
            .map_err(|why| unfit(&self.folder, &why))?;
        let (fingerprint, words) = (Arc::clone(&self.fingerprint), Arc::clone(&self.words));
        Ok(MiniLm {
            fingerprint,
            words,
            model,
        })
    }
}

fn unfit(folder: &Path, why: &dyn std::error::Error) -> OpenError {
    OpenError::Unfit {
        path: folder.to_owned(),
        why: why.to_string(),
    }
}

/// Name and the beginning of the SHA-256 of the files, one after the other.
pub(super) fn fingerprint(name: &str, files: [&[u8]; 2]) -> String {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    files.iter().for_each(|file| hash.update(file));
    let digest = hash.finish();
    let hex: String = digest.as_ref()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{name}@{hex}")
}

impl Embedder for MiniLm {
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let text = cut::to_bytes(text);
        let text = cut::to_tokens(&text, WINDOW_TOKENS - FRAME_TOKENS, &self.words);
        let failed = |why: &dyn std::error::Error| EmbedError::Failed(why.to_string());
        let vectors = self
            .model
            .embed([text.as_ref()], None)
            .map_err(|why| failed(&why))?;
        vectors
            .into_iter()
            .next()
            .filter(|vector| vector.len() == DIMENSIONS)
            .and_then(unit)
            .ok_or_else(|| EmbedError::Failed("the model gave no vector".to_owned()))
    }
}
