//! The OpenAI-compatible face: its JSON to the normal form and back.

mod answer;
mod bad;
pub mod chat;
mod chunks;
mod messages;
pub mod models;
mod refusal;
pub mod request;

pub use bad::{Bad, Fields};
pub use refusal::Refusal;
