//! The on-disk form of what is remembered: structs of their own, versioned and checked.
//!
//! A record is `version (1 byte), CRC-32 of key and the rest (4 bytes, little endian), postcard`. The
//! key is part of the checksum, so that a record in the wrong place is noticed. Loading checks ranges
//! too: what the service would never have written is damage, whatever its checksum says.

mod check;
mod context;
mod decision;
mod fact;
mod feedback;
mod kinds;
mod names;
mod outcome;
#[cfg(test)]
mod tests;

use crate::domain::{Decision, DecisionId, Fact, Feedback, Outcome};
use serde::{Serialize, de::DeserializeOwned};

/// Why a record is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    #[error("too short")]
    Short,
    #[error("the checksum does not fit")]
    Checksum,
    #[error("version {0} is not known")]
    Version(u8),
    #[error("not the form of its version: {0}")]
    Form(String),
    #[error("{0}")]
    Poisoned(String),
}

const HEAD_BYTES: usize = 5;
/// Most records are shorter.
const USUAL_BYTES: usize = 2048;

fn checksum(key: &[u8], version: u8, body: &[u8]) -> [u8; 4] {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(&[version]);
    crc.update(body);
    crc.finalize().to_le_bytes()
}

/// A record of a version, ready to be stored at `key`.
pub(super) fn seal(key: &[u8], version: u8, body: &impl Serialize) -> Vec<u8> {
    let mut record = Vec::with_capacity(USUAL_BYTES);
    record.extend([version; HEAD_BYTES]);
    // Our own records are plain structs, numbers and texts: postcard has no way to refuse them.
    let mut record = postcard::to_extend(body, record).unwrap_or_default();
    if let Some((head, body)) = record.split_at_mut_checked(HEAD_BYTES) {
        head[1..].copy_from_slice(&checksum(key, version, body));
    }
    record
}

/// The version and body of a stored record.
fn unseal<'a>(key: &[u8], record: &'a [u8]) -> Result<(u8, &'a [u8]), Damage> {
    let (head, body) = record.split_at_checked(HEAD_BYTES).ok_or(Damage::Short)?;
    if checksum(key, head[0], body) != head[1..] {
        return Err(Damage::Checksum);
    }
    Ok((head[0], body))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Damage> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(Damage::Form(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(Damage::Form(error.to_string())),
    }
}

/// A record of which only version 1 exists.
pub(super) fn open_v1<T: DeserializeOwned>(key: &[u8], record: &[u8]) -> Result<T, Damage> {
    match unseal(key, record)? {
        (1, body) => parse(body),
        (version, _) => Err(Damage::Version(version)),
    }
}

/// A thing of the domain that has an on-disk form. `store` refuses what `load` would refuse.
pub(super) trait Stored: Sized {
    fn store(&self, key: &[u8]) -> Result<Vec<u8>, Damage>;
    fn load(key: &[u8], record: &[u8]) -> Result<Self, Damage>;
}

impl Stored for Decision {
    fn store(&self, key: &[u8]) -> Result<Vec<u8>, Damage> {
        check::decision(self)?;
        Ok(seal(key, 2, &decision::V2::from(self)))
    }

    fn load(key: &[u8], record: &[u8]) -> Result<Self, Damage> {
        let id = id_of(key)?;
        let decision = match unseal(key, record)? {
            (1, body) => parse::<decision::V1>(body)?.into_domain(id)?,
            (2, body) => parse::<decision::V2>(body)?.into_domain(id)?,
            (version, _) => return Err(Damage::Version(version)),
        };
        check::decision(&decision)?;
        Ok(decision)
    }
}

impl Stored for Outcome {
    fn store(&self, key: &[u8]) -> Result<Vec<u8>, Damage> {
        check::outcome(self)?;
        Ok(seal(key, 2, &outcome::V2::from(self)))
    }

    fn load(key: &[u8], record: &[u8]) -> Result<Self, Damage> {
        let id = id_of(key)?;
        let outcome = match unseal(key, record)? {
            (1, body) => parse::<outcome::V1>(body)?.into_domain(id)?,
            (2, body) => parse::<outcome::V2>(body)?.into_domain(id)?,
            (version, _) => return Err(Damage::Version(version)),
        };
        check::outcome(&outcome)?;
        Ok(outcome)
    }
}

impl Stored for Vec<Feedback> {
    fn store(&self, key: &[u8]) -> Result<Vec<u8>, Damage> {
        self.iter().try_for_each(check::feedback)?;
        Ok(seal(key, 1, &feedback::to_v1(self)))
    }

    fn load(key: &[u8], record: &[u8]) -> Result<Self, Damage> {
        let all = feedback::from_v1(open_v1(key, record)?, id_of(key)?);
        all.iter().try_for_each(check::feedback)?;
        Ok(all)
    }
}

impl Stored for Fact {
    fn store(&self, key: &[u8]) -> Result<Vec<u8>, Damage> {
        check::fact(self)?;
        Ok(seal(key, 1, &fact::V1::from(self)))
    }

    fn load(key: &[u8], record: &[u8]) -> Result<Self, Damage> {
        let fact = Fact::from(open_v1::<fact::V1>(key, record)?);
        check::fact(&fact)?;
        Ok(fact)
    }
}

fn id_of(key: &[u8]) -> Result<DecisionId, Damage> {
    super::key::parse_decision(key)
        .map(|(id, _)| id)
        .ok_or_else(|| Damage::Form("its key names no decision".to_owned()))
}
