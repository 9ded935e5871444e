//! Runs that end early, and what the outside is told meanwhile.

use super::*;

#[tokio::test(start_paused = true)]
async fn dropping_the_future_stops_the_upstream_and_gives_everything_back() {
    let one = CallLimits {
        concurrent: Some(1),
        ..CallLimits::default()
    };
    let stage = stage(&[("a", vec![Turn::hang()])], one, Settings::default());
    for _ in 0..3 {
        let (plan, request, cancel) = (plan(&[("a", 1)], 1), request(), CancellationToken::new());
        let run = stage
            .dispatcher
            .run(&plan, &request, Limits::default(), &cancel);
        let late = tokio::time::timeout(Duration::from_millis(10), run).await;
        assert!(late.is_err());
        let shown = &stage.dispatcher.registry().snapshot()[0];
        assert_eq!((shown.in_flight, shown.health), (0, Health::Healthy));
    }
    assert_eq!(stage.upstreams["a"].calls(), 3);
    assert_eq!(stage.upstreams["a"].abandoned(), 3);
    assert_eq!(
        stage.dispatcher.registry().snapshot()[0]
            .statistics
            .cancelled,
        3
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_stops_the_upstream() {
    let stage = stage(
        &[("a", vec![Turn::texts(["x"]).then_hang()])],
        CallLimits::default(),
        Settings::default(),
    );
    let cancel = CancellationToken::new();
    let stream =
        stage
            .dispatcher
            .run_stream(plan(&[("a", 1)], 1), request(), Limits::default(), cancel);
    let mut stream = Box::pin(stream);
    assert!(matches!(stream.next().await, Some(Progress::Delta(_))));
    assert_eq!(stage.upstreams["a"].abandoned(), 0);
    drop(stream);
    assert_eq!(stage.upstreams["a"].abandoned(), 1);
    assert_eq!(stage.dispatcher.registry().snapshot()[0].in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn cancelling_records_what_was_under_way() {
    let stage = stage(
        &[("a", vec![Turn::hang()])],
        CallLimits::default(),
        Settings::default(),
    );
    let cancel = CancellationToken::new();
    let (plan, request) = (plan(&[("a", 1)], 1), request());
    let run = stage
        .dispatcher
        .run(&plan, &request, Limits::default(), &cancel);
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
    };
    let (ran, ()) = tokio::join!(run, later);
    assert_eq!(ran.completion, Err(DispatchError::Cancelled));
    // The input (6 tokens at 1 dollar) is billed by the upstream whether we wait or not.
    assert_eq!(
        ran.attempts.iter().map(told).collect::<Vec<_>>(),
        ["a cancelled $6"]
    );
    assert_eq!(ran.attempts[0].latency_ms, 100.0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_does_not_run_ahead_of_its_reader() {
    let stage = stage(
        &[("a", vec![Turn::answer(["a", "b", "c", "d"])])],
        CallLimits::default(),
        Settings::default(),
    );
    let cancel = CancellationToken::new();
    let stream =
        stage
            .dispatcher
            .run_stream(plan(&[("a", 1)], 1), request(), Limits::default(), cancel);
    let mut stream = Box::pin(stream);
    assert_eq!(
        stage.upstreams["a"].calls(),
        0,
        "nothing runs before it is asked for"
    );
    stream.next().await;
    stream.next().await;
    drop(stream);
    assert_eq!(stage.upstreams["a"].abandoned(), 1);
}

#[tokio::test(start_paused = true)]
async fn notices_tell_of_trips_switches_and_recoveries() {
    let ok = || Turn::answer(["ok"]);
    let bad = || Turn::fault(FaultKind::ServerError);
    let scripts = [("a", vec![bad(), bad(), bad(), ok()]), ("b", vec![ok()])];
    let stage = stage(&scripts, CallLimits::default(), Settings::default());
    for _ in 0..12 {
        let cancel = CancellationToken::new();
        let plan = plan(&[("a", 1), ("b", 1)], 3);
        stage
            .dispatcher
            .run(&plan, &request(), Limits::default(), &cancel)
            .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let notices = stage.notices.lock().unwrap();
    let told: Vec<String> = notices
        .iter()
        .map(|notice| match notice {
            Notice::Tripped {
                deployment, wait, ..
            } => format!("{deployment} tripped {}", wait.as_secs()),
            Notice::Recovered { deployment } => format!("{deployment} recovered"),
            Notice::Switched { from, to, .. } => format!("{from}->{to}"),
            Notice::AttemptFailed { deployment, .. } => format!("{deployment} failed"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            "a failed",
            "a->b",
            "a failed",
            "a->b",
            "a failed",
            "a tripped 10",
            "a->b",
            "a recovered"
        ]
    );
    assert_eq!(stage.upstreams["a"].calls(), 3 + 5);
}

#[tokio::test(start_paused = true)]
async fn active_checks_trip_and_recover() {
    let upstream = Scripted::new([Turn::answer(["ok"])]);
    let down = || Err(Fault::new(FaultKind::Unreachable, "down"));
    upstream.answer_probes([down(), down(), down(), Ok(())]);
    let mut spec = spec("a", Arc::clone(&upstream), CallLimits::default());
    spec.check = Some(checks::CheckSettings {
        interval: Duration::from_secs(1),
        timeout: Duration::from_millis(100),
        endpoint: None,
    });
    let registry = Arc::new(Deployments::new([spec], Arc::new(ManualClock::at(0))));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let observer: Arc<dyn Observer> = Arc::new(move |notice| ears.lock().unwrap().push(notice));
    let checks = tokio::spawn(checks::run(Arc::clone(&registry), observer, 7));
    tokio::time::sleep(Duration::from_millis(3300)).await;
    assert_eq!(registry.snapshot()[0].health, Health::Unhealthy);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        registry.snapshot()[0].health,
        Health::Degraded,
        "half open again"
    );
    assert_eq!(heard.lock().unwrap().len(), 3, "wrong, tripped, well again");
    checks.abort();
}

#[tokio::test(start_paused = true)]
async fn an_operator_drains_disables_and_resets() {
    let stage = stage(
        &[("a", vec![Turn::hang()])],
        CallLimits::default(),
        Settings::default(),
    );
    let registry = stage.dispatcher.registry();
    assert!(registry.set_mode(&"a".into(), Mode::Draining));
    assert!(!registry.set_mode(&"nobody".into(), Mode::Draining));
    let refusal = registry.available(&"a".into(), 1).unwrap_err();
    assert_eq!(
        (refusal.until, refusal.why.as_str()),
        (None, "draining by an operator's wish")
    );
    registry.set_mode(&"a".into(), Mode::Enabled);
    let (plan, request, cancel) = (plan(&[("a", 1)], 1), request(), CancellationToken::new());
    stage
        .dispatcher
        .run(&plan, &request, Limits::default(), &cancel)
        .await;
    assert_eq!(registry.snapshot()[0].health.as_str(), "unhealthy");
    assert!(registry.reset(&"a".into()));
    assert!(registry.available(&"a".into(), 1).is_ok());
}
