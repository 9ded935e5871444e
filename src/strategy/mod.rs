//! Selection strategies other than the learned one: an order of arms from live state, a seed and
//! counters. Pure: no clock, no random source, no I/O; knows only `domain`.

mod kind;

pub use kind::{STRATEGIES, Strategy, UnknownStrategy};
