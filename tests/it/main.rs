//! Tests across modules, one binary: a module a topic.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod demonstration;
mod doors;
mod faults;
mod habits;
mod hostile;
mod kill;
mod load;
mod logs;
mod peers;
mod process;
mod replays;
mod stability;
mod tidy;
mod upstream;
