//! The response caches as operators see them.

use super::check::{Check, Path, present};
use crate::{
    engine::api::{CacheFilter, CacheShown},
    proto,
};
use tonic::Status;

/// Which answers are to go.
///
/// # Errors
/// INVALID_ARGUMENT where the decision's id is none.
pub fn filter(wire: proto::ClearCacheRequest) -> Result<CacheFilter, Box<Status>> {
    let mut check = Check::default();
    let path = Path::root("decision_id");
    let decision =
        present(wire.decision_id).map(|id| super::request::decision_id(&mut check, path, &id));
    check.done(CacheFilter {
        decision,
        tenant: present(wire.tenant),
    })
}

/// What the caches hold and found.
#[must_use]
pub fn to_cache(shown: CacheShown) -> proto::GetCacheResponse {
    let size = |(answers, bytes)| proto::CacheSize { answers, bytes };
    proto::GetCacheResponse {
        exact: shown.exact.map(size),
        semantic: shown.semantic.map(size),
        requests: shown.requests,
        exact_hits: shown.exact_hits,
        semantic_hits: shown.semantic_hits,
    }
}
