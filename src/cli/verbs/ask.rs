//! `route`, `parallel`, `compare`, `decide`: ask, and show the answer with what it took.

use crate::{
    cli::{
        args::{CompareArgs, ParallelArgs, RouteArgs},
        client::Client,
        output::Output,
        routing::AskArgs,
        table::{Table, ms, or_dash, percent, usd},
        trouble::Trouble,
    },
    proto::{self, route_stream_response::Event},
};

/// `route`
pub async fn route(client: &Client, args: RouteArgs, out: &mut Output) -> Result<(), Trouble> {
    if args.stream {
        return stream(client, args, out).await;
    }
    send(client, args.ask, None, out).await
}

/// `parallel`
pub async fn parallel(
    client: &Client,
    args: ParallelArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    let fan_out = proto::FanOut {
        arms: args.count,
        mode: args.take.mode.into(),
        quorum: args.take.quorum,
        judge: args.judge,
    };
    send(client, args.ask, Some(fan_out), out).await
}

async fn send(
    client: &Client,
    ask: AskArgs,
    fan_out: Option<proto::FanOut>,
    out: &mut Output,
) -> Result<(), Trouble> {
    let chat = Some(ask.chat()?);
    let request = proto::RouteRequest {
        chat,
        request_id: ask.request_id,
        routing: Some(proto::Routing {
            fan_out,
            ..ask.routing.routing()
        }),
    };
    let answer = client
        .router()
        .await?
        .route(client.request(request))
        .await?;
    out.message("RouteResponse", answer.get_ref(), |answer| {
        let text = answer
            .completion
            .as_ref()
            .map_or("", |completion| completion.text.as_str());
        let calls = answer
            .completion
            .iter()
            .flat_map(|completion| &completion.tool_calls);
        let calls: String = calls
            .map(|call| format!("\n[calls {}({})]", call.name, call.arguments_json))
            .collect();
        let foot = foot(answer.decision.as_ref(), answer.outcome.as_ref());
        format!("{text}{calls}\n\n{foot}")
    })
}

async fn stream(client: &Client, args: RouteArgs, out: &mut Output) -> Result<(), Trouble> {
    let chat = Some(args.ask.chat()?);
    let request = proto::RouteStreamRequest {
        chat,
        request_id: args.ask.request_id,
        routing: Some(proto::Routing {
            restart_stream: args.restart,
            ..args.ask.routing.routing()
        }),
    };
    let mut router = client.router().await?;
    let mut events = router
        .route_stream(client.request(request))
        .await?
        .into_inner();
    let mut decision = None;
    while let Some(message) = events.message().await? {
        if out.is_json() {
            out.line("RouteStreamResponse", &message)?;
            continue;
        }
        match message.event {
            Some(Event::Decision(made)) => decision = Some(made),
            Some(event) => show(event, decision.as_ref(), out)?,
            None => {}
        }
    }
    Ok(())
}

fn show(event: Event, decision: Option<&proto::Decision>, out: &mut Output) -> Result<(), Trouble> {
    match event {
        Event::TextDelta(delta) => out.piece(&delta.text),
        Event::ToolCallDelta(delta) => {
            let name = delta
                .name
                .map(|name| format!("\n[calls {name}] "))
                .unwrap_or_default();
            out.piece(&format!("{name}{}", delta.arguments_json))
        }
        Event::AttemptFailed(failed) => {
            if let Some(attempt) = failed.attempt {
                eprintln!("[{}]", attempt_line(&attempt));
            }
            Ok(())
        }
        Event::Restarted(restarted) => {
            eprintln!(
                "\n[{} broke off; starting again on {}]",
                restarted.from_arm, restarted.to_arm
            );
            Ok(())
        }
        Event::Completed(completed) => out.text(&format!(
            "\n\n{}",
            foot(decision, completed.outcome.as_ref())
        )),
        // The status that follows `failed` is printed as the error; reasoning is not shown.
        Event::Failed(_) => out.piece("\n"),
        Event::Decision(_) | Event::Usage(_) | Event::ReasoningDelta(_) => Ok(()),
    }
}

/// `compare`
pub async fn compare(client: &Client, args: CompareArgs, out: &mut Output) -> Result<(), Trouble> {
    let chat = Some(args.ask.chat()?);
    let request = proto::CompareRequest {
        chat,
        request_id: args.ask.request_id,
        routing: Some(args.ask.routing.routing()),
        arms: args.arms,
        count: args.count,
    };
    let answer = client
        .router()
        .await?
        .compare(client.request(request))
        .await?;
    out.message("CompareResponse", answer.get_ref(), |answer| {
        let mut text = String::new();
        for one in &answer.answers {
            text.push_str(&answer_text(one));
        }
        text + &foot(answer.decision.as_ref(), answer.outcome.as_ref())
    })
}

fn answer_text(answer: &proto::Answer) -> String {
    let took = answer.attempt.as_ref().map_or_else(String::new, |attempt| {
        let cost = or_dash(attempt.cost_usd, usd);
        format!("  {}  {cost}", ms(attempt.latency_ms))
    });
    let body = match &answer.result {
        Some(proto::answer::Result::Completion(completion)) => completion.text.clone(),
        Some(proto::answer::Result::Fault(fault)) => format!("failed: {}", fault.message),
        None => String::new(),
    };
    format!("== {}{took}\n{body}\n\n", answer.arm)
}

/// `decide`
pub async fn decide(client: &Client, ask: AskArgs, out: &mut Output) -> Result<(), Trouble> {
    let chat = Some(ask.chat()?);
    let request = proto::DecideRequest {
        chat,
        request_id: ask.request_id,
        routing: Some(ask.routing.routing()),
    };
    let answer = client
        .router()
        .await?
        .decide(client.request(request))
        .await?;
    out.message("DecideResponse", answer.get_ref(), |answer| {
        answer
            .decision
            .as_ref()
            .map(decision_text)
            .unwrap_or_default()
    })
}

/// A decision with its ranking.
#[must_use]
pub fn decision_text(decision: &proto::Decision) -> String {
    let mut table = Table::new(&[
        "arm", ">score", ">quality", ">+-", ">cost", ">latency", ">chance",
    ]);
    for score in &decision.ranking {
        let quality = score.quality.unwrap_or_default();
        table.row([
            score.arm.clone(),
            format!("{:.3}", score.score),
            format!("{:.3}", quality.mean),
            format!("{:.3}", quality.sd),
            or_dash(score.cost_usd, |cost| usd(cost.mean)),
            or_dash(score.latency_ms, |latency| ms(latency.mean)),
            percent(score.propensity),
        ]);
    }
    let mut text = table.text_or("no arm was ranked");
    for exclusion in &decision.excluded {
        text.push_str(&format!(
            "left out {}: {}\n",
            exclusion.arm, exclusion.reason
        ));
    }
    format!("{text}\n{}", foot(Some(decision), None))
}

fn foot(decision: Option<&proto::Decision>, outcome: Option<&proto::Outcome>) -> String {
    let mut lines = Vec::new();
    if let Some(outcome) = outcome {
        let failed = outcome
            .attempts
            .iter()
            .filter(|attempt| attempt.fault.is_some());
        lines.extend(failed.map(attempt_line));
    }
    let arm = outcome
        .and_then(|outcome| outcome.served_by.clone())
        .or_else(|| decision.map(|decision| decision.arm.clone()));
    let mut parts = vec![arm.unwrap_or_default()];
    if let Some(outcome) = outcome {
        parts.push(or_dash(outcome.cost_usd, usd));
        parts.push(ms(outcome.latency_ms));
        if let Some(agreement) = outcome.agreement {
            parts.push(format!("agreement {}", percent(agreement)));
        }
        lines.extend(outcome.judging.as_ref().map(judging_line));
    }
    if let Some(decision) = decision {
        let class = decision.class_id.as_deref().unwrap_or("no class");
        let how = if decision.explored {
            "explored"
        } else {
            "best by score"
        };
        parts.push(format!(
            "{class}, {how}, chance {}",
            percent(decision.propensity)
        ));
        lines.push(parts.join("  "));
        lines.extend(decision.cached.as_ref().map(|hit| {
            let saved = or_dash(hit.saved_usd, usd);
            format!("from the {} cache, saved {saved}", hit.kind)
        }));
        if !decision.dropped.is_empty() {
            lines.push(format!("served without {}", decision.dropped.join(", ")));
        }
        lines.extend(
            decision
                .degraded
                .iter()
                .map(|why| format!("without the prompt's class: {why}")),
        );
        lines.push(format!("decision {}", decision.id));
    } else {
        lines.push(parts.join("  "));
    }
    lines.join("\n")
}

/// One attempt on a line.
#[must_use]
pub fn attempt_line(attempt: &proto::Attempt) -> String {
    let place = attempt.deployment.as_deref().unwrap_or(&attempt.arm);
    let took = ms(attempt.latency_ms);
    match &attempt.fault {
        Some(fault) => format!(
            "{place} failed after {took}: {} ({})",
            fault.message, fault.kind
        ),
        None => format!("{place} {took}  {}", or_dash(attempt.cost_usd, usd)),
    }
}

fn judging_line(judging: &proto::Judging) -> String {
    let judge = &judging.judge;
    if let Some(failure) = &judging.failure {
        return format!("judge {judge}: no verdict, {failure}");
    }
    let scores = judging.scores.iter();
    let scores: Vec<String> = scores
        .map(|score| format!("{} {:.2}", score.arm, score.quality))
        .collect();
    format!("judge {judge}: {}", scores.join(", "))
}
