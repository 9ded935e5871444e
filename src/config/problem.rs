//! What is wrong with a configuration: where, what, and what to do.

use std::{fmt, path::PathBuf};

/// One step from a value to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where a value is: `providers[0].rate_limit`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Trail(Vec<Step>);

impl Trail {
    /// The whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The value under this key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// The element at this place, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// Is it the other, or inside it?
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The first step's key and the rest; `None` at the end or at an element.
    pub(super) fn split_key(&self) -> Option<(&str, Self)> {
        match self.0.split_first() {
            Some((Step::Key(key), rest)) => Some((key, Self(rest.to_vec()))),
            _ => None,
        }
    }

    /// The first step's index and the rest; `None` at the end or at a key.
    pub(super) fn split_index(&self) -> Option<(usize, Self)> {
        match self.0.split_first() {
            Some((Step::Index(index), rest)) => Some((*index, Self(rest.to_vec()))),
            _ => None,
        }
    }

    /// The other trail, from this one on.
    pub(super) fn join(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).cloned().collect())
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.contains(['.', '[', ' ']) => write!(f, "{dot}{key:?}")?,
                Step::Key(key) => write!(f, "{dot}{key}")?,
            }
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the document.
    pub trail: Trail,
    /// The file, where the configuration has several.
    pub file: Option<PathBuf>,
    /// Line from 1 and column from 1, where there is a text.
    pub position: Option<(usize, usize)>,
    /// What is wrong. Never contains a value that came from the environment.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// A problem whose position is found later, by its trail.
    pub fn new(trail: &Trail, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            trail: trail.clone(),
            file: None,
            position: None,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}, ", file.display())?;
        }
        if let Some((line, column)) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        let trail = self.trail.to_string();
        if !trail.is_empty() {
            write!(f, "{trail}: ")?;
        }
        f.write_str(&self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "\n    {}", self.remedy)?;
        }
        Ok(())
    }
}

/// All that is wrong with one configuration, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display())?,
            None => f.write_str("the configuration")?,
        }
        match self.list.len() {
            1 => f.write_str(" has a problem:")?,
            n => write!(f, " has {n} problems:")?,
        }
        for problem in &self.list {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
