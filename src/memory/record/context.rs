//! The stored form of a prompt's context: about 400 bytes for 384 dimensions.

use crate::domain::Context;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    #[serde(serialize_with = "at_once")]
    units: Arc<[i8]>,
    scale: f32,
    surface: Arc<[f32]>,
}

/// As one piece of bytes: the same form as one by one, and faster.
fn at_once<S: Serializer>(units: &Arc<[i8]>, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = units.iter().map(|unit| unit.cast_unsigned()).collect();
    serializer.serialize_bytes(&bytes)
}

impl From<&Context> for V1 {
    fn from(context: &Context) -> Self {
        let Context {
            units,
            scale,
            surface,
        } = context.clone();
        Self {
            units,
            scale,
            surface,
        }
    }
}

impl From<V1> for Context {
    fn from(stored: V1) -> Self {
        let V1 {
            units,
            scale,
            surface,
        } = stored;
        Self {
            units,
            scale,
            surface,
        }
    }
}
