//! Where prompts lie: each one joins, founds or merges classes; judgements find their row by it.

use super::cell::Cell;
use super::classes::Move;
use super::context::vector;
use super::{Change, Learner};
use crate::domain::{ClassId, Context};

impl Learner {
    /// Lets a prompt move the classes. Its row, where it has one.
    pub(super) fn take_prompt(
        &mut self,
        context: &Context,
        changes: &mut Vec<Change>,
    ) -> Option<usize> {
        let mut prompt = Vec::new();
        vector(context, &mut prompt);
        if prompt.iter().all(|x| *x == 0.0) {
            return None;
        }
        let ids = self.classes.all.iter().map(|c| c.id).collect::<Vec<_>>();
        let settings = &self.settings;
        let moved = self
            .classes
            .take(&prompt, settings.max_classes, settings.found_below)?;
        let group = self
            .groups
            .take(&prompt, settings.max_groups, settings.found_below * 0.7);
        let row = match moved {
            Move::Joined(row) => row,
            Move::Founded(row) => {
                self.arms
                    .iter_mut()
                    .for_each(|arm| arm.cells.push(Cell::default()));
                self.group.push(0);
                changes.push(Change::ClassFounded {
                    class: self.classes.all[row].id,
                });
                row
            }
            Move::Merged { kept, gone: row } => {
                self.merge_cells(kept, row);
                changes.push(Change::ClassMerged {
                    kept: self.classes.all[kept].id,
                    gone: ids[row],
                });
                changes.push(Change::ClassFounded {
                    class: self.classes.all[row].id,
                });
                row
            }
        };
        match group {
            Some(Move::Joined(_)) => self.regroup(row),
            _ => self.regroup = true,
        }
        Some(row)
    }

    fn merge_cells(&mut self, kept: usize, gone: usize) {
        for arm in &mut self.arms {
            let lost = std::mem::take(&mut arm.cells[gone]);
            arm.cells[kept].add(&lost);
        }
        self.solution.forget_class(gone, self.arms.len());
    }

    pub(super) fn regroup(&mut self, row: usize) {
        let nearest = self.groups.nearest(&self.classes.all[row].mean);
        self.group[row] = nearest.map_or(0, |(group, _)| group);
    }

    /// The row of a prompt: by its context, as classes are now; else by the class it had.
    pub(super) fn place(&self, context: Option<&Context>, class: Option<ClassId>) -> Option<usize> {
        let by_context = context.and_then(|context| {
            let mut prompt = Vec::new();
            vector(context, &mut prompt);
            let known = prompt.iter().any(|x| *x != 0.0);
            known.then(|| self.classes.nearest(&prompt)).flatten()
        });
        by_context
            .map(|(row, _)| row)
            .or_else(|| class.and_then(|id| self.classes.row(id)))
    }
}
