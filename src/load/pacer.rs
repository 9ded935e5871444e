//! Says when calls are due, from a thread of its own: tokio's timers step in milliseconds, and a
//! task that must first be polled is late exactly when the machine is busy.

use super::plan::due;
use std::{io, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// The numbers of calls with the moment each was due, in order, at that moment (or as soon after as
/// the system wakes a thread). Ends after `whole`, or when nobody listens any more.
pub(super) fn start(
    started: Instant,
    per_second: f64,
    whole: Duration,
) -> io::Result<mpsc::UnboundedReceiver<(u64, Instant)>> {
    let (send, receive) = mpsc::unbounded_channel();
    let pace = move || {
        for n in 0.. {
            let due = due(n, per_second);
            if due >= whole {
                return;
            }
            let due = started + due;
            loop {
                let left = due.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                std::thread::park_timeout(left);
            }
            if send.send((n, due)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("pacer".to_owned())
        .spawn(pace)?;
    Ok(receive)
}
