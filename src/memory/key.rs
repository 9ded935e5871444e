//! Where a record lies: one tree, keys by kind, so that one batch is atomic across kinds.
//!
//! | key | record |
//! |---|---|
//! | `d` id `0` | a decision; id = 16 bytes, big endian, so that keys sort by time |
//! | `d` id `1` | its outcome |
//! | `d` id `2` | its feedback, all of it |
//! | `f` number | a fact; number = 8 bytes, big endian |
//! | `m` name | meta: format version, identity, counts, notes of the engine |
//! | `q` key | a record that was set aside, by its former key |
//! | `s` number, chunk | a piece of a learner snapshot that includes the facts up to this number |

use crate::domain::DecisionId;

/// What a record under a decision's id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Decision = 0,
    Outcome = 1,
    Feedback = 2,
}

pub(super) const FORMAT: &[u8] = b"m/format";
pub(super) const IDENTITY: &[u8] = b"m/identity";
pub(super) const COUNTS: &[u8] = b"m/counts";
/// Present while a wipe or an import is under way: what is there is to be thrown away.
pub(super) const UNFINISHED: &[u8] = b"m/unfinished";

pub(super) const DECISIONS: u8 = b'd';
pub(super) const FACTS: u8 = b'f';
pub(super) const QUARANTINE: u8 = b'q';
pub(super) const SNAPSHOTS: u8 = b's';

/// The chunk number of a snapshot's head, after all its chunks.
const HEAD: u32 = u32::MAX;

pub(super) fn decision(id: DecisionId, part: Part) -> [u8; 18] {
    let mut key = [DECISIONS; 18];
    key[1..17].copy_from_slice(&id.0.to_be_bytes());
    key[17] = part as u8;
    key
}

/// The id and the part of a decision's key.
pub(super) fn parse_decision(key: &[u8]) -> Option<(DecisionId, Part)> {
    let (&[DECISIONS], rest) = key.split_at_checked(1)? else {
        return None;
    };
    let (id, part) = rest.split_at_checked(16)?;
    let part = match part {
        [0] => Part::Decision,
        [1] => Part::Outcome,
        [2] => Part::Feedback,
        _ => return None,
    };
    Some((DecisionId(u128::from_be_bytes(id.try_into().ok()?)), part))
}

pub(super) fn fact(number: u64) -> [u8; 9] {
    let mut key = [FACTS; 9];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn parse_fact(key: &[u8]) -> Option<u64> {
    let number = key.strip_prefix(&[FACTS])?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}

pub(super) fn chunk(snapshot: u64, chunk: u32) -> [u8; 13] {
    let mut key = [SNAPSHOTS; 13];
    key[1..9].copy_from_slice(&snapshot.to_be_bytes());
    key[9..].copy_from_slice(&chunk.to_be_bytes());
    key
}

pub(super) fn snapshot_head(snapshot: u64) -> [u8; 13] {
    chunk(snapshot, HEAD)
}

/// The snapshot's number, and whether the key is that of its head.
pub(super) fn parse_snapshot(key: &[u8]) -> Option<(u64, bool)> {
    let rest = key.strip_prefix(&[SNAPSHOTS])?;
    let (number, chunk) = rest.split_at_checked(8)?;
    let chunk = u32::from_be_bytes(chunk.try_into().ok()?);
    Some((u64::from_be_bytes(number.try_into().ok()?), chunk == HEAD))
}

pub(super) fn note(name: &str) -> Vec<u8> {
    [b"m/note/", name.as_bytes()].concat()
}

/// The end of the notes' keys.
pub(super) fn after_notes() -> Vec<u8> {
    b"m/note0".to_vec()
}

pub(super) fn quarantine(former: &[u8]) -> Vec<u8> {
    [&[QUARANTINE], former].concat()
}

/// A key in words, for messages.
pub(super) fn describe(key: &[u8]) -> String {
    if let Some((id, part)) = parse_decision(key) {
        return match part {
            Part::Decision => format!("decision {id}"),
            Part::Outcome => format!("outcome of {id}"),
            Part::Feedback => format!("feedback on {id}"),
        };
    }
    if let Some(number) = parse_fact(key) {
        return format!("fact {number}");
    }
    if let Some((number, _)) = parse_snapshot(key) {
        return format!("learner snapshot {number}");
    }
    String::from_utf8_lossy(key).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_what_they_name(a: u128, b: u128, m: u64, n: u64) {
            let (x, y) = (DecisionId(a), DecisionId(b));
            prop_assert_eq!(
                decision(x, Part::Feedback) < decision(y, Part::Decision),
                a < b
            );
            prop_assert_eq!(fact(m) < fact(n), m < n);
            prop_assert_eq!(parse_decision(&decision(x, Part::Outcome)), Some((x, Part::Outcome)));
            prop_assert_eq!(parse_fact(&fact(m)), Some(m));
            prop_assert_eq!(parse_snapshot(&chunk(m, 3)), Some((m, false)));
            prop_assert_eq!(parse_snapshot(&snapshot_head(m)), Some((m, true)));
        }

        #[test]
        fn any_bytes_are_described(key: Vec<u8>) {
            let _ = describe(&key);
            let _ = (parse_decision(&key), parse_fact(&key), parse_snapshot(&key));
        }
    }
}
