//! What an upstream tells beside its answer: its own rate limits, from the head of the response.
//!
//! It goes with the call and is read by whoever made it, so that neither answers nor streams have to
//! carry it.

use super::http::{RateLimits, rate_limits};
use http::HeaderMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Filled in by the dialect, read by the caller. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Option<RateLimits>>>);

impl Told {
    /// Notes the head of a response.
    pub fn note(&self, headers: &HeaderMap) {
        let limits = rate_limits(headers);
        if limits != RateLimits::default() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(limits);
        }
    }

    /// What was said of limits, where something was.
    #[must_use]
    pub fn limits(&self) -> Option<RateLimits> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
