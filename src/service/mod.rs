//! gRPC: the client's face and the operator's face of the engine.
//!
//! The way of a request: `auth` knows the caller, `gate` admits it, `convert` checks it into domain
//! types, the engine answers, `convert` and `status` write that down, `deadline` bounds it all.
//! Nothing here decides anything about routing. Only this module and the client side of `cli` know
//! the wire types.

mod admin;
mod auth;
mod codec;
mod convert;
mod deadline;
mod gate;
mod router;
mod server;
mod settings;
mod status;
mod stream;
mod transfer;

pub use server::{Doors, Drained, serve};
pub use settings::Settings;

#[cfg(test)]
mod tests;
