//! What is wrong with a request, and where: the `param` and `message` of OpenAI's error object.

use serde_json::{Map, Value};

/// A request that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{param}: {message}")]
pub struct Bad {
    /// Path of the field, such as `messages[2].content`.
    pub param: String,
    /// What is wrong and what is expected.
    pub message: String,
}

impl Bad {
    /// Something is wrong at `param`.
    pub fn new(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            param: param.into(),
            message: message.into(),
        }
    }

    /// The value at `param` is of another kind than expected.
    pub fn expected(param: impl Into<String>, expected: &str, got: &Value) -> Self {
        let got = match got {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Self::new(param, format!("expected {expected}, got {got}"))
    }
}

/// The fields of an object, each taken out once; what is left over was not understood.
pub struct Fields {
    path: String,
    map: Map<String, Value>,
}

impl Fields {
    /// The fields of the object at `path`.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn of(path: &str, value: Value) -> Result<Self, Bad> {
        match value {
            Value::Object(map) => Ok(Self {
                path: path.into(),
                map,
            }),
            other => Err(Bad::expected(path, "an object", &other)),
        }
    }

    /// The full path of a field.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.into()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Takes a field out; null is as good as absent.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        // Not `swap_remove`: what is left is passed through in the order it was written.
        self.map.shift_remove(key).filter(|value| !value.is_null())
    }

    /// Takes a text.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, Bad> {
        self.kind(key, "text", |value| value.as_str().map(Into::into))
    }

    /// Takes true or false.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, Bad> {
        self.kind(key, "true or false", Value::as_bool)
    }

    /// Takes a number in a range.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn number(&mut self, key: &str, range: (f64, f64)) -> Result<Option<f64>, Bad> {
        let (low, high) = range;
        let number = self.kind(key, "a number", Value::as_f64)?;
        match number.filter(|number| !(low..=high).contains(number)) {
            None => Ok(number),
            Some(out) => Err(Bad::new(
                self.path(key),
                format!("{out} is out of range: expected {low} to {high}"),
            )),
        }
    }

    /// Takes a whole number of at least 1.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn positive(&mut self, key: &str) -> Result<Option<u32>, Bad> {
        self.kind(key, "a whole number of at least 1", |value| {
            let number = value.as_u64().filter(|number| *number >= 1)?;
            u32::try_from(number).ok()
        })
    }

    /// Takes what `read` makes of the field.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn kind<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Bad> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => read(&value)
                .map(Some)
                .ok_or_else(|| Bad::expected(self.path(key), expected, &value)),
        }
    }

    /// Takes a field that must be there.
    ///
    /// # Errors
    /// It is of another kind, or missing; names it.
    pub fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, Bad> {
        value.ok_or_else(|| Bad::new(self.path(key), "is required"))
    }

    /// What was not taken.
    pub fn rest(self) -> Map<String, Value> {
        self.map
    }
}
