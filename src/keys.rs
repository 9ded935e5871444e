//! Who calls: bearer keys, kept as digests so that comparing them tells nothing about them. Which
//! door a caller may use is for the faces to say.

use http::HeaderMap;
use std::sync::Arc;

/// Who calls, as proven by a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The tenant its requests belong to; `None` = as the request says.
    pub tenant: Option<String>,
    /// May it see and do what is for operators?
    pub admin: bool,
}

/// The keys that are known. None = nobody is asked, and everybody may do everything.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<[(blake3::Hash, Caller)]>);

/// Why a caller is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It shows no key.
    #[error("no key: send `authorization: Bearer KEY`")]
    NoKey,
    /// It shows another key.
    #[error("this key is not known here")]
    UnknownKey,
}

impl Keys {
    /// Keys with their owners.
    pub fn new<'a>(keys: impl IntoIterator<Item = (&'a str, Caller)>) -> Self {
        let digest = |(key, caller): (&str, Caller)| (blake3::hash(key.as_bytes()), caller);
        Self(keys.into_iter().map(digest).collect())
    }

    /// Who shows its key in `authorization`; `None` where nobody is asked.
    ///
    /// # Errors
    /// No key, or one that is not known.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Option<&Caller>, Denied> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let shown = headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or(Denied::NoKey)?;
        let digest = blake3::hash(shown.as_bytes());
        // `blake3::Hash` compares in constant time; all keys are compared, whichever matches.
        let mut found = None;
        for (known, caller) in self.0.iter() {
            if *known == digest {
                found = Some(caller);
            }
        }
        found.map(Some).ok_or(Denied::UnknownKey)
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_bearer_key_names_its_caller() {
        let root = Caller {
            tenant: None,
            admin: true,
        };
        let keys = Keys::new([("blue-key", Caller::default()), ("root", root.clone())]);
        for (shown, found) in [
            ("Bearer root", Ok(Some(&root))),
            ("bearer  root ", Ok(Some(&root))),
            ("Bearer Root", Err(Denied::UnknownKey)),
            ("Basic root", Err(Denied::NoKey)),
            ("root", Err(Denied::NoKey)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", shown.parse().unwrap());
            assert_eq!(keys.identify(&headers), found, "{shown}");
        }
        assert_eq!(keys.identify(&HeaderMap::new()), Err(Denied::NoKey));
        assert_eq!(Keys::default().identify(&HeaderMap::new()), Ok(None));
    }
}
