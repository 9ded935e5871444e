//! What a deployment has shown of its streams, so that a whole answer is asked for in the way that
//! tells most. Learned anew with each start.

use super::Deployment;
use crate::domain::{Fault, FaultKind};
use crate::provider::Call;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Habits {
    refuses_streams: AtomicBool,
    hides_usage: AtomicBool,
}

impl Habits {
    /// It answers whole, but not as a stream (an account may not be allowed to).
    pub fn refuses_streams(&self) {
        self.refuses_streams.store(true, Ordering::Relaxed);
    }

    /// Its streams do not tell their usage: a whole answer is asked for as such from now on.
    pub fn hides_usage(&self) {
        self.hides_usage.store(true, Ordering::Relaxed);
    }
}

impl Deployment {
    /// Is the call made as a stream, where the caller wants one (`streamed`) or the whole answer?
    pub(super) fn streams(&self, call: &Call, streamed: bool) -> bool {
        let seen = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        self.spec.streams
            && !seen(&self.habits.refuses_streams)
            && (streamed || !seen(&self.habits.hides_usage) && self.spec.provider.streams(call))
    }
}

/// Does the upstream refuse the request because it asks for a stream? ("Your organization must be
/// verified to stream this model", "streaming is not supported".) No token was spent then.
pub(super) fn is_about_streams(fault: &Fault) -> bool {
    let mut words = fault.message.split(|c: char| !c.is_ascii_alphanumeric());
    fault.kind == FaultKind::InvalidRequest
        && words.any(|word| {
            ["stream", "streaming", "streamed"]
                .iter()
                .any(|one| word.eq_ignore_ascii_case(one))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_streams_is_known_by_its_words() {
        for (message, expected) in [
            (
                "upstream answered 400: Your organization must be verified to stream this model.",
                true,
            ),
            ("upstream answered 400: `stream` is not supported", true),
            (
                "upstream answered 422: Streaming is not available for this deployment",
                true,
            ),
            (
                "upstream answered 400: upstream image could not be fetched",
                false,
            ),
            ("upstream answered 400: temperature is out of range", false),
        ] {
            let fault = Fault::new(FaultKind::InvalidRequest, message);
            assert_eq!(is_about_streams(&fault), expected, "{message}");
        }
        assert!(!is_about_streams(&Fault::new(
            FaultKind::ServerError,
            "the stream failed"
        )));
    }
}
