//! Names of things. Text ids are shared, so that a clone is a pointer copy.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id of this text.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(Arc::from(text))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

text_id! {
    /// What the policy chooses and learns: a model with its parameters, on one or more deployments.
    /// By convention `provider/model`, for example `openai/gpt-4o-mini`.
    ArmId
}
text_id! {
    /// A vendor dialect and account, as named in the configuration.
    ProviderId
}
text_id! {
    /// One place that serves a model; it owns a breaker and limits. By convention `provider/model`
    /// or `provider/model#2` where one provider serves it at several addresses.
    DeploymentId
}

/// A learned prompt class. Ids are never reused within one memory.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct ClassId(pub u32);

impl fmt::Display for ClassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// A decision: 48 bits of Unix milliseconds, then 80 random bits, so that ids sort by time.
/// Written as 26 characters of Crockford's base 32 (the ULID format).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DecisionId(pub u128);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl DecisionId {
    /// An id from the time of the decision and 80 random bits (higher bits of `random` are dropped).
    #[must_use]
    pub fn from_parts(at_ms: u64, random: u128) -> Self {
        Self((u128::from(at_ms & 0xFFFF_FFFF_FFFF) << 80) | (random & ((1 << 80) - 1)))
    }

    /// When the decision was made, in Unix milliseconds.
    #[must_use]
    pub fn at_ms(self) -> u64 {
        (self.0 >> 80) as u64
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        for (i, slot) in text.iter_mut().enumerate() {
            *slot = ALPHABET[(self.0 >> (125 - 5 * i)) as usize & 31];
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an id of the kind expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a decision id: expected 26 characters of 0-9 and A-Z without I, L, O, U, as Route or Decide returned it"
)]
pub struct InvalidId {
    /// The text as given, cut to 64 characters.
    pub text: String,
}

impl FromStr for DecisionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId {
            text: text.chars().take(64).collect(),
        };
        if text.len() != 26 || text.as_bytes()[0] > b'7' {
            return Err(invalid());
        }
        text.bytes()
            .try_fold(0u128, |id, byte| {
                let digit = ALPHABET
                    .iter()
                    .position(|c| *c == byte.to_ascii_uppercase())?;
                Some((id << 5) | digit as u128)
            })
            .map(Self)
            .ok_or_else(invalid)
    }
}

impl From<DecisionId> for String {
    fn from(id: DecisionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for DecisionId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_decision_id_survives_its_text_form(raw: u128) {
            let id = DecisionId(raw);
            prop_assert_eq!(id.to_string().parse::<DecisionId>().unwrap(), id);
        }

        #[test]
        fn ids_sort_by_time_as_text(a in 0u64..1 << 48, b in 0u64..1 << 48, r: u128, s: u128) {
            let (x, y) = (DecisionId::from_parts(a, r), DecisionId::from_parts(b, s));
            prop_assert_eq!(x.at_ms(), a);
            if a != b {
                prop_assert_eq!(x.to_string() < y.to_string(), a < b);
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "abc",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "0123456789ABCDEFGHJKMNPQRU",
        ] {
            assert!(text.parse::<DecisionId>().is_err(), "{text}");
        }
    }
}
