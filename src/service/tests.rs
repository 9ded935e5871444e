//! The service as a client sees it, against a scripted engine, over real sockets.

mod calls;
mod doors;
mod operators;
mod running;
mod scripted;
