//! Kinds of prompts that the simulated models know, and how they tell them apart.
//!
//! A prompt of the shipped corpus has its kind by exact look-up. Any other gets the kind whose words
//! it shares most ([`super::nearest`]): good enough to play with, and not the router's own
//! classification, which knows nothing of these kinds.

use super::nearest::Nearest;
use std::{collections::HashMap, fmt, sync::LazyLock};

/// A kind of prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Writing, mending and explaining programs.
    Code,
    /// Calculations and proofs.
    Mathematics,
    /// Facts out of a text into fields and labels.
    Extraction,
    /// Texts made shorter.
    Summarising,
    /// Poems, stories, names.
    Creative,
    /// Questions with a known answer.
    Factual,
    /// From one language into another.
    Translation,
    /// Plans, comparisons, puzzles.
    Planning,
}

impl Kind {
    /// All kinds; an index into a table by kind is `kind as usize`.
    pub const ALL: [Self; 8] = [
        Self::Code,
        Self::Mathematics,
        Self::Extraction,
        Self::Summarising,
        Self::Creative,
        Self::Factual,
        Self::Translation,
        Self::Planning,
    ];

    /// The kinds of the demonstration: each of them has a best model of its own.
    pub const FIVE: [Self; 5] = [
        Self::Code,
        Self::Mathematics,
        Self::Extraction,
        Self::Creative,
        Self::Factual,
    ];

    /// The kind's name, also that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Mathematics => "mathematics",
            Self::Extraction => "extraction",
            Self::Summarising => "summarising",
            Self::Creative => "creative",
            Self::Factual => "factual",
            Self::Translation => "translation",
            Self::Planning => "planning",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of this prompt.
    #[must_use]
    pub fn of(prompt: &str) -> Self {
        let prompt = prompt.trim();
        CORPUS
            .exact
            .get(prompt)
            .copied()
            .unwrap_or_else(|| CORPUS.nearest.kind(prompt))
    }

    /// The shipped prompts of this kind, at least sixty.
    pub fn prompts(self) -> impl Iterator<Item = &'static str> {
        self.text().lines().filter(|line| !line.is_empty())
    }

    fn text(self) -> &'static str {
        match self {
            Self::Code => include_str!("../../demo/corpus/code.txt"),
            Self::Mathematics => include_str!("../../demo/corpus/mathematics.txt"),
            Self::Extraction => include_str!("../../demo/corpus/extraction.txt"),
            Self::Summarising => include_str!("../../demo/corpus/summarising.txt"),
            Self::Creative => include_str!("../../demo/corpus/creative.txt"),
            Self::Factual => include_str!("../../demo/corpus/factual.txt"),
            Self::Translation => include_str!("../../demo/corpus/translation.txt"),
            Self::Planning => include_str!("../../demo/corpus/planning.txt"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

struct Corpus {
    exact: HashMap<&'static str, Kind>,
    nearest: Nearest,
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let all = || {
        Kind::ALL
            .into_iter()
            .flat_map(|kind| kind.prompts().map(move |prompt| (prompt, kind)))
    };
    Corpus {
        exact: all().collect(),
        nearest: Nearest::learn(all()),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_is_large_and_without_repetition() {
        for kind in Kind::ALL {
            assert!(kind.prompts().count() >= 60, "{kind}");
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert!(kind.prompts().all(|prompt| Kind::of(prompt) == kind));
        }
        let all: usize = Kind::ALL.iter().map(|kind| kind.prompts().count()).sum();
        assert_eq!(CORPUS.exact.len(), all, "a prompt occurs twice");
    }

    #[test]
    fn prompts_that_are_not_in_the_corpus_mostly_get_their_kind() {
        let foreign = include_str!("../../../tests/data/warm_up.tsv");
        let rows: Vec<(&str, &str)> = foreign
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect();
        let right = rows
            .iter()
            .filter(|(kind, prompt)| Kind::of(prompt).name() == *kind)
            .count();
        assert_eq!(rows.len(), 200);
        assert!(right >= 160, "{right} of 200");
    }
}
