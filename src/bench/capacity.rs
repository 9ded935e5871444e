//! A memory of many decisions: resident memory while they come and wait for feedback, size on disk,
//! and how long a restart takes after a kill.

use super::{
    BenchError, Context, Measure,
    decide::fresh,
    rounds::Rounds,
    server::{Server, Temporary, Wanted},
};
use crate::load::{Call, Pace, Plan, drive};
use std::time::Duration;

pub(super) const SUITE: &str = "capacity";
/// Numbers of waiting decisions at which resident memory is read, as shares of all.
const MARKS: [f64; 5] = [0.001, 0.01, 0.1, 0.5, 1.0];

pub(super) async fn run(context: &mut Context<'_>) -> Result<Vec<Measure>, BenchError> {
    let mut rounds = Rounds::default();
    idle(context, &mut rounds, "minilm").await;
    idle(context, &mut rounds, "static").await;
    filled(context, &mut rounds).await?;
    Ok(rounds.medians(SUITE))
}

async fn idle(context: &Context<'_>, rounds: &mut Rounds, embedder: &str) {
    let Ok(folder) = Temporary::new(&format!("idle-{embedder}")) else {
        return;
    };
    let wanted = Wanted {
        embedder,
        ..Wanted::default()
    };
    if let Ok(service) = Server::service(context, &wanted, &folder.0).await {
        rounds.add(&format!("idle, {embedder}"), "mib", service.resident_mib());
        let ready = service.started_in.as_secs_f64();
        rounds.add(&format!("start, empty, {embedder}"), "seconds", ready);
    }
}

async fn filled(context: &mut Context<'_>, rounds: &mut Rounds) -> Result<(), BenchError> {
    let folder = Temporary::new("capacity")?;
    let wanted = Wanted::default();
    let service = Server::service(context, &wanted, &folder.0).await?;
    let (mut made, mut run) = (0, 3 << 20);
    for share in MARKS {
        let mark = (context.options.decisions as f64 * share) as u64;
        let plan = Plan {
            warm_up: Duration::ZERO,
            duration: Duration::from_secs(3600),
            requests: mark - made,
            ..Plan::new(Pace::Callers(64))
        };
        let router = service.router(Call::Decide, fresh(&mut run)).await?;
        drive(router, "fill", &plan).await?;
        made = mark;
        let what = format!("{made} decisions waiting");
        rounds.add(&what, "mib", service.resident_mib());
        context.tell(&format!(
            "{what}: {:.0} MiB resident",
            service.resident_mib()
        ));
    }
    drop(service); // killed
    let disk = folder.bytes() as f64 / f64::from(1 << 20);
    rounds.add("on disk", "mib", disk);
    // The first start after the kill has the most to read; those that follow show what is usual.
    for start in 0..3 {
        let service = Server::service(context, &wanted, &folder.0).await?;
        let what = if start == 0 {
            format!("start, {made} decisions, after a kill")
        } else {
            format!("start, {made} decisions, again")
        };
        rounds.add(&what, "seconds", service.started_in.as_secs_f64());
        rounds.add(&what, "mib", service.resident_mib());
    }
    Ok(())
}
