//! What the engine relies on: of the service with scripted embedders, of both models on real text,
//! and of the errors.

mod models;
mod opening;
mod serving;

use super::*;

/// Cosine of two unit vectors.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
