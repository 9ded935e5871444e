//! The pieces in one open-addressed table, asked for the longest that begins a text.
//!
//! The hash runs byte by byte (FNV-1a), so one pass yields the hashes of all prefixes; they are
//! then looked up from the longest down. Pieces that begin a word and pieces that continue one
//! differ by the hash's starting value.

use std::collections::HashMap;

const FREE: u32 = u32::MAX;
const BEGINS: u64 = 0xcbf2_9ce4_8422_2325;
const CONTINUES: u64 = 0x9e37_79b9_7f4a_7c15;
/// Bound on the length of a piece; BERT's own longest have 18 characters.
pub(super) const LONGEST_PIECE_BYTES: usize = 64;

/// A map from pieces to ids.
pub(super) struct Vocabulary {
    slots: Box<[Slot]>,
    text: Box<str>,
    /// By id: where its piece stands in `text`, and how many bytes it has.
    places: Box<[(u32, u32)]>,
    longest_bytes: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    id: u32,
}

impl Vocabulary {
    /// From whole tokens, of at most `LONGEST_PIECE_BYTES`; those with `prefix` continue a word.
    pub(super) fn new(tokens: &HashMap<String, u32>, prefix: &str) -> Self {
        let ids = tokens.values().max().map_or(0, |&id| id as usize + 1);
        let mut vocabulary = Self {
            slots: vec![Slot { tag: 0, id: FREE }; (tokens.len() * 2).next_power_of_two()].into(),
            text: Box::default(),
            places: vec![(0, 0); ids].into(),
            longest_bytes: 0,
        };
        let mut text = String::new();
        for (token, &id) in tokens {
            let continuation = token.strip_prefix(prefix).filter(|rest| !rest.is_empty());
            let piece = continuation.unwrap_or(token);
            vocabulary.places[id as usize] = (text.len() as u32, piece.len() as u32);
            vocabulary.longest_bytes = vocabulary.longest_bytes.max(piece.len());
            text.push_str(piece);
            vocabulary.insert(hash(piece.as_bytes(), continuation.is_none()), id);
        }
        vocabulary.text = text.into();
        vocabulary
    }

    /// Number of ids.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Id and length in bytes of the longest piece that `text` starts with.
    pub(super) fn longest_prefix(&self, text: &[u8], begins: bool) -> Option<(u32, usize)> {
        let mut hashes = [0; LONGEST_PIECE_BYTES];
        let longest = text.len().min(self.longest_bytes);
        let mut state = if begins { BEGINS } else { CONTINUES };
        for (hash, byte) in hashes.iter_mut().zip(&text[..longest]) {
            state = step(state, *byte);
            *hash = state;
        }
        (1..=longest)
            .rev()
            .find_map(|n| Some((self.find(hashes[n - 1], &text[..n])?, n)))
    }

    fn find(&self, hash: u64, piece: &[u8]) -> Option<u32> {
        let tag = tag(hash);
        for at in self.probes(hash) {
            let slot = self.slots[at];
            if slot.id == FREE {
                return None;
            }
            if slot.tag == tag && self.piece(slot.id) == piece {
                return Some(slot.id);
            }
        }
        None
    }

    fn insert(&mut self, hash: u64, id: u32) {
        let free = self.probes(hash).find(|&at| self.slots[at].id == FREE);
        let at = free.expect("the table has twice as many slots as pieces");
        self.slots[at] = Slot { tag: tag(hash), id };
    }

    fn probes(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        (0..=mask).map(move |n| (hash as usize).wrapping_add(n) & mask)
    }

    fn piece(&self, id: u32) -> &[u8] {
        let (start, length) = self.places[id as usize];
        &self.text.as_bytes()[start as usize..(start + length) as usize]
    }
}

fn hash(bytes: &[u8], begins: bool) -> u64 {
    let seed = if begins { BEGINS } else { CONTINUES };
    bytes.iter().fold(seed, |state, byte| step(state, *byte))
}

fn step(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// The half that the slot's place does not use.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}
