//! Reads a tree as a struct, run by run: what is wrong is noted and left out of the next run.

use super::super::problem::{Problem, Trail};
use super::error::ReadError;
use super::reader::Reader;
use super::tree::Node;
use serde::de::DeserializeOwned;
use std::{cell::RefCell, collections::BTreeSet};

/// Problems that one run collects at most.
const MAX_PROBLEMS: usize = 50;

#[derive(Default)]
pub(super) struct Notes {
    problems: Vec<Problem>,
    pub(super) left_out: BTreeSet<Trail>,
}

/// Reads the tree as a `T`. Problems are added; the value is `None` only where what is left does
/// not make a `T`.
pub fn read<T: DeserializeOwned>(
    node: &Node,
    trail: &Trail,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let notes = RefCell::new(Notes::default());
    let mut value = None;
    for _ in 0..MAX_PROBLEMS {
        let reader = Reader {
            node,
            trail: trail.clone(),
            notes: &notes,
        };
        match T::deserialize(reader) {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(error) => {
                if !leave_out(error, trail, &notes) {
                    break;
                }
            }
        }
    }
    problems.append(&mut notes.into_inner().problems);
    value
}

/// Notes the error and leaves its value out of the next run; false where that is the whole tree.
fn leave_out(error: ReadError, root: &Trail, notes: &RefCell<Notes>) -> bool {
    let (trail, position) = error.place.unwrap_or((root.clone(), (1, 1)));
    let mut notes = notes.borrow_mut();
    let follows = error.missing && notes.left_out.iter().any(|out| out.is_within(&trail));
    if !follows {
        notes.add(Problem {
            position: Some(position),
            ..Problem::new(&trail, error.what, error.remedy)
        });
    }
    trail != *root && notes.left_out.insert(trail)
}

impl Notes {
    pub(super) fn add(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
