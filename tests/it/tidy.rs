//! The house rules that a compiler does not hold: heads, sizes, directions between modules, who may
//! speak to which library, no paths of one machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

const MAX_LINES: usize = 400;

/// Which modules a module may name. A module that is not listed may name none: add a line, and ask
/// yourself on the way whether the arrow points inwards.
const DIRECTIONS: &[(&str, &str)] = &[
    ("domain", ""),
    ("near", ""),
    ("clock", ""),
    ("strategy", "domain near"),
    ("catalogue", "domain near"),
    ("rng", "domain"),
    ("learn", "domain"),
    ("decide", "domain learn"),
    ("breaker", "domain"),
    ("consensus", "domain"),
    ("embed", "domain clock"),
    ("provider", "domain clock"),
    ("memory", "domain clock"),
    ("dispatch", "domain breaker clock consensus provider rng"),
    ("config", "domain catalogue near provider strategy"),
    (
        "engine",
        "domain breaker catalogue clock config consensus decide dispatch embed learn memory near provider rng strategy",
    ),
    ("keys", ""),
    ("service", "clock domain engine keys near proto"),
    ("http", "domain clock engine keys"),
    ("serve", "clock config engine http keys service"),
    ("proto", ""),
    ("telemetry", "config clock"),
    (
        "replay",
        "domain breaker clock config decide embed learn near rng strategy",
    ),
    ("demo", "clock config domain engine proto provider rng"),
    ("load", "proto"),
    (
        "bench",
        "clock config decide domain embed engine learn load",
    ),
    (
        "cli",
        "bench catalogue clock config demo domain embed engine http learn load memory near proto provider replay rng serve service strategy telemetry",
    ),
    ("lib", ""),
    (
        "main",
        "catalogue cli clock config demo engine http service telemetry",
    ),
];

/// Libraries that only these modules may name.
const LIBRARIES: &[(&str, &str)] = &[
    ("tonic", "service proto demo load bench cli"),
    ("prost", "service proto load cli"),
    ("prost_reflect", "cli"),
    ("prost_types", "service proto demo cli"),
    ("sled", "memory"),
    ("reqwest", "provider config"),
    ("axum", "http"),
    ("fastembed", "embed"),
    ("ort", "embed"),
    ("clap", "cli main demo replay"),
    ("cel", "strategy decide engine"),
];

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

impl Source {
    fn shown(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    /// The code without comments and without the unit tests at its end.
    fn code(&self) -> impl Iterator<Item = &str> {
        let end = self.text.find("\n#[cfg(test)]\nmod ");
        let code = &self.text[..end.unwrap_or(self.text.len())];
        let tests = self.path.ends_with("tests.rs") || self.path.iter().any(|part| part == "tests");
        code.lines()
            .filter(move |_| !tests)
            .filter(|line| !line.trim_start().starts_with("//"))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    paths.sort();
    let sources: Vec<Source> = paths
        .into_iter()
        .map(|path| {
            let inner = path.strip_prefix(&src).unwrap();
            let first = inner.iter().next().unwrap().to_string_lossy();
            Source {
                module: first.trim_end_matches(".rs").to_owned(),
                text: fs::read_to_string(&path).unwrap(),
                path,
            }
        })
        .collect();
    assert!(sources.len() > 20, "the source was not found");
    sources
}

/// Identifiers that follow `before` in a line.
fn names_after<'a>(line: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(before).map(move |(at, _)| {
        let rest = &line[at + before.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    })
}

fn is_listed(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn each_file_says_why_it_exists_and_is_short() {
    let mut complaints = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            complaints.push(format!("{}: no //! head", source.shown()));
        }
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            complaints.push(format!("{}: {lines} lines", source.shown()));
        }
    }
    none(&complaints);
}

#[test]
fn modules_know_only_what_they_may() {
    let mut complaints = Vec::new();
    for source in sources() {
        let row = DIRECTIONS.iter().find(|(name, _)| *name == source.module);
        let Some((_, allowed)) = row else {
            complaints.push(format!("{}: no line in DIRECTIONS", source.shown()));
            continue;
        };
        for line in source.code() {
            let before = if source.module == "main" {
                "pointsman::"
            } else {
                "crate::"
            };
            for name in names_after(line, before) {
                let known = DIRECTIONS.iter().any(|(module, _)| *module == name);
                if known && name != source.module && !is_listed(allowed, name) {
                    complaints.push(format!("{}: names {name}", source.shown()));
                }
            }
        }
    }
    none(&complaints);
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut complaints = Vec::new();
    for source in sources() {
        for (library, homes) in LIBRARIES {
            let path = format!("{library}::");
            let is_named = |line: &str| {
                line.match_indices(&path).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c))
                })
            };
            if !is_listed(homes, &source.module) && source.code().any(is_named) {
                complaints.push(format!("{}: names {library}", source.shown()));
            }
        }
    }
    none(&complaints);
}

#[test]
fn the_core_has_no_clock_no_chance_and_does_not_wait() {
    let core = "domain learn decide breaker consensus near";
    let forbidden = [
        "std::time::Instant",
        "SystemTime",
        "std::fs",
        "std::net",
        "std::env",
        "tokio::",
        "async fn",
        ".await",
        "println!",
        "tracing::",
    ];
    let mut complaints = Vec::new();
    for source in sources() {
        if !is_listed(core, &source.module) {
            continue;
        }
        for word in forbidden {
            if source.code().any(|line| line.contains(word)) {
                complaints.push(format!("{}: has {word}", source.shown()));
            }
        }
    }
    none(&complaints);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "proto", "scripts", ".ci", "benches", "docs"] {
        let folder = root().join(folder);
        if folder.is_dir() {
            files(&folder, &mut paths);
        }
    }
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with(".git") {
            paths.push(path);
        }
    }
    let machine: Vec<String> = ["work", "root", "tmp/bash_jobs"]
        .iter()
        .map(|name| format!("/{name}/"))
        .collect();
    let mut complaints = Vec::new();
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            for place in &machine {
                let own = line.match_indices(place.as_str()).any(|(i, _)| {
                    !line[..i].ends_with(|c: char| c.is_alphanumeric() || "._-/}~$".contains(c))
                });
                if own {
                    complaints.push(format!("{}:{}: {place}", path.display(), at + 1));
                }
            }
        }
    }
    none(&complaints);
}
