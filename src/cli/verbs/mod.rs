//! What the verbs do, one file a subject.

pub mod ask;
pub mod bench;
pub mod cache;
pub mod demo;
pub mod evaluate;
pub mod history;
pub mod judge;
pub mod learned;
pub mod load;
pub mod local;
pub mod memory;
mod ollama;
pub mod operate;
pub mod replay;
pub mod serve;
