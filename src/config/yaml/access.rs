//! What the reader hands to serde piece by piece: elements, entries, names.

use super::super::problem::Problem;
use super::super::problem::Trail;
use super::error::ReadError;
use super::reader::Reader;
use super::tree::{Entry, Node, Value};
use crate::near;
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

pub(super) struct Items<'a, 'r> {
    pub(super) reader: &'r Reader<'a>,
    pub(super) rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'a> SeqAccess<'a> for Items<'a, '_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        for (i, node) in self.rest.by_ref() {
            let trail = self.reader.trail.index(i);
            if self.reader.notes.borrow().left_out.contains(&trail) {
                continue;
            }
            let reader = Reader {
                node,
                trail,
                notes: self.reader.notes,
            };
            let read = seed.deserialize(reader.clone());
            return read.map(Some).map_err(|e| reader.place(e));
        }
        Ok(None)
    }
}

pub(super) struct Entries<'a, 'r> {
    pub(super) reader: &'r Reader<'a>,
    pub(super) rest: std::slice::Iter<'a, Entry>,
    pub(super) known: Option<&'static [&'static str]>,
    pub(super) value: Option<Reader<'a>>,
}

/// Notes a key that the struct does not have.
fn unknown(
    reader: &Reader<'_>,
    key: &str,
    known: &[&str],
    trail: &Trail,
    position: (usize, usize),
) {
    let mut names = known.to_vec();
    names.sort_unstable();
    reader.notes.borrow_mut().add(Problem {
        position: Some(position),
        ..Problem::new(
            trail,
            format!("unknown key{}", near::hint(key, known.iter().copied())),
            format!("known here: {}", names.join(", ")),
        )
    });
}

impl<'a> MapAccess<'a> for Entries<'a, '_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        for Entry {
            key,
            position,
            node,
        } in self.rest.by_ref()
        {
            let trail = self.reader.trail.key(key);
            if self.reader.notes.borrow().left_out.contains(&trail) {
                continue;
            }
            if let Some(known) = self.known.filter(|known| !known.contains(&key.as_str())) {
                unknown(self.reader, key, known, &trail, *position);
                continue;
            }
            self.value = Some(Reader {
                node,
                trail,
                notes: self.reader.notes,
            });
            let key: StringDeserializer<ReadError> = key.clone().into_deserializer();
            return seed.deserialize(key).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        match self.value.take() {
            Some(reader) => seed
                .deserialize(reader.clone())
                .map_err(|e| reader.place(e)),
            None => Err(ReadError::custom("a value was asked for before its key")),
        }
    }
}

impl Reader<'_> {
    /// A value that came from a variable is not repeated in a message.
    fn hidden(&self, error: ReadError) -> ReadError {
        match &self.node.value {
            Value::Scalar { expanded: true, .. } => ReadError {
                what: "the value of this variable is not known here".to_owned(),
                ..error
            },
            _ => error,
        }
    }
}

impl<'a> EnumAccess<'a> for Reader<'a> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let name: StringDeserializer<ReadError> = self.text("text")?.to_owned().into_deserializer();
        let variant = seed
            .deserialize(name)
            .map_err(|e| self.place(self.hidden(e)))?;
        Ok((variant, self))
    }
}

impl<'a> VariantAccess<'a> for Reader<'a> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, _: T) -> Result<T::Value, ReadError> {
        Err(self.expected("a plain name"))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, _: V) -> Result<V::Value, ReadError> {
        Err(self.expected("a plain name"))
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ReadError> {
        Err(self.expected("a plain name"))
    }
}
