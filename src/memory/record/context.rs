//! The stored form of a prompt's context: about 400 bytes for 384 dimensions.

use crate::domain::Context;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    units: Arc<[i8]>,
    scale: f32,
    surface: Arc<[f32]>,
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
