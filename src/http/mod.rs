//! The HTTP face: chat completions as OpenAI has them, feedback, metrics and admin JSON.
//!
//! It translates and nothing else: every decision is the engine's.

pub mod openai;
