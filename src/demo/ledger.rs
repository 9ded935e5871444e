//! What was seen from outside, request by request, and the shares and sums drawn from it. Pure.

use super::traffic::Request;
use crate::domain::ArmId;
use crate::provider::simulated::Kind;
use std::collections::BTreeMap;

/// One answered request.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was asked.
    pub request: Request,
    /// The arm that served.
    pub arm: ArmId,
    /// The class that the service put the prompt into.
    pub class: Option<String>,
    /// Judged quality in [0, 1].
    pub quality: f64,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// The service tried an arm that was not the best by its estimate.
    pub explored: bool,
    /// Upstream calls, more than one after a failure.
    pub attempts: usize,
}

/// All answered requests in order.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    /// Requests that no arm could answer.
    pub failed: usize,
}

impl Ledger {
    /// Takes one in.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The `part`-th of `of` equal stretches.
    #[must_use]
    pub fn stretch(&self, part: usize, of: usize) -> &[Entry] {
        let n = self.entries.len();
        let at = |part: usize| part.min(of) * n / of.max(1);
        &self.entries[at(part)..at(part + 1)]
    }

    /// What all answers cost, in US dollars.
    #[must_use]
    pub fn cost_usd(&self) -> f64 {
        self.entries.iter().map(|entry| entry.cost_usd).sum()
    }

    /// Mean quality; 0 before the first answer.
    #[must_use]
    pub fn quality(&self) -> f64 {
        mean_quality(&self.entries)
    }

    /// The requests that were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.entries.iter().map(|entry| entry.request).collect()
    }

    /// For each class its size and the kind that most of its prompts are of, with their share.
    #[must_use]
    pub fn classes(&self) -> BTreeMap<String, ClassSeen> {
        let mut counts: BTreeMap<String, BTreeMap<Kind, usize>> = BTreeMap::new();
        for entry in &self.entries {
            if let Some(class) = &entry.class {
                *counts
                    .entry(class.clone())
                    .or_default()
                    .entry(entry.request.kind)
                    .or_default() += 1;
            }
        }
        counts
            .into_iter()
            .filter_map(|(class, kinds)| {
                let (kind, most) = kinds.iter().max_by_key(|(_, n)| **n)?;
                let prompts: usize = kinds.values().sum();
                let share = *most as f64 / prompts as f64;
                Some((
                    class,
                    ClassSeen {
                        prompts,
                        kind: *kind,
                        share,
                    },
                ))
            })
            .collect()
    }
}

/// A learned class as the audience sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassSeen {
    /// Prompts that were put into it.
    pub prompts: usize,
    /// What most of them are.
    pub kind: Kind,
    /// Share of that kind, in (0, 1].
    pub share: f64,
}

/// Share of requests of a kind that an arm served; `None` without such requests.
#[must_use]
pub fn share(entries: &[Entry], kind: Kind, arm: &ArmId) -> Option<f64> {
    let of_kind = || entries.iter().filter(|entry| entry.request.kind == kind);
    let n = of_kind().count();
    let served = of_kind().filter(|entry| entry.arm == *arm).count();
    (n > 0).then(|| served as f64 / n as f64)
}

/// Mean quality; 0 for none.
#[must_use]
pub fn mean_quality(entries: &[Entry]) -> f64 {
    let sum: f64 = entries.iter().map(|entry| entry.quality).sum();
    sum / (entries.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, arm: &str, class: &str) -> Entry {
        Entry {
            request: Request { kind, prompt: "p" },
            arm: ArmId::new(arm),
            class: Some(class.into()),
            quality: 0.5,
            cost_usd: 0.25,
            explored: false,
            attempts: 1,
        }
    }

    #[test]
    fn shares_and_sums_are_those_of_the_entries() {
        let mut ledger = Ledger::default();
        for (kind, arm, class) in [
            (Kind::Code, "a", "c1"),
            (Kind::Code, "b", "c1"),
            (Kind::Factual, "b", "c1"),
            (Kind::Code, "b", "c2"),
        ] {
            ledger.add(entry(kind, arm, class));
        }
        assert_eq!(ledger.cost_usd(), 1.0);
        assert_eq!(ledger.quality(), 0.5);
        assert_eq!(ledger.stretch(1, 2).len(), 2);
        let a = ArmId::new("a");
        assert_eq!(share(ledger.stretch(0, 2), Kind::Code, &a), Some(0.5));
        assert_eq!(share(ledger.stretch(1, 2), Kind::Code, &a), Some(0.0));
        assert_eq!(share(ledger.entries(), Kind::Creative, &a), None);
        let seen = ledger.classes()["c1"];
        assert_eq!((seen.prompts, seen.kind), (3, Kind::Code));
        assert!((seen.share - 2.0 / 3.0).abs() < 1e-9);
    }
}
