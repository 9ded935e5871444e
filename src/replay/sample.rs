//! Which rows of a file are replayed: all of a short one, a fixed sample of a long one. Rows are
//! taken one by one and at most `limit` are held, whatever the length of the file.
//!
//! The sample is the rows whose hashed ids are least, so that it does not depend on their order.

use super::dataset::{Row, content_key};
use std::collections::{BTreeMap, BinaryHeap};

/// Characters of a prompt that are kept: no embedder and no feature looks further.
const MAX_PROMPT_BYTES: usize = 32 * 1024;

/// Rows on their way in.
pub(super) struct Sample {
    limit: usize,
    seen: usize,
    /// Greatest hash first, to be put out by lesser ones.
    held: BinaryHeap<Held>,
}

struct Held {
    key: [u8; 16],
    line: usize,
    row: Row,
}

/// Rows that are replayed.
pub(super) struct Chosen {
    /// In the order of the file; each has an answer of every arm.
    pub rows: Vec<Row>,
    /// By name.
    pub arms: Vec<String>,
    /// Rows of the file.
    pub seen: usize,
    /// Arms that answered less than half of the prompts.
    pub sparse_arms: Vec<String>,
    /// Rows left out because not all other arms answered.
    pub incomplete: usize,
}

impl Sample {
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            seen: 0,
            held: BinaryHeap::new(),
        }
    }

    pub fn take(&mut self, mut row: Row) {
        let line = self.seen;
        self.seen += 1;
        let key = content_key(&row.id);
        if self.held.len() == self.limit {
            if self.held.peek().is_some_and(|most| most.key <= key) {
                return;
            }
            self.held.pop();
        }
        let mut end = row.prompt.len().min(MAX_PROMPT_BYTES);
        while !row.prompt.is_char_boundary(end) {
            end -= 1;
        }
        row.prompt.truncate(end);
        self.held.push(Held { key, line, row });
    }

    pub fn choose(self) -> Chosen {
        let mut held = self.held.into_vec();
        held.sort_by_key(|held| held.line);
        let mut rows: Vec<Row> = held.into_iter().map(|held| held.row).collect();
        let mut answers: BTreeMap<String, usize> = BTreeMap::new();
        for arm in rows.iter().flat_map(|row| row.answers.keys()) {
            *answers.entry(arm.clone()).or_default() += 1;
        }
        let (arms, sparse): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|(_, count)| 2 * count >= rows.len());
        let names = |arms: Vec<(String, usize)>| -> Vec<String> {
            arms.into_iter().map(|(arm, _)| arm).collect()
        };
        let (arms, sparse_arms) = (names(arms), names(sparse));
        for row in &mut rows {
            row.answers.retain(|arm, _| arms.binary_search(arm).is_ok());
        }
        let held = rows.len();
        rows.retain(|row| row.answers.len() == arms.len());
        Chosen {
            incomplete: held - rows.len(),
            rows,
            arms,
            seen: self.seen,
            sparse_arms,
        }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::dataset::Graded;

    fn row(id: usize, arms: &[&str]) -> Row {
        let graded = Graded {
            quality: 0.5,
            cost_usd: None,
            input_tokens: None,
            output_tokens: None,
        };
        Row {
            id: id.to_string(),
            task: String::new(),
            prompt: String::new(),
            answers: arms.iter().map(|a| ((*a).to_owned(), graded)).collect(),
        }
    }

    fn ids(order: impl Iterator<Item = usize>) -> Vec<String> {
        let mut sample = Sample::new(10);
        for id in order {
            sample.take(row(id, &["a", "b"]));
            assert!(sample.held.len() <= 10, "memory is bounded");
        }
        let mut ids: Vec<String> = sample.choose().rows.into_iter().map(|r| r.id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order() {
        let forth = ids(0..1000);
        assert_eq!(forth.len(), 10);
        assert_eq!(forth, ids((0..1000).rev()));
    }

    #[test]
    fn arms_that_hardly_answered_and_rows_with_gaps_are_left_out() {
        let mut sample = Sample::new(100);
        for id in 0..30 {
            sample.take(row(id, &["a", "b"]));
        }
        sample.take(row(30, &["a"]));
        sample.take(row(31, &["a", "b", "seldom"]));
        let chosen = sample.choose();
        assert_eq!(
            (chosen.rows.len(), chosen.incomplete, chosen.seen),
            (31, 1, 32)
        );
        assert_eq!(chosen.sparse_arms, ["seldom"]);
    }
}
