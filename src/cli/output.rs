//! Where results go: text for people, or JSON.

use super::{json, trouble::Trouble};
use prost::Message;
use serde_json::Value;
use std::io::{self, Write};

/// Standard output.
pub struct Output {
    json: bool,
    out: io::Stdout,
}

impl Output {
    /// Output as JSON, or for people.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self {
            json,
            out: io::stdout(),
        }
    }

    /// Is JSON wanted?
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A message of the protocol, by its name in `pointsman.v1`: as JSON, or as this text.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn message<M: Message>(
        &mut self,
        name: &str,
        message: &M,
        text: impl FnOnce(&M) -> String,
    ) -> Result<(), Trouble> {
        if self.json {
            self.value(&json::of(name, message).map_err(Trouble::Failed)?)
        } else {
            self.text(&text(message))
        }
    }

    /// As `message`, one line of JSON: for streams.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn line<M: Message>(&mut self, name: &str, message: &M) -> Result<(), Trouble> {
        let value = json::of(name, message).map_err(Trouble::Failed)?;
        self.text(&value.to_string())
    }

    /// A JSON value.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn value(&mut self, value: &Value) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(value);
        self.text(&text.map_err(|error| Trouble::Failed(error.to_string()))?)
    }

    /// Text, ended by a new line where it has none.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn text(&mut self, text: &str) -> Result<(), Trouble> {
        self.out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            self.out.write_all(b"\n")?;
        }
        Ok(self.out.flush()?)
    }

    /// A piece of text as it is, at once.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn piece(&mut self, text: &str) -> Result<(), Trouble> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }
}
