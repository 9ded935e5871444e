//! The ways to a configuration: a file, a text, or nothing but the environment.

use super::build::{World, build};
use super::problem::{Problem, Problems, Trail};
use super::raw::RawConfig;
use super::yaml::{Node, Value, expand, parse, read};
use super::{Config, Origin};
use std::path::Path;

/// Looks a variable of the environment up.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The key of the seed under which the whole configuration may stand.
pub(super) const WRAPPER: &str = "ai_gateway";
/// Size of a file at most.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// The process's own environment; the only place that reads it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads and checks a file.
///
/// # Errors
/// All problems at once, each with its place and what to do.
pub fn load(path: &Path, env: Env<'_>) -> Result<Config, Problems> {
    super::layers::load(&[path.to_owned()], None, env)
}

/// The text of a file.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn text(path: &Path) -> Result<String, Problems> {
    file(path).map_err(|error| Problems {
        file: None,
        list: vec![Problem::new(
            &Trail::root(),
            format!("{} cannot be read: {error}", path.display()),
            "name an existing file, or start without one",
        )],
    })
}

/// Reads and checks a text; files that it names are read.
///
/// # Errors
/// All problems at once, each with its place and what to do.
pub fn from_text(text: &str, origin: Origin, env: Env<'_>) -> Result<Config, Problems> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = parse(text).map_err(|problem| Problems {
        file: None,
        list: vec![problem],
    })?;
    from_tree(tree, origin, env)
}

/// Checks what was written.
///
/// # Errors
/// All problems at once, each with its place and what to do.
pub(super) fn from_tree(mut tree: Node, origin: Origin, env: Env<'_>) -> Result<Config, Problems> {
    let mut found = Vec::new();
    expand(&mut tree, &Trail::root(), env, &mut found);
    let (inner, prefix) = unwrapped(&tree, &mut found);
    let raw: RawConfig = match inner.value {
        Value::Null => RawConfig::default(),
        _ => read(inner, &prefix, &mut found).unwrap_or_default(),
    };
    let world = World { env, read: &file };
    let (config, meaning) = build(raw, origin, &world);
    add_meaning(&mut found, meaning, inner, &prefix);
    if found.is_empty() {
        return Ok(config);
    }
    found.sort_by_key(|problem| problem.position);
    Err(Problems {
        file: None,
        list: found,
    })
}

/// The part that counts: what is under the seed's key, or the whole document.
fn unwrapped<'t>(tree: &'t Node, found: &mut Vec<Problem>) -> (&'t Node, Trail) {
    let Some(inner) = tree.get(WRAPPER) else {
        return (tree, Trail::root());
    };
    if let Value::Map(entries) = &tree.value {
        for other in entries.iter().filter(|entry| entry.key != WRAPPER) {
            found.push(Problem {
                position: Some(other.position),
                ..Problem::new(
                    &Trail::root().key(&other.key),
                    format!("stands beside {WRAPPER}"),
                    format!("move it under {WRAPPER}, or take that level away"),
                )
            });
        }
    }
    (inner, Trail::root().key(WRAPPER))
}

/// Adds the problems of meaning, with their positions, except where the place is broken already.
fn add_meaning(found: &mut Vec<Problem>, meaning: Vec<Problem>, inner: &Node, prefix: &Trail) {
    let broken: Vec<Trail> = found.iter().map(|problem| problem.trail.clone()).collect();
    for problem in meaning {
        let trail = prefix.join(&problem.trail);
        let follows = broken
            .iter()
            .any(|at| trail.is_within(at) && *at != Trail::root());
        if !follows {
            found.push(Problem {
                position: Some(inner.position_of(&problem.trail)),
                trail,
                ..problem
            });
        }
    }
}

/// Reads a file of bounded size; the error is in words and names no content.
fn file(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|e| plain(&e))?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("it is larger than {MAX_FILE_BYTES} bytes"));
    }
    std::fs::read_to_string(path).map_err(|e| plain(&e))
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}
