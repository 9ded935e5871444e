//! Judgements: found to their decision, told apart from repeats and corrections, and put into the
//! group with what they teach.

use super::{command::Ack, group::Group, recent::Entry, writer::Writer};
use crate::{
    domain::{DecisionId, Feedback},
    engine::{
        api::{EngineError, FeedbackAccepted},
        events, facts,
    },
};
use std::sync::Arc;

impl Writer {
    pub(super) fn judge(
        &mut self,
        feedback: Feedback,
        ack: Ack<FeedbackAccepted>,
        group: &mut Group,
    ) {
        let told = feedback.clone();
        match self.take_judgement(feedback, group) {
            Ok(answer) => {
                if !answer.duplicate {
                    self.tell_judgement(&told);
                }
                group.when_learned(ack, answer);
            }
            Err(error) => {
                let _ = ack.send(Err(error));
            }
        }
    }

    /// Puts a judgement into the group, unless it is there already.
    pub(super) fn take_judgement(
        &mut self,
        feedback: Feedback,
        group: &mut Group,
    ) -> Result<FeedbackAccepted, EngineError> {
        let entry = self.entry(feedback.decision)?;
        if entry
            .feedback
            .iter()
            .any(|known| is_repeat(known, &feedback))
        {
            return Ok(FeedbackAccepted {
                applied: false,
                duplicate: true,
                replaced: false,
            });
        }
        let replaces = replaced_quality(&entry.feedback, &feedback);
        let taught =
            facts::of_feedback(&entry.decision, entry.outcome.as_ref(), &feedback, replaces);
        let answer = FeedbackAccepted {
            applied: !taught.is_empty(),
            duplicate: false,
            replaced: replaces.is_some(),
        };
        entry.feedback.push(feedback.clone());
        let (decision, outcome) = (Arc::clone(&entry.decision), entry.outcome.clone());
        if let Some(quality) = feedback.quality {
            let mut spend = self.shared.ledger();
            let key = spend.judge(&decision, outcome.as_ref(), quality, replaces);
            let row = spend.row(&key).cloned();
            group.rows.insert(key, row);
        }
        group.facts.extend(taught);
        group.batch.feedback.push(feedback);
        Ok(answer)
    }

    fn tell_judgement(&mut self, feedback: &Feedback) {
        if self.events.receiver_count() == 0 {
            return;
        }
        let now_ms = self.clock.now_ms();
        let Ok(entry) = self.entry(feedback.decision) else {
            return;
        };
        let event = events::feedback(now_ms, &entry.decision, feedback);
        let _ = self.events.send(event);
    }

    /// The decision with what followed, from the newest or from disk.
    pub(super) fn entry(&mut self, id: DecisionId) -> Result<&mut Entry, EngineError> {
        if self.recent.get_mut(id).is_none() {
            let stored = self
                .memory
                .decision(id)
                .map_err(|error| EngineError::Memory(error.to_string()))?;
            let stored = stored.ok_or(EngineError::UnknownDecision { id })?;
            self.recent.insert(Entry {
                decision: Arc::new(stored.decision),
                outcome: stored.outcome,
                feedback: stored.feedback,
            });
        }
        self.recent
            .get_mut(id)
            .ok_or(EngineError::UnknownDecision { id })
    }
}

/// The same judgement again: by the caller's id of it, or word for word.
fn is_repeat(known: &Feedback, new: &Feedback) -> bool {
    (new.request_id.is_some() && known.request_id == new.request_id) || known == new
}

/// The quality that this source gave this arm last, where a correction replaces it.
fn replaced_quality(earlier: &[Feedback], feedback: &Feedback) -> Option<f64> {
    feedback.quality?;
    earlier
        .iter()
        .rev()
        .filter(|e| e.source == feedback.source && e.arm == feedback.arm)
        .find_map(|e| e.quality)
}
