//! Collects what is wrong with a request, field by field, so that a caller learns all at once.

use crate::service::status;
use std::fmt;
use tonic::Status;

/// Violations told at most: trailers have to fit in a few kilobytes.
const TOLD: usize = 16;

/// Where a field is, as `chat.messages[3].role`. Written only when something is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment,
}

#[derive(Clone, Copy, Debug)]
enum Segment {
    Field(&'static str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// A field of the request itself.
    #[must_use]
    pub const fn root(name: &'static str) -> Self {
        Self {
            parent: None,
            segment: Segment::Field(name),
        }
    }

    /// A field of this message.
    #[must_use]
    pub const fn field(&'a self, name: &'static str) -> Self {
        Self {
            parent: Some(self),
            segment: Segment::Field(name),
        }
    }

    /// An element of this list.
    #[must_use]
    pub const fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            segment: Segment::Index(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.segment {
            Segment::Field(name) if self.parent.is_none() => f.write_str(name),
            Segment::Field(name) => write!(f, ".{name}"),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Check {
    violations: Vec<(String, String)>,
}

impl Check {
    /// Notes that a field is wrong.
    pub fn fail(&mut self, path: Path<'_>, what: impl Into<String>) {
        if self.violations.len() < TOLD {
            self.violations.push((path.to_string(), what.into()));
        }
    }

    /// Notes a text that is too long.
    pub fn at_most_bytes(&mut self, path: Path<'_>, text: &str, limit: usize) {
        if text.len() > limit {
            let found = text.len();
            self.fail(
                path,
                format!("has {found} bytes: at most {limit} are accepted"),
            );
        }
    }

    /// Notes a list that is too long.
    pub fn at_most_items<T>(&mut self, path: Path<'_>, items: &[T], limit: usize) {
        if items.len() > limit {
            let found = items.len();
            self.fail(
                path,
                format!("has {found} entries: at most {limit} are accepted"),
            );
        }
    }

    /// Notes a number outside its range (NaN is outside of every range).
    pub fn within(&mut self, path: Path<'_>, value: Option<f64>, low: f64, high: f64) {
        if let Some(value) = value
            && !(low..=high).contains(&value)
        {
            self.fail(
                path,
                format!("is {value}: expected a number from {low} to {high}"),
            );
        }
    }

    /// Notes a number that is negative, infinite or not a number.
    pub fn not_negative(&mut self, path: Path<'_>, value: Option<f64>) {
        if let Some(value) = value
            && !(value.is_finite() && value >= 0.0)
        {
            self.fail(
                path,
                format!("is {value}: expected a finite number of at least 0"),
            );
        }
    }

    /// The value, if nothing was wrong.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with one violation a field.
    pub fn done<T>(self, value: T) -> Result<T, Box<Status>> {
        if self.violations.is_empty() {
            Ok(value)
        } else {
            Err(Box::new(status::invalid(self.violations)))
        }
    }
}

/// A text that is there: absent and empty are the same to a caller who fills in a form.
#[must_use]
pub fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
