//! Selection strategies other than the learned one: an order of arms from live state, a seed and
//! counters. Pure: no clock, no random source, no I/O; knows only `domain`.

mod complexity;
mod condition;
mod kind;
mod order;
mod select;
mod signals;
#[cfg(test)]
mod tests;

pub use complexity::complexity;
pub use condition::{Condition, InvalidCondition, VARIABLES};
pub use kind::{STRATEGIES, Strategy, UnknownStrategy};
pub use order::{Live, Order, apply, distribution, order};
pub use select::{Rule, Selection, Tables, select};
pub use signals::Signals;
