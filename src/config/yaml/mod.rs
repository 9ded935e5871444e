//! From YAML text to typed structs, strictly and with all problems at once.
//!
//! The crate's own serde door stops at the first error and forgets where it was; so the events of
//! its parser make a tree with positions (`tree`), variables are put in (`expand`), and a reader
//! over that tree (`reader`) feeds serde and collects what is wrong.

mod access;
mod error;
mod expand;
mod notes;
mod reader;
mod scalar;
mod tree;

pub use expand::expand;
pub use notes::read;
pub use tree::{Entry, Node, Value, parse};
