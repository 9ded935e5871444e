//! The OpenAI-compatible face: its JSON to the normal form and back.

mod bad;
mod messages;
pub mod request;

pub use bad::Bad;
