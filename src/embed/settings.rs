//! Which embedder, from what files, with what bounds; and opening it.

use super::minilm::{self, Files, MiniLm};
use super::{EmbedService, Embedder, runtime};
use std::path::{Path, PathBuf};

/// Which embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// MiniLM where its files and the runtime library are there, else the static table.
    #[default]
    Auto,
    /// MiniLM or an error.
    MiniLm,
    /// The table within the binary.
    Static,
}

/// Settings of the embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which embedder.
    pub kind: Kind,
    /// Folder of the models. `None`: the first `models` that holds MiniLM, in the working directory
    /// and then upwards from the executable.
    pub models_dir: Option<PathBuf>,
    /// ONNX Runtime: the library or its folder. `None`: `<models>/runtime`, else beside the
    /// executable.
    pub runtime_library: Option<PathBuf>,
    /// Threads with a MiniLM session each (about 50 MB a session). `None`: as many as cores, at
    /// most 8.
    pub workers: Option<usize>,
    /// Prompts that may wait for a MiniLM worker.
    pub queue_limit: usize,
    /// Vectors kept, 1 to 1.5 kB each.
    pub cache_entries: u64,
    /// Fingerprint that the memory was learned with: of `Auto`'s two embedders, that one.
    pub learned_with: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Auto,
            models_dir: None,
            runtime_library: None,
            workers: None,
            queue_limit: 256,
            cache_entries: 4096,
            learned_with: None,
        }
    }
}

/// Workers at most, unless the settings say more.
const WORKERS_BY_DEFAULT: usize = 8;
const GET_RUNTIME: &str = "run scripts/fetch-runtime.sh, or point `embedding.runtime_library` to an \
    ONNX Runtime library of version 1.24 or newer, or choose the built-in embedder (`embedding.kind: static`)";

/// Why there is no embedder.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A model file cannot be read.
    #[error(
        "cannot read the embedding model's file {}: {source}; point `embedding.models_dir` to a folder \
         that holds all-minilm-l6-v2-int8, or choose the built-in embedder (`embedding.kind: static`)", path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A model file is not what it should be.
    #[error(
        "the embedding model in {} cannot be used: {why}; restore its files (models/README.md has \
         their checksums), or choose the built-in embedder (`embedding.kind: static`)", path.display()
    )]
    Unfit {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// ONNX Runtime is not there.
    #[error("no ONNX Runtime library in {}; {GET_RUNTIME}", listed(searched))]
    NoRuntime {
        /// Files and folders looked at.
        searched: Vec<PathBuf>,
    },
    /// ONNX Runtime cannot be used.
    #[error("the ONNX Runtime library {} cannot be used: {why}; {GET_RUNTIME}", path.display())]
    BadRuntime {
        /// The library.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No worker at all.
    #[error("the embedder needs at least one worker; set `embedding.workers` to 1 or more")]
    NoWorkers,
    /// The system gives no thread.
    #[error("cannot start the embedding threads: {0}; lower `embedding.workers`")]
    Threads(std::io::Error),
}

fn listed(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" or ")
}

/// Reads a model file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    std::fs::read(path).map_err(|source| OpenError::File {
        path: path.to_owned(),
        source,
    })
}

pub(super) fn open(settings: &Settings) -> Result<EmbedService, OpenError> {
    let service = match settings.kind {
        Kind::Static => built_in(settings),
        Kind::MiniLm => mini_lm(settings)?,
        Kind::Auto if learned_with_static(settings) => {
            tracing::info!("the memory was learned with the static embedder: keeping to it");
            built_in(settings)
        }
        Kind::Auto => mini_lm(settings).unwrap_or_else(|why| {
            tracing::warn!(%why, "embedding with the built-in static table instead of MiniLM");
            built_in(settings)
        }),
    };
    tracing::info!(
        embedder = service.fingerprint(),
        dimensions = service.dimensions(),
        "embedding"
    );
    Ok(service)
}

fn learned_with_static(settings: &Settings) -> bool {
    settings
        .learned_with
        .as_deref()
        .is_some_and(|fingerprint| fingerprint.starts_with("static-"))
}

fn built_in(settings: &Settings) -> EmbedService {
    EmbedService::built_in(settings.cache_entries)
}

fn mini_lm(settings: &Settings) -> Result<EmbedService, OpenError> {
    let embedders = sessions(settings)?
        .into_iter()
        .map(|one| Box::new(one) as Box<dyn Embedder>)
        .collect();
    EmbedService::pooled(embedders, settings.queue_limit, settings.cache_entries)
}

/// MiniLM's sessions, without a service around them.
pub(super) fn sessions(settings: &Settings) -> Result<Vec<MiniLm>, OpenError> {
    let models = settings.models_dir.clone().unwrap_or_else(find_models);
    let library = runtime::find(settings.runtime_library.as_deref(), &models)?;
    let files = Files::read(&models)?;
    let environment = runtime::load(&library)?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = settings
        .workers
        .unwrap_or_else(|| cores().min(WORKERS_BY_DEFAULT));
    files.open(workers, &environment)
}

/// The first folder `models` with MiniLM in it; `models` where there is none.
fn find_models() -> PathBuf {
    let here = PathBuf::from("models");
    let exe = std::env::current_exe().unwrap_or_default();
    // target/release/pointsman stands three folders below the repository.
    let above = exe
        .ancestors()
        .skip(1)
        .take(4)
        .map(|folder| folder.join("models"));
    let holds = |models: &PathBuf| models.join(minilm::NAME).join("model.onnx").is_file();
    std::iter::once(here.clone())
        .chain(above)
        .find(holds)
        .unwrap_or(here)
}
