//! Durable feedback, one client and many, beside one fsync for each.

use super::{
    BenchError, Context, Measure,
    decide::{fresh, measured},
    rounds::Rounds,
    server::{Server, Temporary, Wanted},
};
use crate::load::{Call, Pace, Teaching};
use std::{fs::File, io::Write as _, time::Duration};
use tokio::time::Instant;

pub(super) const SUITE: &str = "feedback";
/// Decisions judged in each round by many clients; by one client a tenth.
const DECISIONS: u64 = 40_000;
/// Bytes of one record that is synced.
const RECORD_BYTES: usize = 512;

pub(super) async fn run(context: &mut Context<'_>) -> Result<Vec<Measure>, BenchError> {
    let folder = Temporary::new("feedback")?;
    let service = Server::service(context, &Wanted::default(), &folder.0).await?;
    let time = context.time();
    let (mut rounds, mut run) = (Rounds::default(), 2 << 20);
    for round in 1..=context.options.rounds {
        for (clients, decisions) in [(1, DECISIONS / 10), (64, DECISIONS)] {
            let router = service.router(Call::Decide, fresh(&mut run)).await?;
            let teaching = Teaching::prepare(router, decisions).await;
            let teaching = teaching.map_err(BenchError::Connection)?;
            let what = format!("durable, {clients} clients");
            // It ends when all decisions are judged.
            let report = measured(teaching, &what, Pace::Callers(clients), time).await?;
            rounds.report(&what, &report);
        }
        rounds.add("one fsync each", "per_second", fsyncs(&folder, time / 2)?);
        context.tell(&format!("round {round} of {}", context.options.rounds));
    }
    Ok(rounds.medians(SUITE))
}

/// Records a second, each written and synced by itself.
fn fsyncs(folder: &Temporary, time: Duration) -> std::io::Result<f64> {
    let mut file = File::create(folder.0.join("synced"))?;
    let (began, mut count) = (Instant::now(), 0u64);
    while began.elapsed() < time {
        file.write_all(&[0; RECORD_BYTES])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
