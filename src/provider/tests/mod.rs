//! Golden files of all dialects, in `tests/golden`: what goes out for a request, what is made of an
//! answer, of a stream however it is cut into pieces, and of an error.
//!
//! A new case is a new file (or a line in `errors.txt`); `INSTA_UPDATE=always` writes its snapshot.

mod errors;
mod pains;
mod requests;
mod responses;
mod streams;
pub mod upstream;
pub mod wire;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Files of a folder named `<prefix>*.<ending>`: (the part between, content), sorted.
fn files(folder: &str, prefix: &str, ending: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?;
            let middle = name.strip_prefix(prefix)?.strip_suffix(ending)?;
            Some((middle.to_owned(), std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    assert!(!found.is_empty(), "no {prefix}*{ending} in {folder}");
    found.sort();
    found
}

/// Holds `text` against the snapshot beside the inputs.
fn hold(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
