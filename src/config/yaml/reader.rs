//! Feeds serde from the tree, strictly. Unknown keys and values of the wrong type are noted with
//! their place and left out, so that one run finds them all.

use super::super::problem::Trail;
use super::access::{Entries, Items};
use super::error::ReadError;
use super::notes::Notes;
use super::scalar::{Scalar, bool_of};
use super::tree::{Node, Value};
use serde::de::{Deserializer, Visitor};
use std::cell::RefCell;

#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub(super) node: &'a Node,
    pub(super) trail: Trail,
    pub(super) notes: &'a RefCell<Notes>,
}

impl<'a> Reader<'a> {
    pub(super) fn place(&self, error: ReadError) -> ReadError {
        error.at(&self.trail, self.node.position)
    }

    fn scalar(&self, expected: &str) -> Result<Scalar<'a>, ReadError> {
        match &self.node.value {
            Value::Scalar { text, plain, .. } => Ok(Scalar::of(text, *plain)),
            _ => Err(self.expected(expected)),
        }
    }

    pub(super) fn text(&self, expected: &str) -> Result<&'a str, ReadError> {
        match &self.node.value {
            Value::Scalar { text, .. } => Ok(text),
            _ => Err(self.expected(expected)),
        }
    }

    /// The error of a value that is something else than expected.
    pub(super) fn expected(&self, expected: &str) -> ReadError {
        let found = match &self.node.value {
            Value::Null => "nothing",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
            Value::Scalar { text, plain, .. } => Scalar::of(text, *plain).kind(),
        };
        self.place(ReadError::new(format!(
            "expected {expected}, found {found}"
        )))
    }

    fn map<V: Visitor<'a>>(
        &self,
        known: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Map(entries) => {
                let entries = Entries {
                    reader: self,
                    rest: entries.iter(),
                    known,
                    value: None,
                };
                visitor.visit_map(entries).map_err(|e| self.place(e))
            }
            _ => Err(self.expected("a map")),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let text = self.text("a whole number")?;
            let number: $type = text.parse().map_err(|_| {
                let range = format!("a whole number from {} to {}", <$type>::MIN, <$type>::MAX);
                self.expected(&range)
            })?;
            visitor.$visit(number).map_err(|e| self.place(e))
        }
    )*};
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let read = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Seq(_) => return self.deserialize_seq(visitor),
            Value::Map(_) => return self.map(None, visitor),
            Value::Scalar { .. } => match self.scalar("a value")? {
                Scalar::Bool(truth) => visitor.visit_bool(truth),
                Scalar::Int(number) => visitor.visit_i64(number),
                Scalar::Big(number) => visitor.visit_u64(number),
                Scalar::Float(number) => visitor.visit_f64(number),
                Scalar::Text(text) => visitor.visit_str(text),
            },
        };
        read.map_err(|e| self.place(e))
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let truth = bool_of(self.text("true or false")?);
        let truth = truth.ok_or_else(|| self.expected("true or false"))?;
        visitor.visit_bool(truth).map_err(|e| self.place(e))
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let number: Option<f64> = self.text("a number")?.parse().ok();
        let number = number.filter(|n| n.is_finite());
        let number = number.ok_or_else(|| self.expected("a number"))?;
        visitor.visit_f64(number).map_err(|e| self.place(e))
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let text = self.text("text")?;
        visitor.visit_str(text).map_err(|e| self.place(e))
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node.value {
            Value::Null => visitor.visit_unit(),
            _ => Err(self.expected("nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Seq(items) => {
                let items = Items {
                    reader: &self,
                    rest: items.iter().enumerate(),
                };
                visitor.visit_seq(items).map_err(|e| self.place(e))
            }
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.map(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.text("text")?;
        visitor.visit_enum(self.clone()).map_err(|e| self.place(e))
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
}
