//! Replays graded datasets through the product's own learning and deciding, beside baselines, and
//! measures what share of the learnable gain is captured (G).
//!
//! A router sees what a live one would: the prompt, list prices and the outcome of the arm it chose.
//! Task labels and the other arms' outcomes are hidden from it.

pub mod baselines;
pub mod cli;
pub mod dataset;
pub mod evaluate;
pub mod field;
pub mod measure;
pub mod offline;
mod plot;
pub mod regime;
mod report;
pub mod router;
mod run;
mod table;
pub mod vectors;
mod windows;
pub mod world;

pub use dataset::DatasetError;
pub use field::{Ask, Router, Taught};
pub use regime::Regime;
pub use report::{DatasetReport, Report};
pub use run::{Error, Options, run};
pub use vectors::{EmbedError, Embedding, VectorCache};
pub use world::World;
