//! Folds facts into state. Hostile facts (no numbers, unknown arms, absurd values) are clamped or
//! left out; nothing panics and nothing grows without a bound.

use super::arm::{ArmPrior, ArmState};
use super::cell::Cell;
use super::classes::Classes;
use super::drift::Direction;
use super::knowledge::Knowledge;
use super::solve::Solution;
use super::sources::Callers;
use super::{Settings, publish};
use crate::domain::{ArmId, ClassId, Context, Fact, Ran, Score};
use std::collections::HashMap;
use std::sync::Arc;

/// Labels longer than this are cut, in characters.
const MAX_LABEL_CHARS: usize = 120;
/// Weight of one imported example at most.
const MAX_EXAMPLE_WEIGHT: f64 = 100.0;

/// Judgements that one beside others on the same prompt is worth: how hard the prompt is cancels where
/// arms are compared, so that it scatters less.
const PAIRED: f64 = 1.5;

/// Something a fact did that a person would want to see.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An arm is known for the first time.
    ArmJoined {
        /// The arm.
        arm: ArmId,
    },
    /// An arm is no longer declared; its evidence is kept.
    ArmLeft {
        /// The arm.
        arm: ArmId,
    },
    /// A prompt unlike all others founded a class.
    ClassFounded {
        /// The new class.
        class: ClassId,
    },
    /// Two classes became one.
    ClassMerged {
        /// The class that holds both now.
        kept: ClassId,
        /// The class that is gone.
        gone: ClassId,
    },
    /// An arm's quality changed. Where it became worse, its evidence is set aside until it is as
    /// good again; where it became better than it ever was, most of it is dropped.
    Drift {
        /// The arm.
        arm: ArmId,
        /// Which way.
        direction: Direction,
    },
}

/// The learner's whole state.
#[derive(Clone, Debug)]
pub struct Learner {
    pub(super) settings: Settings,
    pub(super) classes: Classes,
    /// Groups of classes: the same centroids, coarser.
    pub(super) groups: Classes,
    /// Row of the group of each class.
    pub(super) group: Vec<usize>,
    /// Groups moved: all classes are to be placed again at the next refresh.
    pub(super) regroup: bool,
    pub(super) arms: Vec<ArmState>,
    pub(super) index: HashMap<ArmId, usize>,
    pub(super) callers: Callers,
    /// Choices seen.
    pub(super) chosen: u64,
    /// Sum and number of input tokens (after forgetting).
    pub(super) input_tokens: super::cell::Sum,
    /// Facts since the last refresh.
    pub(super) pending: u32,
    pub(super) version: u64,
    /// Of the last refresh; what judgements are compared with.
    pub(super) solution: Solution,
    pub(super) knowledge: Arc<Knowledge>,
}

impl Learner {
    /// A learner that knows nothing but these arms.
    #[must_use]
    pub fn new(settings: Settings, arms: &[ArmPrior]) -> Self {
        let mut learner = Self {
            settings: settings.bounded(),
            classes: Classes::default(),
            groups: Classes::default(),
            group: Vec::new(),
            regroup: false,
            arms: Vec::new(),
            index: HashMap::new(),
            callers: Callers::default(),
            chosen: 0,
            input_tokens: super::cell::Sum::default(),
            pending: 0,
            version: 0,
            solution: Solution::default(),
            knowledge: Arc::new(Knowledge::empty()),
        };
        learner.declare(arms);
        learner
    }

    /// Says which arms there are now. Arms that are missing keep their evidence for their return;
    /// a new price counts at once. Arms beyond the bound are left out, those that left first.
    pub fn declare(&mut self, arms: &[ArmPrior]) -> Vec<Change> {
        let mut changes = Vec::new();
        let was: Vec<bool> = self.arms.iter().map(|arm| arm.declared).collect();
        self.arms.iter_mut().for_each(|arm| arm.declared = false);
        for prior in arms {
            match self.index.get(&prior.arm).copied() {
                Some(a) => self.arms[a].redeclare(prior),
                None if self.make_room() => {
                    changes.push(Change::ArmJoined {
                        arm: prior.arm.clone(),
                    });
                    self.arms
                        .push(ArmState::new(prior.clone(), self.classes.all.len()));
                    self.reindex();
                }
                None => {}
            }
        }
        for (arm, was) in self.arms.iter().zip(was) {
            if was && !arm.declared {
                changes.push(Change::ArmLeft {
                    arm: arm.prior.arm.clone(),
                });
            }
        }
        self.publish();
        changes
    }

    /// Room for one more arm; the one that left with the least evidence goes first.
    fn make_room(&mut self) -> bool {
        if self.arms.len() < self.settings.max_arms {
            return true;
        }
        let left = self
            .arms
            .iter()
            .enumerate()
            .filter(|(_, arm)| !arm.declared);
        let least = left.min_by(|a, b| a.1.evidence().total_cmp(&b.1.evidence()));
        let Some(a) = least.map(|(a, _)| a) else {
            return false;
        };
        self.arms.remove(a);
        self.solution = Solution::default();
        self.reindex();
        true
    }

    pub(super) fn reindex(&mut self) {
        let names = self.arms.iter().enumerate();
        self.index = names.map(|(a, arm)| (arm.prior.arm.clone(), a)).collect();
    }

    /// Learns one fact. Says what a person would want to see of it.
    pub fn apply(&mut self, fact: &Fact) -> Vec<Change> {
        let mut changes = Vec::new();
        match fact {
            Fact::Chosen { context, arm, .. } => self.choose(context.as_ref(), arm, &mut changes),
            Fact::Ran {
                class, arm, ran, ..
            } => self.ran(*class, arm, ran),
            Fact::Judged {
                context,
                class,
                arm,
                quality,
                replaces,
                source,
                ..
            } => {
                let row = self.place(context.as_ref(), *class);
                self.judged(row, arm, *quality, *replaces, source, &mut changes);
            }
            Fact::Scored {
                context,
                scores,
                weight,
                ..
            } => {
                self.scored(context, scores, *weight, &mut changes);
            }
            Fact::Labelled { class, label } => self.label(*class, label),
        }
        self.pending += 1;
        if self.pending >= self.cadence() {
            self.publish();
        }
        changes
    }

    /// Facts between two refreshes: few while every fact counts, more when they hardly move
    /// anything and a refresh costs more.
    fn cadence(&self) -> u32 {
        let size = (self.classes.all.len() * self.arms.len()) as u64 / 400;
        (self.chosen / 20).clamp(1, 20.max(size)) as u32
    }

    /// Sums were changed in bulk: what is known follows with this very fact.
    pub(super) fn publish_soon(&mut self) {
        self.pending = u32::MAX - 1;
    }

    /// What is known now. Cheap; refreshed while facts are applied.
    #[must_use]
    pub fn knowledge(&self) -> Arc<Knowledge> {
        Arc::clone(&self.knowledge)
    }

    /// Works the knowledge out anew.
    pub(super) fn publish(&mut self) {
        if std::mem::take(&mut self.regroup) {
            (0..self.classes.all.len()).for_each(|row| self.regroup(row));
        }
        self.pending = 0;
        self.version += 1;
        let (solution, knowledge) = publish::publish(self);
        self.solution = solution;
        self.knowledge = Arc::new(knowledge);
    }

    fn choose(&mut self, context: Option<&Context>, arm: &ArmId, changes: &mut Vec<Change>) {
        self.chosen += 1;
        if let Some(context) = context {
            self.take_prompt(context, changes);
        }
        if let Some(&a) = self.index.get(arm) {
            self.arms[a].chosen += 1;
            self.arms[a].last_chosen = self.chosen;
        }
    }

    fn ran(&mut self, class: Option<ClassId>, arm: &ArmId, ran: &Ran) {
        self.input_tokens
            .take(ran.input_tokens.map(|t| t as f64), 1e7);
        let row = class.and_then(|id| self.classes.row(id));
        if let Some(&a) = self.index.get(arm) {
            self.arms[a].count_call(ran.failed);
            self.cell(a, row).ran(ran);
        }
    }

    pub(super) fn cell(&mut self, a: usize, row: Option<usize>) -> &mut Cell {
        let arm = &mut self.arms[a];
        match row {
            Some(row) => &mut arm.cells[row],
            None => &mut arm.unplaced,
        }
    }

    fn scored(
        &mut self,
        context: &Context,
        scores: &[(ArmId, Score)],
        weight: f64,
        changes: &mut Vec<Change>,
    ) {
        if !(weight.is_finite() && weight > 0.0) {
            return;
        }
        let paired = if scores.len() > 1 { PAIRED } else { 1.0 };
        let weight = weight.min(MAX_EXAMPLE_WEIGHT) * paired;
        let row = self.take_prompt(context, changes);
        for (arm, score) in scores.iter().take(self.settings.max_arms) {
            let Some(&a) = self.index.get(arm) else {
                continue;
            };
            let ran = Ran {
                cost_usd: score.cost_usd,
                output_tokens: score.output_tokens,
                ..Ran::default()
            };
            self.cell(a, row).ran(&ran);
            if score.quality.is_finite() {
                let quality = score.quality.clamp(0.0, 1.0);
                self.learn_quality(a, row, (quality, weight), false, changes);
                if scores.len() > 1 {
                    self.arms[a].compared += weight / paired;
                }
            }
        }
    }

    fn label(&mut self, class: ClassId, label: &str) {
        if let Some(row) = self.classes.row(class) {
            let label: String = label.chars().take(MAX_LABEL_CHARS).collect();
            self.classes.all[row].label = label;
        }
    }
}
