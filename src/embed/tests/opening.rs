//! Missing and unfit files, each with its remedy.

use super::*;
use std::path::{Path, PathBuf};

fn mini_lm_with(models: &Path, runtime: Option<PathBuf>) -> Settings {
    Settings {
        kind: Kind::MiniLm,
        models_dir: Some(models.to_owned()),
        runtime_library: runtime,
        workers: Some(1),
        ..Settings::default()
    }
}

fn refusal(settings: &Settings) -> String {
    EmbedService::open(settings).err().unwrap().to_string()
}

#[test]
fn a_missing_library_is_named_with_the_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let error = refusal(&mini_lm_with(empty.path(), None));
    let searched = empty.path().join("runtime").display().to_string();
    assert!(
        error.contains(&searched) && error.contains("fetch-runtime.sh"),
        "{error}"
    );

    let absent = empty.path().join("libonnxruntime.so");
    let error = refusal(&mini_lm_with(empty.path(), Some(absent.clone())));
    assert!(error.contains(&absent.display().to_string()), "{error}");
}

#[test]
fn a_library_that_is_none_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so.1");
    std::fs::write(&library, "not a library").unwrap();
    let models = Path::new("models");
    let error = refusal(&mini_lm_with(models, Some(folder.path().to_owned())));
    assert!(
        error.contains(&library.display().to_string()) && error.contains("1.24"),
        "{error}"
    );
}

#[test]
fn a_missing_model_file_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so");
    std::fs::write(&library, "").unwrap();
    let error = refusal(&mini_lm_with(folder.path(), Some(library)));
    assert!(
        error.contains("all-minilm-l6-v2-int8/model.onnx"),
        "{error}"
    );
    assert!(
        error.contains("models_dir") && error.contains("static"),
        "{error}"
    );
}

#[test]
fn auto_falls_back_to_the_built_in_table() {
    let empty = tempfile::tempdir().unwrap();
    let settings = Settings {
        kind: Kind::Auto,
        ..mini_lm_with(empty.path(), None)
    };
    let service = EmbedService::open(&settings).unwrap();
    assert_eq!(
        (service.fingerprint(), service.dimensions()),
        (STATIC_FINGERPRINT, 256)
    );
}

#[test]
fn auto_keeps_to_what_the_memory_was_learned_with() {
    let learned_with = Some(STATIC_FINGERPRINT.to_owned());
    let settings = Settings {
        learned_with,
        models_dir: Some("models".into()),
        ..Settings::default()
    };
    let service = EmbedService::open(&settings).unwrap();
    assert_eq!(service.fingerprint(), STATIC_FINGERPRINT);
}

#[test]
fn no_workers_is_an_error() {
    let error = EmbedService::pooled(Vec::new(), 1, 1).err().unwrap();
    assert!(error.to_string().contains("`embedding.workers`"), "{error}");
}
