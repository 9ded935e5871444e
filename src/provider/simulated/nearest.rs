//! Which kind's words does a prompt share most? Naive Bayes over words, learned from the corpus.
//!
//! Only for prompts that the corpus does not hold. It ignores order beyond the first two words.

use super::kind::Kind;
use std::collections::HashMap;

const KINDS: usize = Kind::ALL.len();
/// Occurrences that every word is credited with in every kind, so that no word rules a kind out.
const SMOOTHING: f64 = 0.4;

/// Word counts by kind.
#[derive(Debug, Default)]
pub(super) struct Nearest {
    words: HashMap<String, [f64; KINDS]>,
    totals: [f64; KINDS],
}

impl Nearest {
    /// Counts the words of these prompts.
    pub(super) fn learn<'a>(prompts: impl Iterator<Item = (&'a str, Kind)>) -> Self {
        let mut nearest = Self::default();
        for (prompt, kind) in prompts {
            for word in features(prompt) {
                nearest.words.entry(word).or_default()[kind as usize] += 1.0;
                nearest.totals[kind as usize] += 1.0;
            }
        }
        nearest
    }

    /// The most likely kind; the first one for a prompt without known words.
    pub(super) fn kind(&self, prompt: &str) -> Kind {
        let mut scores = [0.0; KINDS];
        for counts in features(prompt).iter().filter_map(|w| self.words.get(w)) {
            for (kind, score) in scores.iter_mut().enumerate() {
                let of = self.totals[kind] + SMOOTHING * self.words.len() as f64;
                *score += ((counts[kind] + SMOOTHING) / of).ln();
            }
        }
        Kind::ALL
            .into_iter()
            .rev()
            .max_by(|a, b| scores[*a as usize].total_cmp(&scores[*b as usize]))
            .unwrap_or(Kind::Factual)
    }
}

/// Lower-case words with digits as `#`, at most 400; the first two also with their place.
fn features(prompt: &str) -> Vec<String> {
    let mut words: Vec<String> = prompt
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(400)
        .map(|word| {
            let lower = word.to_lowercase();
            if lower.chars().all(|c| c.is_ascii_digit()) {
                "#".to_owned()
            } else {
                lower
            }
        })
        .collect();
    let opening: Vec<String> = words
        .iter()
        .take(2)
        .map(|word| format!("^{word}"))
        .collect();
    words.extend(opening);
    words
}
