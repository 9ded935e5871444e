//! Micro-benchmarks of the parts that each request passes through, and of the learner behind them.
//!
//! `cargo bench`, or `cargo bench -- rank` for those whose name holds `rank`; `cargo test --bench
//! micro` runs each once. State is built through the public API, from facts. Leaves out MiniLM
//! (its runtime is fetched separately) and whole requests, whose time belongs to the upstream.

#![allow(missing_docs, clippy::unwrap_used)]

mod breaker;
mod decide;
mod embed;
mod learn;
mod memory;
mod provider;
mod sample;

fn main() {
    divan::main();
}
