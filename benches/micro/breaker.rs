//! What a breaker adds to each call: one admission and one result, or one refusal.

use divan::{Bencher, black_box};
use pointsman::breaker::{Admission, Breaker, CallResult, Settings};
use std::time::Duration;

/// A call each millisecond, one in ten a failure: the breaker stays closed, its window full.
#[divan::bench]
fn admit_and_record(bencher: Bencher<'_, '_>) {
    let mut breaker = Breaker::new(Settings::default());
    let mut now = Duration::ZERO;
    let mut call = move || {
        now += Duration::from_millis(1);
        let result = if now.as_millis().is_multiple_of(10) {
            CallResult::Failure
        } else {
            CallResult::Success
        };
        match breaker.admit(black_box(now)) {
            Admission::Admitted(permit) => {
                let transition = breaker.record(permit, black_box(result), now);
                assert!(transition.is_none(), "it tripped");
            }
            Admission::Rejected { .. } => unreachable!("a closed breaker admits"),
        }
    };
    (0..100_000).for_each(|_| call());
    bencher.bench_local(call);
}

#[divan::bench]
fn refuse(bencher: Bencher<'_, '_>) {
    let mut breaker = Breaker::new(Settings::default());
    breaker.force_open(Duration::ZERO);
    let now = Duration::from_millis(1);
    assert!(matches!(breaker.admit(now), Admission::Rejected { .. }));
    bencher.bench_local(|| breaker.admit(black_box(now)));
}
