//! Finding and loading ONNX Runtime, which the binary does not contain.
//!
//! It is loaded once a process and stays. A missing library is an error that says what to do:
//! every way into `ort` but `init_from` would panic.

use super::settings::OpenError;
use ort::environment::Environment;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Where the library may be: what was asked for, else within the models, else by the executable.
pub(super) fn find(asked: Option<&Path>, models: &Path) -> Result<PathBuf, OpenError> {
    if let Some(path) = asked {
        let found = if path.is_dir() {
            library_in(path)
        } else {
            Some(path.to_owned())
        };
        return match found.filter(|file| file.is_file()) {
            Some(file) => Ok(file),
            None => Err(OpenError::NoRuntime {
                searched: vec![path.to_owned()],
            }),
        };
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned));
    let searched: Vec<PathBuf> = [Some(models.join("runtime")), beside]
        .into_iter()
        .flatten()
        .collect();
    match searched.iter().find_map(|folder| library_in(folder)) {
        Some(file) => Ok(file),
        None => Err(OpenError::NoRuntime { searched }),
    }
}

/// The folder's library; of several the plainest name, which links to the others.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let library = |name: &String| {
        name.starts_with("libonnxruntime.") && (name.contains(".so") || name.ends_with(".dylib"))
            || name == "onnxruntime.dll"
    };
    let name = names
        .filter(library)
        .min_by_key(|name| (name.len(), name.clone()))?;
    Some(folder.join(name))
}

/// Loads the library, or gives what is loaded already.
pub(super) fn load(library: &Path) -> Result<Environment, OpenError> {
    let unfit = |why: String| OpenError::BadRuntime {
        path: library.to_owned(),
        why,
    };
    let library = std::path::absolute(library).map_err(|why| unfit(why.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((path, environment)) if *path == library => return Ok(environment.clone()),
        Some((path, _)) => {
            return Err(unfit(format!(
                "this process has loaded {} already",
                path.display()
            )));
        }
        None => {}
    }
    let environment = ort::init_from(&library)
        .map_err(|why| unfit(why.to_string()))?
        .with_name("pointsman")
        .with_telemetry(false)
        .build()
        .map_err(|why| unfit(why.to_string()))?;
    *loaded = Some((library, environment.clone()));
    Ok(environment)
}
