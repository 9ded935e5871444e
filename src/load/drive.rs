//! Makes the calls of a plan and counts them.

use super::{
    Target, pacer,
    plan::{Pace, Plan},
    report::Report,
    tally::Tally,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};

/// Tallies of an open loop, so that calls that end at once seldom wait for each other.
const TALLIES: usize = 16;

/// Runs the plan against the target; returns when every call that was sent has ended.
///
/// # Errors
/// The system gives no thread for the schedule.
pub async fn drive(target: impl Target, name: &str, plan: &Plan) -> std::io::Result<Report> {
    let (tally, counted) = match plan.pace {
        Pace::Rate(per_second) => {
            let started = Instant::now();
            let due = pacer::start(started, per_second, plan.whole())?;
            open(target, plan, started, due).await
        }
        Pace::Callers(callers) => closed(target, plan, callers).await,
    };
    Ok(Report::new(name, plan, &tally, counted))
}

/// The run's counts and the seconds that they were counted over.
pub(super) type Counted = (Tally, f64);

/// Each caller sends its next call when the last has ended.
pub(super) async fn closed(target: impl Target, plan: &Plan, callers: usize) -> Counted {
    let started = Instant::now();
    let from = started + plan.warm_up;
    let until = started + plan.whole();
    let (next, left) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicU64::new(plan.requests)),
    );
    let most = target.most().unwrap_or(u64::MAX);
    let mut working = JoinSet::new();
    for _ in 0..callers {
        let (target, next, left) = (target.clone(), Arc::clone(&next), Arc::clone(&left));
        working.spawn(async move {
            let mut tally = Tally::default();
            loop {
                let sent = Instant::now();
                let n = next.fetch_add(1, Ordering::Relaxed);
                if sent >= until || n >= most || (sent >= from && !take(&left)) {
                    return tally;
                }
                let result = target.call(n).await;
                if sent >= from {
                    tally.count(sent, sent, Instant::now(), result);
                }
            }
        });
    }
    let mut all = Tally::default();
    while let Some(tally) = working.join_next().await {
        all.add(&tally.unwrap_or_default());
    }
    let seconds = Instant::now().saturating_duration_since(from);
    (all, seconds.as_secs_f64())
}

/// Takes one of what is left.
fn take(left: &AtomicU64) -> bool {
    let less = |left: u64| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        .is_ok()
}

/// Sends each call when it is due, whatever became of those before.
pub(super) async fn open(
    target: impl Target,
    plan: &Plan,
    started: Instant,
    mut due: mpsc::UnboundedReceiver<(u64, Instant)>,
) -> Counted {
    let from = started + plan.warm_up;
    let room = Arc::new(Semaphore::new(plan.in_flight_max));
    let tallies: Arc<[Mutex<Tally>]> = (0..TALLIES).map(|_| Mutex::default()).collect();
    let most = target.most().unwrap_or(u64::MAX);
    let mut left = plan.requests;
    while let Some((n, due)) = due.recv().await {
        let counts = due >= from;
        if n >= most || (counts && left == 0) {
            break;
        }
        left -= u64::from(counts);
        // Never closed, so that a place always comes; the wait for it counts, since `due` stays.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            break;
        };
        let (target, tallies) = (target.clone(), Arc::clone(&tallies));
        tokio::spawn(async move {
            let sent = Instant::now();
            let result = target.call(n).await;
            let now = Instant::now();
            if counts {
                let mut tally = lock(&tallies[n as usize % TALLIES]);
                tally.count(due, sent, now, result);
            }
            // Last, because the run ends when all places are back.
            drop(place);
        });
    }
    // All places are back when all calls have ended.
    let all_places = u32::try_from(plan.in_flight_max).unwrap_or(u32::MAX);
    let _ = room.acquire_many(all_places).await;
    let seconds = Instant::now().saturating_duration_since(from);
    let mut all = Tally::default();
    tallies.iter().for_each(|tally| all.add(&lock(tally)));
    (all, seconds.as_secs_f64())
}

fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
