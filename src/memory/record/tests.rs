//! Records come back as they were; anything else is called damage, and never panics.

use super::{Damage, Stored};
use crate::domain::{Decision, Fact, Feedback, Outcome};
use crate::memory::{
    key::{self, Part},
    tests::sample,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn records_come_back(n in 0u64..1000) {
        let at = |part| key::decision(sample::id(n), part);
        let (d, o, f) = (at(Part::Decision), at(Part::Outcome), at(Part::Feedback));
        let decision = sample::decision(n);
        prop_assert_eq!(Decision::load(&d, &decision.store(&d).unwrap()).unwrap(), decision);
        let outcome = sample::outcome(n);
        prop_assert_eq!(Outcome::load(&o, &outcome.store(&o).unwrap()).unwrap(), outcome);
        let feedback = vec![sample::feedback(n, 1, 0.25), sample::feedback(n, 2, 1.0)];
        prop_assert_eq!(Vec::<Feedback>::load(&f, &feedback.store(&f).unwrap()).unwrap(), feedback);
        let (key, fact) = (key::fact(n), sample::fact(n));
        prop_assert_eq!(Fact::load(&key, &fact.store(&key).unwrap()).unwrap(), fact);
    }

    #[test]
    fn a_changed_byte_is_noticed(n in 0u64..100, at: prop::sample::Index, flip in 1u8..) {
        let key = key::fact(n);
        let mut record = sample::fact(n).store(&key).unwrap();
        let at = at.index(record.len());
        record[at] ^= flip;
        prop_assert!(Fact::load(&key, &record).is_err());
    }

    #[test]
    fn a_record_at_another_place_is_noticed(n in 0u64..100) {
        let record = sample::fact(n).store(&key::fact(n)).unwrap();
        prop_assert_eq!(Fact::load(&key::fact(n + 1), &record), Err(Damage::Checksum));
    }

    #[test]
    fn any_bytes_with_a_right_checksum_are_read_or_refused(bytes: Vec<u8>, version in 0u8..3) {
        let key = key::decision(sample::id(1), Part::Decision);
        let mut record = vec![version];
        record.extend(super::checksum(&key, version, &bytes));
        record.extend(bytes);
        let _ = Decision::load(&key, &record);
        let _ = Outcome::load(&key, &record);
        let _ = Vec::<Feedback>::load(&key, &record);
        let _ = Fact::load(&key, &record);
    }
}

#[test]
fn poison_is_refused_at_both_doors() {
    let key = key::fact(2);
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let mut fact = sample::fact(2);
        let Fact::Judged { quality, .. } = &mut fact else {
            panic!("the sample changed");
        };
        *quality = bad;
        let error = fact.store(&key).unwrap_err().to_string();
        assert!(
            error.contains("quality is") && error.contains("in [0, 1]"),
            "{error}"
        );
        let stored = super::seal(&key, 1, &super::fact::V1::from(&fact));
        assert!(matches!(
            Fact::load(&key, &stored),
            Err(Damage::Poisoned(_))
        ));
    }
}

#[test]
fn numbers_too_large_for_single_precision_stay_finite() {
    let key = key::decision(sample::id(1), Part::Decision);
    let mut decision = sample::decision(1);
    decision.ranking.scores[0].evidence = 1e300;
    let stored = decision.store(&key).unwrap();
    assert!(Decision::load(&key, &stored).is_ok());
}

fn digest(record: Vec<u8>) -> String {
    format!("{} {:08x}\n", record.len(), crc32fast::hash(&record))
}

#[test]
fn records_of_version_1_are_still_read() {
    let at = |part| key::decision(sample::id(7), part);
    let (d, o) = (at(Part::Decision), at(Part::Outcome));
    let (decision, outcome) = (sample::decision(7), sample::outcome(7));
    let first = super::seal(&d, 1, &super::decision::V1::from(&decision));
    assert_eq!(Decision::load(&d, &first), Ok(decision));
    let first = super::seal(&o, 1, &super::outcome::V1::from(&outcome));
    assert_eq!(Outcome::load(&o, &first), Ok(outcome));
}

/// The bytes of version 2 of decisions and outcomes, for ever.
#[test]
fn the_form_of_version_2_does_not_change() {
    let at = |part| key::decision(sample::id(30), part);
    let (d, o) = (at(Part::Decision), at(Part::Outcome));
    let mut all = digest(sample::decision(30).store(&d).unwrap());
    all += &digest(sample::outcome(30).store(&o).unwrap());
    insta::assert_snapshot!(all, @r"
        1510 db8757ff
        278 3096230d
        ");
}

/// The bytes of version 1, for ever: a change here needs a version 2 that still reads these.
#[test]
fn the_form_of_version_1_does_not_change() {
    let at = |part| key::decision(sample::id(7), part);
    let (d, o, f) = (at(Part::Decision), at(Part::Outcome), at(Part::Feedback));
    let decision = super::decision::V1::from(&sample::decision(7));
    let mut all = digest(super::seal(&d, 1, &decision));
    let outcome = super::outcome::V1::from(&sample::outcome(7));
    all += &digest(super::seal(&o, 1, &outcome));
    all += &digest(vec![sample::feedback(7, 1, 0.5)].store(&f).unwrap());
    for n in 0..3 {
        all += &digest(sample::fact(n).store(&key::fact(n)).unwrap());
    }
    insta::assert_snapshot!(all, @r"
    1456 91739d15
    174 05f5615a
    46 ebbd2e7c
    437 c8ea5777
    56 bda9b498
    448 ba55a0e9
    ");
}
