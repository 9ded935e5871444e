//! What a scalar is: YAML's core schema, on plain text only.

/// A scalar's kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`.
    Big(u64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// Anything else, and all that was quoted.
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    /// The kind of this text.
    #[must_use]
    pub fn of(text: &'a str, plain: bool) -> Self {
        if !plain {
            return Self::Text(text);
        }
        if let Some(truth) = bool_of(text) {
            return Self::Bool(truth);
        }
        let digits = text.trim_start_matches(['-', '+']);
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return Self::Text(text);
        }
        if let Ok(number) = text.parse::<i64>() {
            return Self::Int(number);
        }
        if let Ok(number) = text.parse::<u64>() {
            return Self::Big(number);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Self::Float(number),
            _ => Self::Text(text),
        }
    }

    /// What it is, in a word.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Big(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
        }
    }
}

/// A boolean in YAML's core schema.
#[must_use]
pub fn bool_of(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
