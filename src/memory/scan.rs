//! Records in the order of their keys, from either end: the tables over the store.

use super::{
    ReadError,
    store::{Bytes, Shared, guarded, read_error},
    table::{Span, is_void, nearer},
    wal::Change,
};
use std::{
    ops::{Bound, Range},
    sync::Arc,
};

/// A scan sees each record that is there from its beginning to its end, once.
pub(super) struct Scan {
    shared: Arc<Shared>,
    /// What is still to be seen.
    span: Span,
    store: Option<Below>,
}

/// sled's own scan, and what it has yielded that is not due yet.
struct Below {
    scan: sled::Iter,
    /// The store as of so many changes.
    changes: u64,
    first: Option<Change>,
    last: Option<Change>,
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

impl Scan {
    pub(super) fn new(shared: &Arc<Shared>, keys: Range<Vec<u8>>) -> Self {
        Self {
            shared: Arc::clone(shared),
            span: (
                Bound::Included(keys.start.into()),
                Bound::Excluded(keys.end.into()),
            ),
            store: None,
        }
    }

    fn step(&mut self, end: End) -> Result<Option<(Bytes, Bytes)>, ReadError> {
        while !is_void(&self.span) {
            let newer = self.newer(end);
            let older = self.older(end)?;
            let next = match end {
                End::First => nearer(newer, older, |newer, older| newer <= older),
                End::Last => nearer(newer, older, |newer, older| newer >= older),
            };
            let Some((key, value)) = next else { break };
            self.pass(end, &key);
            if let Some(value) = value {
                return Ok(Some((key, value)));
            }
        }
        Ok(None)
    }

    /// What the tables have next.
    fn newer(&self, end: End) -> Option<Change> {
        let head = self.shared.head();
        match end {
            End::First => head.tables.first(&self.span),
            End::Last => head.tables.last(&self.span),
        }
    }

    /// What the store has next; kept until it is passed. Comes after `newer`: what leaves the tables
    /// in between is found at the next step, since the store has changed.
    fn older(&mut self, end: End) -> Result<Option<Change>, ReadError> {
        let changes = self.shared.changes();
        let known = self.store.take().filter(|store| store.changes == *changes);
        let store = self.store.insert(known.unwrap_or_else(|| Below {
            scan: self.shared.db.range(self.span.clone()),
            changes: *changes,
            first: None,
            last: None,
        }));
        let (ahead, other) = match end {
            End::First => (&mut store.first, &store.last),
            End::Last => (&mut store.last, &store.first),
        };
        if ahead.is_none() {
            let found = guarded(|| match end {
                End::First => store.scan.next().transpose(),
                End::Last => store.scan.next_back().transpose(),
            });
            let found = found.map_err(read_error)?;
            *ahead = found.map(|(key, value)| (key, Some(value)));
        }
        // What was taken out from the other end and is not due there is still to be seen.
        Ok(ahead.clone().or_else(|| other.clone()))
    }

    /// Narrows what is still to be seen.
    fn pass(&mut self, end: End, key: &Bytes) {
        match end {
            End::First => self.span.0 = Bound::Excluded(key.clone()),
            End::Last => self.span.1 = Bound::Excluded(key.clone()),
        }
        if let Some(store) = &mut self.store {
            for ahead in [&mut store.first, &mut store.last] {
                if ahead.as_ref().is_some_and(|(passed, _)| passed == key) {
                    *ahead = None;
                }
            }
        }
    }

    fn next_from(&mut self, end: End) -> Option<Result<(Bytes, Bytes), ReadError>> {
        self.step(end).transpose()
    }
}

impl Iterator for Scan {
    type Item = Result<(Bytes, Bytes), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_from(End::First)
    }
}

impl DoubleEndedIterator for Scan {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.next_from(End::Last)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        settings::Durability,
        store::{Changes, Store},
    };
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Put(u8, u8),
        Remove(u8),
        /// Everything into the store.
        Settle,
        Range(u8, u8),
        /// Reads from both ends in turn, with a settling in between; true = from the front.
        Both(Vec<bool>, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0..40u8, any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
            4 => (0..40u8).prop_map(Step::Remove),
            2 => Just(Step::Settle),
            2 => (0..42u8, 0..42u8).prop_map(|(from, to)| Step::Range(from, to)),
            2 => (prop::collection::vec(any::<bool>(), 0..50), 0..20usize)
                .prop_map(|(turns, settle)| Step::Both(turns, settle)),
        ]
    }

    fn change(store: &Store, write: impl FnOnce(&mut Changes)) {
        let mut changes = Changes::default();
        write(&mut changes);
        store.commit(changes).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_store_behaves_as_a_sorted_map(steps in prop::collection::vec(step(), 1..60)) {
            let dir = tempfile::tempdir().unwrap();
            let open = || Store::open(dir.path(), 1 << 20, Durability::Process).unwrap();
            let (mut store, mut twin) = (open(), BTreeMap::<u8, u8>::new());
            for step in steps {
                match step {
                    Step::Put(key, value) => {
                        change(&store, |changes| changes.insert([key], [value]));
                        twin.insert(key, value);
                    }
                    Step::Remove(key) => {
                        change(&store, |changes| changes.remove([key]));
                        twin.remove(&key);
                    }
                    Step::Settle => store.settled().unwrap(),
                    Step::Range(from, to) => {
                        let pair = |entry: Result<(sled::IVec, sled::IVec), _>| {
                            entry.map(|(key, value)| (key[0], value[0]))
                        };
                        let found: Result<Vec<_>, _> = store.range(vec![from]..vec![to]).map(pair).collect();
                        let expected: Vec<_> =
                            twin.iter().filter(|(key, _)| (from..to).contains(key)).map(|(k, v)| (*k, *v)).collect();
                        prop_assert_eq!(found.unwrap(), expected);
                    }
                    Step::Both(turns, settle) => {
                        let (mut found, mut expected) = (store.range(vec![0]..vec![50]), twin.iter());
                        for (at, front) in turns.into_iter().enumerate() {
                            if at == settle {
                                store.settled().unwrap();
                            }
                            let (found, expected) = match front {
                                true => (found.next(), expected.next()),
                                false => (found.next_back(), expected.next_back()),
                            };
                            let found = found.map(|entry| entry.unwrap());
                            prop_assert_eq!(found.map(|(k, v)| (k[0], v[0])), expected.map(|(k, v)| (*k, *v)));
                        }
                    }
                }
                for key in 0..40 {
                    let found = store.get(&[key]).unwrap().map(|value| value[0]);
                    prop_assert_eq!(found, twin.get(&key).copied());
                    prop_assert_eq!(store.contains(&[key]).unwrap(), found.is_some());
                }
            }
            drop(store);
            store = open();
            let kept: Vec<u8> = store.range(vec![0]..vec![50]).map(|entry| entry.unwrap().0[0]).collect();
            prop_assert_eq!(kept, twin.keys().copied().collect::<Vec<_>>());
        }
    }
}
