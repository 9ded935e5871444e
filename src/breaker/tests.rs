//! Scripts that read as the specification, the machine's diagram, and random operations against a
//! twin.

use super::*;
use proptest::prelude::*;
use std::{collections::BTreeMap, fmt::Write as _};

mod twin;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Small numbers that are easy to follow by eye.
fn settings() -> Settings {
    Settings {
        failure_threshold: 3,
        failure_ratio: 0.5,
        min_calls: 8,
        window: ms(1000),
        cooldown: ms(100),
        max_cooldown: ms(300),
        success_threshold: 2,
        half_open_probes: 1,
        probe_lease: ms(50),
        slow_start: ms(200),
        throttle_wait: ms(10),
    }
}

/// Plays a script: each line is `<ms> <command> [permit name | argument]`, and what comes of it.
#[derive(Default)]
struct Player {
    permits: BTreeMap<String, Permit>,
    saved: Option<Saved>,
}

impl Player {
    fn play(&mut self, breaker: &mut Breaker, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now = ms(words[0].parse().unwrap());
        let name = words.get(2).copied().unwrap_or("");
        let result = match words[1] {
            "admit" => return self.admit(breaker, name, now),
            "ok" => CallResult::Success,
            "fail" => CallResult::Failure,
            "hang" => CallResult::Hang,
            "neutral" => CallResult::Neutral,
            "throttle" => CallResult::Throttle(words.get(3).map(|wait| ms(wait.parse().unwrap()))),
            "check" => return change(breaker.check(name == "good", now)),
            "reset" => {
                breaker.reset();
                return change(None);
            }
            "status" => return format!("{} {:.2}", breaker.status(now).name(), breaker.share(now)),
            "save" => {
                let saved = breaker.save(now);
                let text = serde_json::to_string(&saved).unwrap();
                self.saved = Some(saved);
                return text;
            }
            "restore" => {
                let saved = self.saved.take().unwrap();
                *breaker = Breaker::restore(settings(), &saved, ms(name.parse().unwrap()), now);
                return breaker.status(now).name().to_owned();
            }
            other => panic!("unknown command {other}"),
        };
        change(breaker.record(self.permits[name], result, now))
    }

    fn admit(&mut self, breaker: &mut Breaker, name: &str, now: Duration) -> String {
        match breaker.admit(now) {
            Admission::Admitted(permit) => {
                self.permits.insert(name.to_owned(), permit);
                if permit.is_probe() { "probe" } else { "yes" }.to_owned()
            }
            Admission::Rejected { until, why } => {
                format!("no: {why:?} until {}", until.as_millis())
            }
        }
    }
}

fn change(transition: Option<Transition>) -> String {
    match transition {
        None => "-".to_owned(),
        Some(Transition::Tripped { reason, until }) => {
            format!("TRIPPED {reason:?} until {}", until.as_millis())
        }
        Some(Transition::Recovered) => "RECOVERED".to_owned(),
        Some(Transition::Throttled { until }) => format!("THROTTLED until {}", until.as_millis()),
    }
}

#[test]
fn the_scripts_read_as_the_specification() {
    let mut wrong = String::new();
    let (mut breaker, mut player) = (Breaker::new(settings()), Player::default());
    for line in include_str!("tests/scripts.txt").lines() {
        let Some((command, expected)) = line.split_once("->") else {
            if line.starts_with('#') {
                (breaker, player) = (Breaker::new(settings()), Player::default());
            }
            continue;
        };
        let got = player.play(&mut breaker, command);
        if got != expected.trim() {
            writeln!(
                wrong,
                "{} -> {got}   (expected {})",
                command.trim(),
                expected.trim()
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// From each state, what each event leads to: the diagram of the machine.
#[test]
fn the_diagram_of_the_machine() {
    let (closed, open) = (
        vec!["0 admit a"],
        vec!["0 admit a", "0 fail a", "0 fail a", "0 fail a"],
    );
    let half = [open.clone(), vec!["100 admit b"]].concat();
    let one_good = [half.clone(), vec!["100 ok b", "100 admit c"]].concat();
    let recovering = [one_good.clone(), vec!["100 ok c", "100 admit d"]].concat();
    let states = [
        ("closed", closed, "a"),
        ("open", open, "a"),
        ("half open", half, "b"),
        ("half open, 1 good", one_good, "c"),
        ("recovering", recovering, "d"),
    ];
    let mut diagram = String::new();
    for (name, way, permit) in &states {
        for event in [
            "ok",
            "fail",
            "throttle",
            "neutral",
            "check bad",
            "check good",
            "time",
        ] {
            let (mut breaker, mut player) = (Breaker::new(settings()), Player::default());
            for line in way {
                player.play(&mut breaker, line);
            }
            let mut told = "-".to_owned();
            let mut at = if *name == "open" { 50 } else { 101 };
            match event {
                "time" => at = 5000,
                "check bad" | "check good" => {
                    for _ in 0..3 {
                        told = player.play(&mut breaker, &format!("{at} {event}"));
                    }
                }
                _ => told = player.play(&mut breaker, &format!("{at} {event} {permit}")),
            }
            let status = player.play(&mut breaker, &format!("{at} status"));
            writeln!(diagram, "{name:18} {event:11} => {status:16} {told}").unwrap();
        }
    }
    insta::assert_snapshot!(diagram);
}

#[derive(Clone, Debug)]
enum Op {
    Wait(u64),
    Admit,
    Record(usize, u8),
    Check(bool),
    Restart(u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => (0u64..120).prop_map(Op::Wait),
        6 => Just(Op::Admit),
        6 => (any::<prop::sample::Index>(), 0u8..8).prop_map(|(i, r)| Op::Record(i.index(64), r)),
        1 => any::<bool>().prop_map(Op::Check),
        1 => (0u64..50).prop_map(Op::Restart),
    ];
    prop::collection::vec(op, 0..120)
}

proptest! {
    #[test]
    fn any_traffic_is_judged_as_by_the_naive_twin(ops in ops()) {
        let mut breaker = Breaker::new(settings());
        let mut twin = twin::Twin::new(settings());
        let (mut now, mut permits) = (1000, Vec::new());
        for op in ops {
            match op {
                Op::Wait(by) => now += by,
                Op::Admit => {
                    let admitted = match breaker.admit(ms(now)) {
                        Admission::Admitted(permit) => Some(permit),
                        Admission::Rejected { until, .. } => {
                            prop_assert!(until > ms(now), "told to come back in the past");
                            None
                        }
                    };
                    let twins = twin.admit(now);
                    prop_assert_eq!(admitted.is_some(), twins.is_some());
                    permits.extend(admitted.zip(twins));
                }
                Op::Record(index, result) => {
                    if permits.is_empty() {
                        continue;
                    }
                    let (permit, twins) = permits.swap_remove(index % permits.len());
                    let result = match result {
                        0..3 => CallResult::Success,
                        3..6 => CallResult::Failure,
                        6 => CallResult::Throttle(Some(ms(40))),
                        _ => CallResult::Neutral,
                    };
                    breaker.record(permit, result, ms(now));
                    twin.record(twins, result, now);
                }
                Op::Check(healthy) => {
                    breaker.check(healthy, ms(now));
                    twin.check(healthy, now);
                }
                Op::Restart(down) => {
                    let saved = breaker.save(ms(now));
                    let before = breaker.would_admit(ms(now + down)).is_ok();
                    let after = Breaker::restore(settings(), &saved, ms(down), ms(now + down));
                    let admits = after.would_admit(ms(now + down)).is_ok();
                    prop_assert!(admits || !before, "a restart shut what was not shut");
                }
            }
            prop_assert_eq!(breaker.status(ms(now)).name(), twin.status(now));
        }
        // Whatever happened, and whatever permits were lost: in the end it admits a call again.
        prop_assert!(breaker.would_admit(ms(now + 10_000)).is_ok());
    }
}
