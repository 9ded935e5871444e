//! The reader's error: a message, and the place once it is known. It never shows a value.

use super::super::problem::Trail;
use crate::near;
use serde::de::{self, Expected, Unexpected};
use std::fmt;

/// What serde or a visitor did not like.
#[derive(Debug)]
pub struct ReadError {
    /// What is wrong.
    pub what: String,
    /// What to do; may be empty.
    pub remedy: String,
    /// Where, once known.
    pub place: Option<(Trail, (usize, usize))>,
    /// A key is missing; follows from another problem where one of its siblings was left out.
    pub missing: bool,
}

impl ReadError {
    /// An error whose place is not known yet.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: String::new(),
            place: None,
            missing: false,
        }
    }

    /// Says where, unless that was said nearer to the cause.
    #[must_use]
    pub fn at(mut self, trail: &Trail, position: (usize, usize)) -> Self {
        self.place.get_or_insert_with(|| (trail.clone(), position));
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", kind(found)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self {
            remedy: format!("expected one of {}", expected.join(", ")),
            ..Self::new(format!(
                "{variant:?} is not known here{}",
                near::hint(variant, expected.iter().copied())
            ))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            missing: true,
            remedy: format!("add {field}: ..."),
            ..Self::new(format!("the key {field:?} is missing"))
        }
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "text",
        Unexpected::Unit | Unexpected::Option => "nothing",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        _ => "something else",
    }
}
