//! Replays graded datasets through the product's own learning and deciding, beside baselines, and
//! measures what share of the learnable gain is captured (G).
//!
//! A router sees what a live one would: the prompt, list prices and the outcome of the arm it chose.
//! Task labels and the other arms' outcomes are hidden from it.

mod ablate;
mod adapt;
pub mod baselines;
pub mod cli;
pub mod dataset;
pub mod evaluate;
pub mod field;
mod figures;
pub mod measure;
pub mod offline;
mod parallel;
mod pass;
mod plot;
mod progress;
pub mod regime;
mod report;
pub mod router;
mod run;
mod sample;
mod table;
pub mod vectors;
pub mod windows;
pub mod world;

pub use ablate::Part;
pub use adapt::Adaptation;
pub use dataset::DatasetError;
pub use field::{Ask, Router, Taught};
pub use figures::Figures;
pub use regime::Regime;
pub use report::{DatasetReport, Report};
pub use run::{Error, Options, run};
pub use vectors::{EmbedError, Embedding, VectorCache};
pub use world::World;
