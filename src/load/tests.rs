//! The generator against servers that stall, on paused time.

use super::{
    Answer, Pace, Plan, Prompts, Target,
    drive::{closed, open},
    plan::due,
    report::Report,
};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

/// A server that stalls for a second on call `stalls`, and takes a millisecond otherwise.
#[derive(Clone)]
struct Stalling {
    stalls: u64,
    most: Option<u64>,
}

impl Target for Stalling {
    async fn call(&self, n: u64) -> Result<Answer, String> {
        let first = Some(Instant::now());
        sleep(Duration::from_millis(if n == self.stalls {
            1000
        } else {
            1
        }))
        .await;
        if n % 10 == 9 {
            return Err("Unavailable".to_owned());
        }
        Ok(Answer {
            first,
            pieces: 2,
            bytes: 100,
        })
    }

    fn most(&self) -> Option<u64> {
        self.most
    }
}

fn plan(pace: Pace) -> Plan {
    Plan {
        warm_up: Duration::ZERO,
        duration: Duration::from_secs(2),
        ..Plan::new(pace)
    }
}

/// The schedule, without a thread of its own, so that tokio's paused time holds.
fn schedule(
    started: Instant,
    calls: u64,
    per_second: f64,
) -> mpsc::UnboundedReceiver<(u64, Instant)> {
    let (send, receive) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for n in 0..calls {
            let at = started + due(n, per_second);
            sleep_until(at).await;
            let _ = send.send((n, at));
        }
    });
    receive
}

#[tokio::test(start_paused = true)]
async fn calls_that_a_stalled_server_held_back_are_counted_from_when_they_were_due() {
    let target = Stalling {
        stalls: 0,
        most: None,
    };
    let pace = Pace::Rate(100.0);
    let plan = Plan {
        in_flight_max: 1,
        ..plan(pace)
    };
    let started = Instant::now();
    let (tally, seconds) = open(target, &plan, started, schedule(started, 200, 100.0)).await;
    let report = Report::new("Decide", &plan, &tally, seconds);
    assert_eq!((report.calls, report.failed()), (180, 20));
    // A generator that omits what it held back would call this server fast.
    assert!(report.service_ms.p99 < 2.1, "{report:?}");
    assert!(report.latency_ms.p50 > 50.0, "{report:?}");
    assert!(report.latency_ms.p90 > 700.0, "{report:?}");
    assert!(report.lateness_ms.p99 > 900.0, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn with_room_in_flight_a_stall_holds_only_its_own_call() {
    let target = Stalling {
        stalls: 0,
        most: None,
    };
    let plan = plan(Pace::Rate(100.0));
    let started = Instant::now();
    let (tally, seconds) = open(target, &plan, started, schedule(started, 200, 100.0)).await;
    let report = Report::new("Decide", &plan, &tally, seconds);
    assert!(report.latency_ms.p90 < 3.0, "{report:?}");
    assert!(report.latency_ms.max > 900.0, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_ends_by_time_by_count_or_when_nothing_is_left() {
    let target = |most| Stalling {
        stalls: u64::MAX,
        most,
    };
    let of = async |most, plan: &Plan| {
        let (tally, _) = closed(target(most), plan, 4).await;
        tally.latency.len() + tally.errors.values().sum::<u64>()
    };
    let plan = plan(Pace::Callers(4));
    let by_time = of(None, &plan).await;
    assert!((4000..=8004).contains(&by_time), "{by_time}");
    assert_eq!(of(Some(37), &plan).await, 37);
    let few = Plan {
        requests: 50,
        ..plan
    };
    assert_eq!(of(None, &few).await, 50);
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_warm_up_are_not_counted() {
    let target = Stalling {
        stalls: 0,
        most: None,
    };
    let plan = Plan {
        warm_up: Duration::from_secs(1),
        duration: Duration::from_secs(1),
        ..Plan::new(Pace::Rate(100.0))
    };
    let started = Instant::now();
    let (tally, _) = open(target, &plan, started, schedule(started, 200, 100.0)).await;
    assert_eq!(tally.latency.len(), 90);
    assert!(tally.latency.max() < 3_000_000);
}

#[test]
fn the_schedule_does_not_drift() {
    assert_eq!(due(0, 3.0), Duration::ZERO);
    assert_eq!(due(3_000_000, 3.0), Duration::from_secs(1_000_000));
}

#[test]
fn prompts_are_as_long_as_asked_alike_by_number_and_come_again_where_asked() {
    let fresh = Prompts {
        from: 9,
        different: None,
        words: 32,
    };
    assert_eq!(fresh.text(7).split(' ').count(), 32);
    assert_eq!(fresh.text(7), fresh.text(7));
    let texts: std::collections::HashSet<String> = (0..5000).map(|n| fresh.text(n)).collect();
    assert_eq!(texts.len(), 5000);
    let few = Prompts {
        from: 9,
        different: Some(3),
        words: 8,
    };
    assert_eq!(few.text(1), few.text(4));
}

#[test]
fn a_report_reads_well_and_owns_up_to_its_loop() {
    let plan = plan(Pace::Callers(2));
    let mut tally = super::tally::Tally::default();
    let at = Instant::now();
    let took = |ms| at + Duration::from_millis(ms);
    for ms in [1, 2, 3] {
        let answer = Answer {
            first: Some(took(1)),
            pieces: 4,
            bytes: 300,
        };
        tally.count(at, at, took(ms), Ok(answer));
    }
    tally.count(at, at, took(9), Err("Unavailable".to_owned()));
    let report = Report::new("RouteStream", &plan, &tally, 2.0);
    insta::assert_snapshot!(report.text(), @r"
    RouteStream: closed loop, 2 callers, 2.0 s
    3 calls, 1.5 a second, 1 failed, answers of 300 bytes

    ms                   p50       p90       p95       p99     p99.9       max
    latency            2.001     3.000     3.000     3.000     3.000     3.000
    first token        1.000     1.000     1.000     1.000     1.000     1.000
    6 pieces of text a second
    failed: 1 x Unavailable
    Closed loop: a stalled server also stalls the callers, so that these percentiles leave out
    the calls it would have kept waiting. Use --rate to see those.
    ");
    assert_eq!(
        serde_json::to_value(&report).unwrap()["errors"]["Unavailable"],
        1
    );
}
