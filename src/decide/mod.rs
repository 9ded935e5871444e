//! Deciding: knowledge and a request in, a ranking and a plan out. Pure: `Inputs` names everything a
//! decision may depend on, so that a stored decision can be made again, explained and evaluated.

pub mod budget;
mod distribution;
mod explain;
pub mod plan;
mod rank;
#[cfg(test)]
mod tests;

pub use distribution::{best_probabilities, draw};
pub use explain::{Change, explain, smallest_change};
pub use rank::{Candidate, Inputs, rank};
