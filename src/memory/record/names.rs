//! A record's table of texts: an arm's name is stored once a record, and then by number.

use super::Damage;
use crate::domain::ArmId;
use std::collections::HashMap;

/// The place of a text in its record's table.
pub(super) type Name = u32;

/// Collects the texts of a record.
#[derive(Default)]
pub(super) struct Table<'a> {
    texts: Vec<String>,
    places: HashMap<&'a str, Name>,
}

impl<'a> Table<'a> {
    pub(super) fn name(&mut self, text: &'a str) -> Name {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text.to_owned());
            (self.texts.len() - 1) as Name
        })
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

/// Looks the texts of a record up.
pub(super) struct Texts(pub(super) Vec<String>);

impl Texts {
    pub(super) fn text(&self, name: Name) -> Result<String, Damage> {
        self.0
            .get(name as usize)
            .cloned()
            .ok_or_else(|| Damage::Form(format!("text {name} of {} is missing", self.0.len())))
    }

    pub(super) fn arm(&self, name: Name) -> Result<ArmId, Damage> {
        self.text(name).map(ArmId::from)
    }

    pub(super) fn arms(&self, names: Vec<Name>) -> Result<Vec<ArmId>, Damage> {
        names.into_iter().map(|name| self.arm(name)).collect()
    }
}
