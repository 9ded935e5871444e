//! Tests across modules, one binary: a module a topic.

#![allow(missing_docs)]

mod tidy;
