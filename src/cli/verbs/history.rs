//! `stats` and `decisions`: what happened.

use super::ask::{attempt_line, decision_text};
use crate::{
    cli::{
        args::{DecisionsArgs, DecisionsListArgs, DecisionsVerb, StatsArgs},
        client::Client,
        output::Output,
        table::{Table, ms, or_dash, time, usd},
        trouble::Trouble,
    },
    proto::{self, OutcomeStatus},
};

/// `stats`
pub async fn stats(client: &Client, args: StatsArgs, out: &mut Output) -> Result<(), Trouble> {
    let request = proto::GetStatisticsRequest {
        from_ms: args.from,
        to_ms: args.to,
        baseline_arm: args.baseline,
    };
    let mut admin = client.admin().await?;
    let answer = admin.get_statistics(client.request(request)).await?;
    out.message("GetStatisticsResponse", answer.get_ref(), |answer| {
        answer
            .statistics
            .as_ref()
            .map(statistics_text)
            .unwrap_or_default()
    })
}

fn statistics_text(statistics: &proto::Statistics) -> String {
    let mut text = String::new();
    let total = statistics.total.clone().unwrap_or_default();
    let groups = [
        ("total", std::slice::from_ref(&total)),
        ("by arm", &statistics.by_arm),
        ("by class", &statistics.by_class),
        ("by provider", &statistics.by_provider),
        ("by tenant", &statistics.by_tenant),
    ];
    for (head, rows) in groups {
        if !rows.is_empty() {
            text.push_str(&row_table(head, rows));
            text.push('\n');
        }
    }
    if let Some(total) = statistics
        .total
        .as_ref()
        .filter(|total| total.cache_hits > 0)
    {
        text.push_str(&format!(
            "{} answered from a cache: saved {}\n",
            total.cache_hits,
            usd(total.cache_saved_usd)
        ));
    }
    if let Some(savings) = &statistics.savings {
        let baseline = usd(savings.baseline_cost_usd);
        text.push_str(&format!(
            "always {} would have cost {baseline}: saved {}\n",
            savings.baseline_arm,
            usd(savings.saved_usd)
        ));
    }
    format!(
        "{text}{} judgements, {} classes",
        statistics.judgements, statistics.classes
    )
}

fn row_table(head: &'static str, rows: &[proto::StatisticsRow]) -> String {
    let heads = [
        head,
        ">requests",
        ">failed",
        ">cost",
        ">quality",
        ">judged",
        ">latency",
        ">tokens in",
        ">tokens out",
    ];
    let mut table = Table::new(&heads);
    for row in rows {
        let unknown = if row.cost_unknown > 0 { "+?" } else { "" };
        table.row([
            row.name.clone(),
            row.requests.to_string(),
            row.failed.to_string(),
            format!("{}{unknown}", usd(row.cost_usd)),
            or_dash(row.quality, |quality| format!("{quality:.3}")),
            row.judged.to_string(),
            or_dash(row.latency_ms, ms),
            row.input_tokens.to_string(),
            row.output_tokens.to_string(),
        ]);
    }
    table.text_or("")
}

/// `decisions`
pub async fn decisions(
    client: &Client,
    args: DecisionsArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    match args.verb {
        DecisionsVerb::List(args) => list(client, args, out).await,
        DecisionsVerb::Show { id } => show(client, id, out).await,
    }
}

async fn list(client: &Client, args: DecisionsListArgs, out: &mut Output) -> Result<(), Trouble> {
    let status = if args.failed {
        OutcomeStatus::Failed
    } else {
        OutcomeStatus::Unspecified
    };
    let request = proto::ListDecisionsRequest {
        page_size: args.limit,
        page_token: args.after.unwrap_or_default(),
        arm: args.arm,
        class_id: args.class,
        tenant: args.tenant,
        status: status.into(),
        policy: args.policy,
        session: args.session,
        request_id: args.request_id,
        from_ms: args.from,
        to_ms: args.to,
        judged: (args.judged || args.unjudged).then_some(args.judged),
        explored: args.explored.then_some(true),
    };
    let mut admin = client.admin().await?;
    let answer = admin.list_decisions(client.request(request)).await?;
    out.message("ListDecisionsResponse", answer.get_ref(), |answer| {
        let heads = [
            "decision",
            "time (UTC)",
            "class",
            "arm",
            "ended",
            "marks",
            ">cost",
            ">latency",
            ">quality",
        ];
        let mut table = Table::new(&heads);
        for decision in &answer.decisions {
            table.row(summary_cells(decision));
        }
        let mut text = table.text_or("no decision");
        if !answer.next_page_token.is_empty() {
            text.push_str(&format!("more: --after {}\n", answer.next_page_token));
        }
        text
    })
}

fn summary_cells(decision: &proto::DecisionSummary) -> [String; 9] {
    [
        decision.id.clone(),
        time(decision.decided_at_ms),
        or_dash(decision.class_id.clone(), |class| class),
        decision.arm.clone(),
        status_text(decision.status()).to_owned(),
        marks(decision),
        or_dash(decision.cost_usd, usd),
        or_dash(decision.latency_ms, ms),
        or_dash(decision.quality, |quality| format!("{quality:.2}")),
    ]
}

/// What is notable of a decision: it explored, calls failed, several judged it.
fn marks(decision: &proto::DecisionSummary) -> String {
    let mut marks = Vec::new();
    if decision.explored {
        marks.push("explored".to_owned());
    }
    if decision.failed_attempts > 0 {
        marks.push(format!("{} failed", decision.failed_attempts));
    }
    if decision.judgements > 1 {
        marks.push(format!("{} judged", decision.judgements));
    }
    marks.join(", ")
}

fn status_text(status: OutcomeStatus) -> &'static str {
    match status {
        OutcomeStatus::Unspecified => "-",
        OutcomeStatus::Completed => "completed",
        OutcomeStatus::Failed => "failed",
        OutcomeStatus::Truncated => "truncated",
        OutcomeStatus::Cancelled => "cancelled",
    }
}

async fn show(client: &Client, id: String, out: &mut Output) -> Result<(), Trouble> {
    let request = proto::GetDecisionRequest { decision_id: id };
    let mut admin = client.admin().await?;
    let answer = admin.get_decision(client.request(request)).await?;
    out.message("GetDecisionResponse", answer.get_ref(), |answer| {
        let mut text = answer.explanation.trim_end().to_owned();
        text.push_str("\n\n");
        if let Some(decision) = &answer.decision {
            text.push_str(&decision_text(decision));
            text.push('\n');
        }
        if let Some(outcome) = &answer.outcome {
            text.push_str(&format!("\n{}:\n", status_text(outcome.status())));
            for attempt in &outcome.attempts {
                text.push_str(&format!("  {}\n", attempt_line(attempt)));
            }
        }
        for judged in &answer.feedback {
            text.push_str(&feedback_line(judged));
        }
        text
    })
}

fn feedback_line(judged: &proto::FeedbackRecord) -> String {
    let quality = or_dash(judged.quality, |quality| format!("{quality:.2}"));
    let comment = judged.comment.as_deref().unwrap_or("");
    let source = match judged.source.as_str() {
        "" => "feedback",
        name => name,
    };
    let replaced = if judged.replaced {
        "  (replaced by a later one)"
    } else {
        ""
    };
    format!(
        "{}  {source}: quality {quality}  {comment}{replaced}\n",
        time(judged.at_ms)
    )
}
