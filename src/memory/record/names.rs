//! A record's table of texts: an arm's name is stored once a record, and then by number.

use super::Damage;
use crate::domain::ArmId;
use std::collections::HashMap;

/// The place of a text in its record's table.
pub(super) type Name = u32;

/// Collects the texts of a record.
#[derive(Default)]
pub(super) struct Table<'a> {
    texts: Vec<&'a str>,
    /// Where there are many.
    places: HashMap<&'a str, Name>,
}

/// Up to so many texts, looking at each is faster than hashing.
const FEW: usize = 32;

impl<'a> Table<'a> {
    pub(super) fn name(&mut self, text: &'a str) -> Name {
        if self.texts.len() <= FEW {
            let known = self.texts.iter().position(|known| *known == text);
            return known.map_or_else(|| self.push(text), |place| place as Name);
        }
        if self.places.is_empty() {
            self.places.extend(self.texts.iter().copied().zip(0..));
        }
        match self.places.get(text) {
            Some(place) => *place,
            None => {
                let place = self.push(text);
                self.places.insert(text, place);
                place
            }
        }
    }

    fn push(&mut self, text: &'a str) -> Name {
        self.texts.push(text);
        (self.texts.len() - 1) as Name
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts.into_iter().map(str::to_owned).collect()
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
