//! Tests across modules, one binary: a module a topic.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod demonstration;
mod faults;
mod load;
mod peers;
mod tidy;
mod upstream;
