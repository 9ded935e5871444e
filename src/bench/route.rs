//! `Route` and `RouteStream` against a mock upstream, beside direct calls to that mock: what the
//! service adds, learning and durability on.

use super::{
    BenchError, Context, Floor, Measure,
    decide::{fresh, measured},
    direct::Direct,
    rounds::Rounds,
    server::{Server, Temporary, Wanted},
};
use crate::load::{Call, Pace};
use std::time::Duration;

pub(super) const SUITE: &str = "route";
/// Calls a second of the open loops, by the upstream's delay in milliseconds.
const OPEN: [(u64, f64); 3] = [(0, 200.0), (60, 200.0), (1500, 50.0)];
/// Pieces of the streams whose tokens are counted.
const LONG: u64 = 200;

/// One service and the direct way to the same mock.
struct Pair {
    service: Server,
    mock: String,
    path: String,
    _folder: Temporary,
}

impl Pair {
    async fn start(
        context: &Context<'_>,
        mock: &Server,
        (delay_ms, pieces): (u64, u64),
        embedder: &str,
    ) -> Result<Self, BenchError> {
        let folder = Temporary::new(&format!("route-{embedder}-{delay_ms}-{pieces}"))?;
        let path = format!("/{delay_ms}/{pieces}/v1");
        let mock = mock.address().to_string();
        let wanted = Wanted {
            embedder,
            upstream: format!("http://{mock}{path}"),
            ..Wanted::default()
        };
        Ok(Self {
            service: Server::service(context, &wanted, &folder.0).await?,
            mock,
            path,
            _folder: folder,
        })
    }

    /// Both, one after the other.
    async fn compare(
        &self,
        rounds: &mut Rounds,
        run: &mut u64,
        (what, pace, time): (&str, Pace, Duration),
        call: Call,
    ) -> Result<(), BenchError> {
        let streamed = call == Call::RouteStream;
        let direct = Direct::new(&self.mock, &self.path, fresh(run), streamed);
        let name = format!("direct, {what}");
        rounds.report(&name, &measured(direct, &name, pace, time).await?);
        let routed = self.service.router(call, fresh(run)).await?;
        let name = format!("routed, {what}");
        rounds.report(&name, &measured(routed, &name, pace, time).await?);
        Ok(())
    }
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Vec<Measure>, BenchError> {
    let mock = Server::floor(context, Floor::Upstream).await?;
    let time = context.time();
    let (mut rounds, mut next) = (Rounds::default(), 1 << 20);
    let run = &mut next;
    let mut delayed = Vec::new();
    for (delay_ms, rate) in OPEN {
        let pair = Pair::start(context, &mock, (delay_ms, 1), "static").await?;
        delayed.push((delay_ms, rate, pair));
    }
    let long = Pair::start(context, &mock, (0, LONG), "static").await?;
    let accurate = Pair::start(context, &mock, (0, 1), "minilm").await;
    for round in 1..=context.options.rounds {
        let fast = &delayed[0].2;
        for callers in [1, 64] {
            let pace = Pace::Callers(callers);
            let what = format!("{callers} callers");
            fast.compare(&mut rounds, run, (&what, pace, time), Call::Route)
                .await?;
        }
        for (delay_ms, rate, pair) in &delayed {
            let longer = time.max(Duration::from_millis(delay_ms * 4));
            let what = format!("{delay_ms} ms upstream at {rate} a second");
            let how = (what.as_str(), Pace::Rate(*rate), longer);
            pair.compare(&mut rounds, run, how, Call::Route).await?;
            let what = format!("stream, {delay_ms} ms upstream at {rate} a second");
            let how = (what.as_str(), Pace::Rate(*rate), longer);
            pair.compare(&mut rounds, run, how, Call::RouteStream)
                .await?;
        }
        let how = ("200 pieces, 16 callers", Pace::Callers(16), time);
        long.compare(&mut rounds, run, how, Call::RouteStream)
            .await?;
        if let Ok(accurate) = &accurate {
            let how = ("minilm at 200 a second", Pace::Rate(200.0), time);
            accurate.compare(&mut rounds, run, how, Call::Route).await?;
        }
        context.tell(&format!("round {round} of {}", context.options.rounds));
    }
    Ok(rounds.medians(SUITE))
}
