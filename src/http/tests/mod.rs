//! The face over a real socket, before a scripted engine.

mod asking;
mod chat;
mod face;
mod pages;
mod scripted;
