//! The load generator against the service, on simulated models.

use pointsman::{
    config,
    engine::Options,
    load::{Call, Pace, Plan, Prompts, Report, Router, Target, Teaching, drive},
    serve,
};
use std::time::Duration;
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};

const CONFIG: &str = "
server: {listen: 127.0.0.1:0, http_listen: off}
embedding: {kind: static}
memory: {path: none}
providers:
  - {name: simulated, type: simulated, simulation: {seed: 1, time_scale: 0.0001}}
";

async fn service() -> (Channel, oneshot::Sender<()>) {
    let config = config::from_text(CONFIG, config::Origin::Simulated, &|_| None).unwrap();
    let (stop, stopped) = oneshot::channel();
    let (ready, listening) = oneshot::channel();
    let told = move |listening: &serve::Listening| ready.send(listening.grpc).unwrap();
    tokio::spawn(async move {
        let down = async move { stopped.await.unwrap_or(()) };
        serve::serve(config, Options::default(), told, down)
            .await
            .unwrap();
    });
    let address = listening.await.unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    (endpoint.connect().await.unwrap(), stop)
}

async fn run(target: impl Target, pace: Pace) -> Report {
    let plan = Plan {
        warm_up: Duration::ZERO,
        duration: Duration::from_secs(60),
        requests: 20,
        ..Plan::new(pace)
    };
    let report = drive(target, "call", &plan).await.unwrap();
    assert_eq!(report.failed(), 0, "{report:?}");
    assert_eq!(report.calls, 20);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_can_be_put_under_load_in_both_kinds_of_loop() {
    let (channel, _stop) = service().await;
    let prompts = Prompts {
        from: 0,
        different: Some(5),
        words: 12,
    };
    let router = |call| Router::new(vec![channel.clone()], None, call, prompts);
    for pace in [Pace::Callers(4), Pace::Rate(200.0)] {
        let decided = run(router(Call::Decide), pace).await;
        assert!(decided.answer_bytes > 100.0, "{decided:?}");
        run(router(Call::Route), pace).await;
        let streamed = run(router(Call::RouteStream), pace).await;
        assert!(streamed.pieces_per_second > 0.0, "{streamed:?}");
        let (first, last) = (streamed.first_token_ms.unwrap(), streamed.latency_ms);
        assert!(first.max <= last.max, "{streamed:?}");
        let teaching = Teaching::prepare(router(Call::Decide), 20).await.unwrap();
        run(teaching, pace).await;
    }
}
