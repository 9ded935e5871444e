//! JSON read where it lies: as forgiving as [`Value`], but texts are borrowed and objects are lists,
//! because the events of a stream are many, small and read once. Leaves out writing.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::fmt;

/// Any JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`, and what is not there.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text, copied only where it has escapes.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object in its own order; of a key that is there twice the last counts.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value of a key; null where there is none, or this is no object.
    #[must_use]
    pub fn get(&self, key: &str) -> &Self {
        let entry = self.entries().iter().rev().find(|(name, _)| name == key);
        entry.map_or(&Json::Null, |(_, value)| value)
    }

    /// The first of a list; null where there is none, or this is no list.
    #[must_use]
    pub fn first(&self) -> &Self {
        self.items().first().unwrap_or(&Json::Null)
    }

    /// The items of a list; of anything else none.
    #[must_use]
    pub fn items(&self) -> &[Json<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of an object; of anything else none.
    #[must_use]
    pub fn entries(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// Is it null, or not there?
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is whole and not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The same, to keep.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.to_string(), value.to_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl<'a> From<&'a Value> for Json<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::List(items.iter().map(Into::into).collect()),
            Value::Object(entries) => {
                let entries = entries.iter();
                Self::Object(entries.map(|(key, v)| (key.into(), v.into())).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// A key, borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Reader)? {
            Json::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a key that is no text")),
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        // Rooms for most objects of a stream at once.
        let mut entries = Vec::with_capacity(8);
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_a_value_reads() {
        for text in [
            r#"{"a": [1, -2, 2.5, 1e300, true, null, "x\ny\u00e9", {}], "b": {"a": "z"}, "k\n": ""}"#,
            r#"{"a": 1, "b": 2, "a": 3}"#,
            "[]",
            " 18446744073709551615 ",
            r#""text""#,
            "null",
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let json = Json::parse(text).unwrap();
            assert_eq!(json.to_value(), value, "{text}");
            assert_eq!(Json::from(&value).to_value(), value, "{text}");
        }
        for text in ["", "{", r#"{"a"}"#, "[1,]", "nul", "1 2", r#"{1: 2}"#] {
            assert!(Json::parse(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(Json::parse(&deep).is_err());
    }

    #[test]
    fn what_is_not_there_is_null() {
        let json = Json::parse(r#"{"a": [{"b": "x"}], "n": 3, "n": 4}"#).unwrap();
        assert_eq!(json.get("a").first().get("b").as_str(), Some("x"));
        assert!(json.get("a").get("b").first().get("c").is_null());
        assert_eq!(json.get("n").as_u64(), Some(4));
        assert_eq!(json.get("n").as_f64(), Some(4.0));
        assert_eq!(json.get("n").as_str(), None);
    }
}
