//! What the log holds and the store has not taken in yet: newest values by key.

use super::wal::Change;
use sled::IVec;
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

/// Keys in order, each with its newest value; `None` where the key is gone.
#[derive(Default)]
pub(super) struct Table(BTreeMap<IVec, Option<IVec>>);

/// Where a scan goes on: behind the one key, before the other.
pub(super) type Span = (Bound<IVec>, Bound<IVec>);

impl Table {
    pub(super) fn extend(&mut self, changes: Vec<Change>) {
        self.0.extend(changes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&IVec, &Option<IVec>)> {
        self.0.iter()
    }

    fn first(&self, span: &Span) -> Option<Change> {
        let (key, value) = self.0.range::<IVec, _>(borrowed(span)).next()?;
        Some((key.clone(), value.clone()))
    }

    fn last(&self, span: &Span) -> Option<Change> {
        let (key, value) = self.0.range::<IVec, _>(borrowed(span)).next_back()?;
        Some((key.clone(), value.clone()))
    }
}

fn borrowed(span: &Span) -> (Bound<&IVec>, Bound<&IVec>) {
    (span.0.as_ref(), span.1.as_ref())
}

/// Is there no key between the two? A tree of the standard library panics on such a span.
pub(super) fn is_void((from, to): &Span) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => from >= to,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// The table that is written, and the one that the store is taking in.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) active: Table,
    pub(super) aside: Option<Arc<Table>>,
}

impl Tables {
    /// What is newer than the store; `Some(None)` where the key is gone.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        let aside = || self.aside.as_ref().and_then(|aside| aside.0.get(key));
        self.active.0.get(key).or_else(aside).cloned()
    }

    /// The first key within the span. The span must not be void.
    pub(super) fn first(&self, span: &Span) -> Option<Change> {
        let aside = self.aside.as_ref().and_then(|aside| aside.first(span));
        nearer(self.active.first(span), aside, |active, aside| {
            active <= aside
        })
    }

    /// The last key within the span. The span must not be void.
    pub(super) fn last(&self, span: &Span) -> Option<Change> {
        let aside = self.aside.as_ref().and_then(|aside| aside.last(span));
        nearer(self.active.last(span), aside, |active, aside| {
            active >= aside
        })
    }
}

/// Of two changes the one that comes first; of the same key the newer.
pub(super) fn nearer(
    newer: Option<Change>,
    older: Option<Change>,
    comes_first: impl Fn(&IVec, &IVec) -> bool,
) -> Option<Change> {
    match (newer, older) {
        (Some(newer), Some(older)) if comes_first(&newer.0, &older.0) => Some(newer),
        (Some(_), Some(older)) => Some(older),
        (newer, older) => newer.or(older),
    }
}
