//! Several files, or a part of one, laid over each other: `--config base.yaml --config prod.yaml`,
//! `--profile staging`.
//!
//! A later layer's maps are merged into the earlier one's key by key; a list whose items all have a
//! `name` is merged by name, new names at the end; everything else is replaced, and nothing (`key:`
//! or `null`) takes an earlier value away. Variables are put in afterwards, so that a value which is
//! replaced needs no variable. Everything is as strict as in one file, and every problem names its
//! file: in the merged tree the lines of the n-th file begin at n times [`LINES_APART`].

use super::load::{self, Env};
use super::problem::{Problem, Problems, Trail};
use super::yaml::{Entry, Node, Value, parse};
use super::{Config, Origin};
use crate::near;
use std::path::{Path, PathBuf};

/// More lines than a file of the largest size can have.
const LINES_APART: usize = 10_000_000;
const PROFILES: &str = "profiles";

/// Reads and checks files laid over each other, and a profile over them all: from the `profiles` of
/// any of them, and from `NAME.PROFILE.yaml` beside the first, `NAME.yaml`.
///
/// # Errors
/// All problems at once, each with its file, place and what to do.
pub fn load(paths: &[PathBuf], profile: Option<&str>, env: Env<'_>) -> Result<Config, Problems> {
    let mut layers = Layers::default();
    for path in paths {
        layers.read(path)?;
    }
    if let Some(profile) = profile {
        layers.lay(profile)?;
    }
    let origin = match (layers.files.as_slice(), profile) {
        ([one], None) => Origin::File(one.clone()),
        (files, profile) => Origin::Files(files.to_vec(), profile.map(ToOwned::to_owned)),
    };
    let tree = layers.merged();
    load::from_tree(tree, origin, env).map_err(|problems| layers.placed(problems))
}

#[derive(Default)]
struct Layers {
    files: Vec<PathBuf>,
    trees: Vec<Node>,
    /// By name, in the order of the files.
    profiles: Vec<Entry>,
}

impl Layers {
    fn read(&mut self, path: &Path) -> Result<(), Problems> {
        let text = load::text(path)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut tree = parse(text).map_err(|problem| Problems {
            file: Some(path.to_owned()),
            list: vec![problem],
        })?;
        shift(&mut tree, self.files.len() * LINES_APART);
        self.files.push(path.to_owned());
        if let Some(found) = take(inner_mut(&mut tree), PROFILES) {
            match found.node.value {
                Value::Map(entries) => self.profiles.extend(entries),
                Value::Null => {}
                Value::Scalar { .. } | Value::Seq(_) => {
                    let problem = Problem {
                        position: Some(found.position),
                        ..Problem::new(
                            &Trail::root().key(PROFILES),
                            "expected a map of names",
                            "write profiles: {staging: {...}}",
                        )
                    };
                    let list = vec![problem];
                    return Err(self.placed(Problems { file: None, list }));
                }
            }
        }
        self.trees.push(tree);
        Ok(())
    }

    /// Adds a profile's layers.
    fn lay(&mut self, profile: &str) -> Result<(), Problems> {
        let beside = self.files.first().and_then(|first| beside(first, profile));
        let beside = beside.filter(|path| path.exists());
        if let Some(path) = &beside {
            self.read(path)?;
        }
        let of_file = usize::from(beside.is_some());
        let mut found = Vec::new();
        for entry in &self.profiles {
            if entry.key == profile {
                found.push(entry.node.clone());
            }
        }
        if found.is_empty() && beside.is_none() {
            return Err(self.unknown(profile));
        }
        // The sections first, then the file of that name.
        let at = self.trees.len() - of_file;
        self.trees.splice(at..at, found);
        Ok(())
    }

    fn unknown(&self, profile: &str) -> Problems {
        let names = || self.profiles.iter().map(|entry| entry.key.as_str());
        let mut known: Vec<&str> = names().collect();
        known.dedup();
        let file = self.files.first().and_then(|first| beside(first, profile));
        let file = file.map_or_else(String::new, |path| format!(", or write {}", path.display()));
        let remedy = match known.as_slice() {
            [] => format!("add it under {PROFILES}{file}"),
            known => format!("known are {}{file}", known.join(", ")),
        };
        let what = format!(
            "there is no profile {profile:?}{}",
            near::hint(profile, names())
        );
        Problems {
            file: self.files.first().cloned(),
            list: vec![Problem::new(&Trail::root(), what, remedy)],
        }
    }

    fn merged(&mut self) -> Node {
        let mut layers = std::mem::take(&mut self.trees).into_iter();
        let empty = Node {
            position: (1, 1),
            value: Value::Null,
        };
        let mut base = layers.next().unwrap_or(empty);
        for mut layer in layers {
            let inner = std::mem::replace(
                inner_mut(&mut layer),
                Node {
                    position: (1, 1),
                    value: Value::Null,
                },
            );
            if !matches!(inner.value, Value::Null) {
                merge(inner_mut(&mut base), inner);
            }
        }
        base
    }

    /// The lines of the files themselves.
    fn placed(&self, problems: Problems) -> Problems {
        let several = self.files.len() > 1;
        let list = problems.list.into_iter().map(|mut problem| {
            if let Some((line, column)) = problem.position {
                problem.position = Some((line % LINES_APART, column));
                let file = self.files.get(line / LINES_APART).filter(|_| several);
                problem.file = file.cloned();
            }
            problem
        });
        let file = self.files.first().filter(|_| !several);
        Problems {
            list: list.collect(),
            file: file.cloned(),
        }
    }
}

/// `base.yaml` and `staging` -> `base.staging.yaml`.
fn beside(path: &Path, profile: &str) -> Option<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !profile.chars().all(plain) {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    let ending = path.extension()?.to_str()?;
    Some(path.with_file_name(format!("{stem}.{profile}.{ending}")))
}

fn shift(node: &mut Node, lines: usize) {
    node.position.0 += lines;
    match &mut node.value {
        Value::Null | Value::Scalar { .. } => {}
        Value::Seq(items) => items.iter_mut().for_each(|item| shift(item, lines)),
        Value::Map(entries) => {
            for entry in entries {
                entry.position.0 += lines;
                shift(&mut entry.node, lines);
            }
        }
    }
}

/// What is under the seed's key, or the whole.
fn inner_mut(tree: &mut Node) -> &mut Node {
    if tree.get(load::WRAPPER).is_none() {
        return tree;
    }
    tree.get_mut(load::WRAPPER).expect("found a line before")
}

fn take(node: &mut Node, key: &str) -> Option<Entry> {
    let Value::Map(entries) = &mut node.value else {
        return None;
    };
    let place = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(place))
}

fn merge(base: &mut Node, over: Node) {
    let named = |items: &[Node]| !items.is_empty() && items.iter().all(|item| name(item).is_some());
    match (&mut base.value, over.value) {
        (Value::Map(entries), Value::Map(more)) => {
            for entry in more {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        known.position = entry.position;
                        merge(&mut known.node, entry.node);
                    }
                    None => entries.push(entry),
                }
            }
        }
        (Value::Seq(items), Value::Seq(more)) if named(items) && named(&more) => {
            for item in more {
                match items.iter_mut().find(|known| name(known) == name(&item)) {
                    Some(known) => merge(known, item),
                    None => items.push(item),
                }
            }
        }
        (_, value) => {
            *base = Node {
                position: over.position,
                value,
            }
        }
    }
}

/// The `name` of a list's item.
fn name(item: &Node) -> Option<&str> {
    match &item.get("name")?.value {
        Value::Scalar { text, .. } => Some(text.as_str()),
        _ => None,
    }
}
