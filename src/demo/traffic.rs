//! Which prompts are sent, in which order: as many of each kind, mixed by a seed.

use crate::provider::simulated::Kind;
use rand::{SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;

/// One request of the demonstration. The service sees the prompt alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its kind, which only the audience knows.
    pub kind: Kind,
    /// The prompt.
    pub prompt: &'static str,
}

/// `count` requests of these kinds. No prompt comes twice before all of its kind have come.
#[must_use]
pub fn traffic(kinds: &[Kind], count: usize, seed: u64) -> Vec<Request> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut decks: Vec<Vec<Request>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut order: Vec<usize> = Vec::new();
    let mut requests = Vec::with_capacity(count);
    while requests.len() < count && !kinds.is_empty() {
        if order.is_empty() {
            order = (0..kinds.len()).collect();
            order.shuffle(&mut chance);
        }
        let Some(next) = order.pop() else { break };
        if decks[next].is_empty() {
            decks[next] = deck(kinds[next], &mut chance);
        }
        requests.extend(decks[next].pop());
    }
    requests
}

fn deck(kind: Kind, chance: &mut ChaCha8Rng) -> Vec<Request> {
    let mut deck: Vec<Request> = kind
        .prompts()
        .map(|prompt| Request { kind, prompt })
        .collect();
    deck.shuffle(chance);
    deck
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_kinds_are_mixed_evenly_and_nothing_repeats_early() {
        let requests = traffic(&Kind::FIVE, 300, 4);
        for kind in Kind::FIVE {
            assert_eq!(requests.iter().filter(|r| r.kind == kind).count(), 60);
            let first = &requests[..50];
            assert_eq!(first.iter().filter(|r| r.kind == kind).count(), 10);
        }
        let distinct: HashSet<&str> = requests.iter().map(|r| r.prompt).collect();
        assert_eq!(distinct.len(), 300);
        assert_eq!(requests, traffic(&Kind::FIVE, 300, 4));
        assert_ne!(requests, traffic(&Kind::FIVE, 300, 5));
    }

    #[test]
    fn more_than_the_corpus_holds_and_nothing_at_all_are_both_fine() {
        assert_eq!(traffic(&[Kind::Code], 200, 1).len(), 200);
        assert!(traffic(&[], 10, 1).is_empty());
    }
}
