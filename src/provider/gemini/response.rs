//! A whole answer of Gemini in the normal form. Pure: it is a stream of one event.

use super::stream::Reader;
use crate::domain::{Completion, Fault, FaultKind};
use crate::provider::assemble::Assembler;
use crate::provider::reader::Reader as _;
use serde_json::Value;

/// The answer in `body`.
///
/// # Errors
/// A blocked prompt or answer, or a body of another shape.
pub fn completion(body: &Value) -> Result<Completion, Fault> {
    let mut reader = Reader::default();
    let mut deltas = Vec::new();
    reader.value(body, &mut deltas)?;
    reader.end(&mut deltas).map_err(|fault| match fault.kind {
        FaultKind::Cut => Fault::new(
            FaultKind::Garbled,
            "the answer has no candidate with a finish reason",
        ),
        _ => fault,
    })?;
    let mut assembler = Assembler::default();
    deltas
        .iter()
        .find_map(|delta| assembler.push(delta))
        .ok_or_else(|| Fault::new(FaultKind::Internal, "an answer without an end"))
}
