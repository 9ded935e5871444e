//! The player of `scenarios.txt`.

use super::*;
use crate::domain::{Delta, Fault, StopReason, Usage};

/// A turn in one word.
fn turn(word: &str) -> Turn {
    let (word, after) = match word.split_once('@') {
        Some((word, ms)) => (word, Some(ms.parse().unwrap())),
        None => (word, None),
    };
    let (name, argument) = word.split_once('=').unwrap_or((word, ""));
    let fault = |kind: FaultKind, status| {
        Turn::default().then(Err(Fault {
            status: Some(status),
            retry_after_ms: argument.parse().ok(),
            ..Fault::new(kind, name)
        }))
    };
    let empty = |stop, reasoning| {
        Turn::default().then(Ok(Delta::Done {
            stop,
            usage: Usage {
                reasoning,
                known: true,
                ..Usage::default()
            },
            model: "m".into(),
            upstream_id: None,
            reported_cost_usd: None,
            extra: Default::default(),
        }))
    };
    let turn = match name {
        "ok" => Turn::answer(["ok"]),
        "say" => Turn::answer([argument]),
        "abc" => Turn::answer(["a", "b", "c"]),
        "slowly" => return Turn::answer(["a", "b", "c"]).every_ms(argument.parse().unwrap()),
        "cut" => Turn::texts(["a", "b"]),
        "stall" => Turn::texts(["a", "b"]).then_hang(),
        "error" => Turn::texts(["a", "b"]).then(Err(Fault::new(FaultKind::ServerError, name))),
        "cut0" => Turn::default(),
        "hang" => Turn::hang(),
        "empty" => empty(StopReason::Stop, 0),
        "thought" => empty(StopReason::Length, 50),
        "filter" => empty(StopReason::ContentFilter, 0),
        "refused" => Turn::fault(FaultKind::Unreachable),
        "500" => fault(FaultKind::ServerError, 500),
        "529" => fault(FaultKind::Overloaded, 529),
        "429" => fault(FaultKind::RateLimited, 429),
        "quota" => fault(FaultKind::QuotaExhausted, 429),
        "401" => fault(FaultKind::Credentials, 401),
        "400" => fault(FaultKind::InvalidRequest, 400),
        "context" => fault(FaultKind::ContextTooLong, 400),
        other => panic!("unknown turn {other}"),
    };
    match after {
        Some(ms) => turn.after_ms(ms),
        None => turn,
    }
}

/// One scenario: lines of upstreams, then `plan ...`, then what is expected of each run.
struct Scenario<'a> {
    title: &'a str,
    scripts: Vec<(&'a str, Vec<Turn>)>,
    options: Vec<&'a str>,
    plan: Plan,
    expected: String,
}

fn parse(block: &'static str) -> Scenario<'static> {
    let mut lines = block.lines();
    let mut scenario = Scenario {
        title: lines.next().unwrap(),
        scripts: Vec::new(),
        options: Vec::new(),
        plan: plan(&[], 3),
        expected: String::new(),
    };
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        match head {
            "plan" => {
                for word in rest.split_whitespace() {
                    match word.split_once('*') {
                        _ if word.contains('=') || word == "stream" || word == "restart" => {
                            scenario.options.push(word);
                        }
                        Some((arm, times)) => scenario.plan.steps.push(Step {
                            arm: arm.into(),
                            attempts: times.parse().unwrap(),
                        }),
                        None => scenario.plan.steps.push(Step {
                            arm: word.into(),
                            attempts: 1,
                        }),
                    }
                }
            }
            "->" => writeln!(scenario.expected, "{line}").unwrap(),
            name => scenario
                .scripts
                .push((name, rest.split_whitespace().map(turn).collect())),
        }
    }
    scenario
}

fn option<T: std::str::FromStr>(scenario: &Scenario<'_>, name: &str) -> Option<T> {
    let found = scenario
        .options
        .iter()
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found.and_then(|value| value.parse().ok())
}

fn fan_out(scenario: &Scenario<'_>) -> Option<FanOut> {
    let steps = scenario.plan.steps.iter();
    let mode = match option::<String>(scenario, "fan").as_deref() {
        Some("first") => FanOutMode::First,
        Some("best") => FanOutMode::Best,
        Some("majority") => FanOutMode::Majority,
        Some("all") => FanOutMode::All,
        Some(quorum) => FanOutMode::Quorum(quorum.parse().unwrap()),
        None => return None,
    };
    Some(FanOut {
        arms: steps.map(|step| step.arm.clone()).collect(),
        mode,
        judge: None,
    })
}

/// How a run ended.
fn result(ran: &Ran) -> String {
    match &ran.completion {
        Ok(answer) => format!("{:?} by {}", answer.text(), ran.served_by.as_ref().unwrap()),
        Err(DispatchError::Failed {
            fault,
            retry_after_ms,
        }) => {
            let wait = retry_after_ms.map_or(String::new(), |ms| format!(", retry in {ms}"));
            format!("FAILED {}{wait}", fault.kind.as_str())
        }
        Err(DispatchError::Truncated { fault }) => format!("TRUNCATED {}", fault.kind.as_str()),
        Err(error) => format!("FAILED {error}"),
    }
}

async fn play(mut scenario: Scenario<'static>) -> (String, String) {
    let limits = CallLimits {
        concurrent: option(&scenario, "concurrent"),
        requests_per_minute: option(&scenario, "rpm"),
        ..CallLimits::default()
    };
    let settings = Settings {
        max_wait: Duration::from_secs(5),
        hedge_share: option(&scenario, "share").unwrap_or(1.0),
        fall_back_on_context_length: option(&scenario, "context") != Some(0),
        ..Settings::default()
    };
    let stage = stage(&scenario.scripts, limits, settings);
    scenario.plan.max_attempts = option(&scenario, "max").unwrap_or(3);
    scenario.plan.hedge_after_ms = option(&scenario, "hedge");
    scenario.plan.fan_out = fan_out(&scenario);
    let deadline: Option<u64> = option(&scenario, "deadline");
    let mut seen = String::new();
    for run in 0..option(&scenario, "runs").unwrap_or(1) {
        let start = Instant::now();
        let limits = Limits {
            deadline: deadline.map(|ms| start + Duration::from_millis(ms)),
            seed: run,
            restart_stream: scenario.options.contains(&"restart"),
        };
        let cancel = CancellationToken::new();
        let (mut events, ran) = if scenario.options.contains(&"stream") {
            let stream =
                stage
                    .dispatcher
                    .run_stream(scenario.plan.clone(), request(), limits, cancel);
            streamed(stream.collect().await)
        } else {
            (
                String::new(),
                stage
                    .dispatcher
                    .run(&scenario.plan, &request(), limits, &cancel)
                    .await,
            )
        };
        let result = result(&ran);
        if let Some(agreement) = ran.agreement {
            write!(events, "agreement {agreement:.2}; ").unwrap();
        }
        let attempts: Vec<String> = ran.attempts.iter().map(told).collect();
        let ms = start.elapsed().as_millis();
        writeln!(
            seen,
            "-> {events}{result}; {ms} ms; {}",
            attempts.join(", ")
        )
        .unwrap();
    }
    let all = stage.dispatcher.registry().snapshot();
    assert!(
        all.iter().all(|one| one.in_flight == 0),
        "a permit was lost"
    );
    (scenario.expected, seen)
}

fn streamed(events: Vec<Progress>) -> (String, Ran) {
    let (mut shown, mut ran) = (String::new(), None);
    for event in events {
        assert!(ran.is_none(), "something after the end");
        match event {
            Progress::Delta(Delta::Text(text)) => shown.push_str(&text),
            Progress::Delta(other) => write!(shown, "{other:?}").unwrap(),
            Progress::AttemptFailed(attempt) => write!(shown, "({} failed)", attempt.arm).unwrap(),
            Progress::Restarted { from, to, .. } => write!(shown, "(restart {from} {to})").unwrap(),
            Progress::Completed(end) => {
                assert!(end.completion.is_ok());
                ran = Some(*end);
            }
            Progress::Failed(end) => {
                assert!(end.completion.is_err());
                ran = Some(*end);
            }
        }
    }
    (format!("{shown}; "), ran.expect("exactly one end"))
}

#[tokio::test(start_paused = true)]
async fn the_scenarios_read_as_the_specification() {
    let mut wrong = String::new();
    for block in include_str!("scenarios.txt").split("\n# ").skip(1) {
        let scenario = parse(block);
        let title = scenario.title;
        let (expected, seen) = play(scenario).await;
        if expected != seen {
            writeln!(wrong, "# {title}\nexpected\n{expected}got\n{seen}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
