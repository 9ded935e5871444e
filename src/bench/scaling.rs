//! How the cost grows: cores, prompt classes, arms, streams at once.

use super::{
    BenchError, Context, Floor, Measure,
    decide::{fresh, measured},
    rounds::Rounds,
    server::{Server, Temporary, Wanted},
};
use crate::load::{Call, Pace};

pub(super) const SUITE: &str = "scaling";

pub(super) async fn run(context: &mut Context<'_>) -> Result<Vec<Measure>, BenchError> {
    let (mut rounds, mut run) = (Rounds::default(), 4 << 20);
    let usual = Wanted::default;
    let mut shapes: Vec<(String, Wanted<'_>)> = Vec::new();
    for cores in [1, 2] {
        let wanted = Wanted {
            cores: Some(cores),
            ..usual()
        };
        shapes.push((format!("{cores} cores for the service"), wanted));
    }
    for classes in [10, 64, 250, 1000] {
        shapes.push((format!("{classes} classes"), Wanted { classes, ..usual() }));
    }
    for arms in [2, 10, 50] {
        shapes.push((format!("{arms} arms"), Wanted { arms, ..usual() }));
    }
    let time = context.time();
    for (number, (what, wanted)) in shapes.iter().enumerate() {
        let folder = Temporary::new(&format!("scaling-{number}"))?;
        let Ok(service) = Server::service(context, wanted, &folder.0).await else {
            context.tell(&format!("{what}: not here"));
            continue;
        };
        for _ in 0..context.options.rounds.min(3) {
            let router = service.router(Call::Decide, fresh(&mut run)).await?;
            let report = measured(router, what, Pace::Callers(64), time).await?;
            rounds.report(&format!("Decide, {what}"), &report);
        }
        context.tell(what);
    }
    streams(context, &mut rounds, &mut run).await?;
    Ok(rounds.medians(SUITE))
}

async fn streams(
    context: &mut Context<'_>,
    rounds: &mut Rounds,
    run: &mut u64,
) -> Result<(), BenchError> {
    let mock = Server::floor(context, Floor::Upstream).await?;
    let folder = Temporary::new("scaling-streams")?;
    let wanted = Wanted {
        upstream: format!("http://{}/20/50/v1", mock.address()),
        ..Wanted::default()
    };
    let service = Server::service(context, &wanted, &folder.0).await?;
    for streams in [1, 10, 100, 1000] {
        for _ in 0..context.options.rounds.min(3) {
            let router = service.router(Call::RouteStream, fresh(run)).await?;
            let what = format!("{streams} streams at once, 20 ms upstream");
            let pace = Pace::Callers(streams);
            let report = measured(router, &what, pace, context.time()).await?;
            rounds.report(&what, &report);
        }
    }
    context.tell("streams");
    Ok(())
}
