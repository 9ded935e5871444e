//! Pointsman: an adaptive router for large language models that remembers.
//!
//! In reading order: [`domain`] is the language, pure data. [`learn`] makes knowledge of facts and
//! [`decide`] makes a choice of knowledge, both pure; [`decide::rank`] is where an arm is chosen.
//! [`strategy`], [`breaker`] and [`consensus`] are pure, too. [`embed`], [`provider`], [`dispatch`] and
//! [`memory`] do things: vectors, upstream calls, plans, records. [`engine`] puts them together;
//! [`config`] says how. [`service`] (gRPC), [`http`] and [`cli`] are its faces, [`serve`] the process
//! around them. [`replay`], [`load`] and [`demo`] measure and show it.
//!
//! `ARCHITECTURE.md` has the map, the invariants and the way of one request.

pub mod bench;
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
