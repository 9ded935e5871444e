//! What a learner makes of an arm that becomes worse, stays so or recovers.

use super::tests::{chosen, judged, priors, quality};
use super::*;
use crate::domain::ArmId;

/// A learner after some requests in which both arms are nearly as good as each other.
fn seen(settings: Settings, requests: usize) -> Learner {
    let mut learner = Learner::new(settings, &priors(&["a", "b"]));
    for i in 0..requests {
        let (axis, arm) = (i % 3, if i % 2 == 0 { "a" } else { "b" });
        learner.apply(&chosen(axis, arm));
        let better = (axis == 1) == (arm == "a");
        let wobble = 0.1 * ((i * 7919 % 13) as f64 / 12.0 - 0.5);
        let quality = 0.5 + wobble + if better { 0.1 } else { -0.1 };
        learner.apply(&judged(axis, arm, quality));
    }
    learner
}

/// What a person would see of `a` being judged like this, sixty times over.
fn changes(learner: &mut Learner, quality: f64) -> Vec<Change> {
    let one = |_| learner.apply(&judged(1, "a", quality));
    (0..60).flat_map(one).collect()
}

fn drift(direction: Direction) -> Change {
    let arm = ArmId::new("a");
    Change::Drift { arm, direction }
}

#[test]
fn a_fallen_arm_that_recovers_is_at_once_what_it_was() {
    let mut learner = seen(Settings::default(), 600);
    let before = quality(&learner, "a", 1);
    assert_eq!(changes(&mut learner, 0.25), [drift(Direction::Worse)]);
    assert!(quality(&learner, "a", 1) < before - 0.25);
    let mut twin = Learner::decode(&learner.encode(), Settings::default()).unwrap();
    assert_eq!(changes(&mut learner, 0.6), [drift(Direction::Better)]);
    assert!((quality(&learner, "a", 1) - before).abs() < 0.05);
    changes(&mut twin, 0.6);
    assert_eq!(learner.encode(), twin.encode());
}

#[test]
fn a_fall_that_lasts_is_how_the_arm_is_now() {
    let mut learner = seen(Settings::default(), 600);
    let fallen: usize = (0..8).map(|_| changes(&mut learner, 0.25).len()).sum();
    assert_eq!((fallen, learner.arms[0].fall), (1, None));
    assert!((quality(&learner, "a", 1) - 0.25).abs() < 0.06);
}

/// Probes come the sooner the more hope there is, and none where they are switched off.
#[test]
fn a_fallen_arm_is_probed_when_it_was_left_for_a_while() {
    for probes in [true, false] {
        let settings = Settings {
            probes,
            ..Settings::default()
        };
        let mut learner = seen(settings, 600);
        changes(&mut learner, 0.25);
        let column = learner.knowledge().column(&ArmId::new("a")).unwrap();
        let due = |learner: &Learner| learner.knowledge().probe(column) > 0.2;
        (0..60).for_each(|i| drop(learner.apply(&chosen(i % 3, "b"))));
        assert_eq!(due(&learner), probes);
        learner.apply(&chosen(0, "a"));
        learner.publish();
        assert!(!due(&learner));
    }
}

#[test]
fn drift_goes_unnoticed_where_it_is_switched_off() {
    let settings = Settings {
        detect_drift: false,
        ..Settings::default()
    };
    assert_eq!(changes(&mut seen(settings, 600), 0.25), []);
}
