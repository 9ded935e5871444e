//! Pointsman: an adaptive router for large language models that remembers.
//!
//! Modules in reading order; `ARCHITECTURE.md` has the map and the invariants.

pub mod breaker;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod consensus;
pub mod decide;
pub mod demo;
pub mod dispatch;
pub mod domain;
pub mod engine;
pub mod http;
pub mod keys;
pub mod learn;
pub mod load;
pub mod memory;
pub mod near;
pub mod provider;
pub mod replay;
pub mod rng;
pub mod strategy;

pub mod embed;
pub mod proto;
pub mod serve;
pub mod service;
pub mod telemetry;
