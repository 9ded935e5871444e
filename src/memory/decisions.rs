//! Looking decisions up, with what became of them.

use super::{
    Memory, ReadError,
    key::{self, Part},
    record::Stored as _,
};
use crate::domain::{ArmId, ClassId, Decision, DecisionId, Feedback, Outcome, OutcomeStatus};

/// Records looked at for one page at most: a rare thing is found over several pages.
const MAX_SCANNED: usize = 20_000;

/// A decision and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The decision.
    pub decision: Decision,
    /// Its outcome, once there is one.
    pub outcome: Option<Outcome>,
    /// All feedback on it, oldest first, corrected ones included.
    pub feedback: Vec<Feedback>,
}

impl Stored {
    /// The feedback that stands: all but the qualities that a later one of the same source for the
    /// same arm replaced.
    #[must_use]
    pub fn standing_feedback(&self) -> Vec<&Feedback> {
        let standing = self.feedback.iter().zip(replaced(&self.feedback));
        standing
            .filter(|(_, replaced)| !replaced)
            .map(|(feedback, _)| feedback)
            .collect()
    }

    /// The quality that counts, where it was judged.
    #[must_use]
    pub fn quality(&self) -> Option<f64> {
        let standing = self.standing_feedback();
        standing.iter().rev().find_map(|feedback| feedback.quality)
    }
}

/// Which of a decision's judgements, oldest first, a later one replaced.
pub fn replaced(feedback: &[Feedback]) -> impl Iterator<Item = bool> + '_ {
    let judges = |one: &Feedback| one.quality.is_some();
    feedback.iter().enumerate().map(move |(at, old)| {
        let same = |new: &Feedback| (&new.source, &new.arm) == (&old.source, &old.arm);
        let mut later = feedback[at + 1..].iter();
        judges(old) && later.any(|new| judges(new) && same(new))
    })
}

/// Which decisions are wanted; `None` = any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who asked.
    pub tenant: Option<String>,
    /// The chosen arm.
    pub arm: Option<ArmId>,
    /// The class.
    pub class: Option<ClassId>,
    /// How it ended.
    pub status: Option<OutcomeStatus>,
    /// The policy.
    pub policy: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The caller's own id of the request.
    pub request_id: Option<String>,
    /// Has it a quality?
    pub judged: Option<bool>,
    /// Was another arm than the best by score chosen?
    pub explored: Option<bool>,
    /// Made at or after, in Unix milliseconds.
    pub since_ms: Option<u64>,
    /// Made before, in Unix milliseconds.
    pub until_ms: Option<u64>,
}

impl Filter {
    fn takes(&self, stored: &Stored) -> bool {
        fn fits<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted.as_ref() == found
        }
        let Stored {
            decision, outcome, ..
        } = stored;
        fits(&self.tenant, decision.tenant.as_ref())
            && fits(&self.arm, Some(&decision.ranking.chosen))
            && fits(&self.class, decision.ranking.class.as_ref())
            && fits(&self.policy, Some(&decision.policy))
            && fits(&self.session, decision.session.as_ref())
            && fits(&self.request_id, decision.request_id.as_ref())
            && fits(&self.explored, Some(&decision.ranking.explored))
            && fits(&self.judged, Some(&stored.quality().is_some()))
            && fits(
                &self.status,
                outcome.as_ref().map(|outcome| &outcome.status),
            )
    }
}

/// Some decisions, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The decisions; may be fewer than asked for although more follow.
    pub decisions: Vec<Stored>,
    /// Give this back to go on; `None` = that was all.
    pub next: Option<DecisionId>,
}

impl Memory {
    /// A decision by id; `None` where it never was or is no longer kept.
    ///
    /// # Errors
    /// The store failed.
    pub fn decision(&self, id: DecisionId) -> Result<Option<Stored>, ReadError> {
        let (from, to) = (
            key::decision(id, Part::Decision),
            key::decision(id, Part::Feedback),
        );
        let mut found = Found::default();
        let mut upto = to.to_vec();
        upto.push(0);
        for entry in self.store.range(from.to_vec()..upto) {
            let (key, stored) = entry?;
            found.take(self, &key, &stored);
        }
        Ok(found.into_stored())
    }

    /// Feedback that was taken for this decision under this request id.
    ///
    /// # Errors
    /// The store failed.
    pub fn feedback_seen(
        &self,
        decision: DecisionId,
        request_id: &str,
    ) -> Result<Option<Feedback>, ReadError> {
        let key = key::decision(decision, Part::Feedback);
        let mut found = Found::default();
        if let Some(stored) = self.store.get(&key)? {
            found.take(self, &key, &stored);
        }
        let mut all = found.feedback.into_iter();
        Ok(all.find(|feedback| feedback.request_id.as_deref() == Some(request_id)))
    }

    /// Decisions newest first, `limit` at most, from `before` (a page's `next`) on.
    ///
    /// # Errors
    /// The store failed.
    pub fn list(
        &self,
        filter: &Filter,
        before: Option<DecisionId>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        let from = DecisionId::from_parts(filter.since_ms.unwrap_or(0), 0);
        let mut until = before.unwrap_or(DecisionId(u128::MAX));
        if let Some(until_ms) = filter.until_ms {
            until = until.min(DecisionId::from_parts(until_ms, 0));
        }
        let keys = key::decision(from, Part::Decision)..key::decision(until, Part::Decision);
        if keys.start >= keys.end {
            return Ok(Page::default());
        }
        let mut scan = self
            .store
            .range(keys.start.to_vec()..keys.end.to_vec())
            .rev();
        let mut page = Page::default();
        let mut found = Found::default();
        for _ in 0..MAX_SCANNED {
            let Some(entry) = scan.next() else {
                page.next = None;
                return Ok(page);
            };
            let (key, stored) = entry?;
            // Backwards, a decision comes after its feedback and its outcome.
            let Some((id, part)) = key::parse_decision(&key) else {
                continue;
            };
            found.of(id).take(self, &key, &stored);
            if part != Part::Decision {
                continue;
            }
            page.next = Some(id);
            let stored = std::mem::take(&mut found).into_stored();
            page.decisions
                .extend(stored.filter(|stored| filter.takes(stored)));
            if page.decisions.len() >= limit {
                return Ok(page);
            }
        }
        Ok(page)
    }
}

/// The parts of one decision as they are met.
#[derive(Default)]
struct Found {
    id: Option<DecisionId>,
    decision: Option<Decision>,
    outcome: Option<Outcome>,
    feedback: Vec<Feedback>,
}

impl Found {
    /// Forgets what belongs to another decision.
    fn of(&mut self, id: DecisionId) -> &mut Self {
        if self.id != Some(id) {
            *self = Self {
                id: Some(id),
                ..Self::default()
            };
        }
        self
    }

    fn take(&mut self, memory: &Memory, key: &[u8], stored: &[u8]) {
        let taken = match key::parse_decision(key) {
            Some((_, Part::Decision)) => {
                Decision::load(key, stored).map(|decision| self.decision = Some(decision))
            }
            Some((_, Part::Outcome)) => {
                Outcome::load(key, stored).map(|outcome| self.outcome = Some(outcome))
            }
            Some((_, Part::Feedback)) => Vec::load(key, stored).map(|all| self.feedback = all),
            None => return,
        };
        if let Err(damage) = taken {
            memory.set_aside(key, stored, &damage);
        }
    }

    fn into_stored(self) -> Option<Stored> {
        Some(Stored {
            decision: self.decision?,
            outcome: self.outcome,
            feedback: self.feedback,
        })
    }
}
