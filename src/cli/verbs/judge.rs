//! `feedback` and `warm-up`: teach the server.

use crate::{
    cli::{
        args::{FeedbackArgs, WarmUpArgs},
        client::Client,
        output::Output,
        trouble::Trouble,
    },
    proto::{self, feedback_request::Judgement},
};
use serde::Deserialize;
use std::{collections::BTreeMap, io::Read, path::Path};

/// `feedback`
pub async fn feedback(
    client: &Client,
    args: FeedbackArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    let judgement = match (args.quality, args.good, args.bad) {
        (Some(quality), _, _) => Some(Judgement::Quality(quality)),
        (None, true, _) => Some(Judgement::Good(true)),
        (None, false, true) => Some(Judgement::Good(false)),
        (None, false, false) => None,
    };
    let request = proto::FeedbackRequest {
        decision_id: args.decision,
        arm: args.arm,
        request_id: args.request_id,
        judgement,
        comment: args.comment,
        rater: args.rater,
        usage: None,
        cost_usd: args.cost,
        latency_ms: args.latency,
        failed: args.failed.then_some(true),
    };
    let answer = client
        .router()
        .await?
        .feedback(client.request(request))
        .await?;
    out.message("FeedbackResponse", answer.get_ref(), |answer| {
        let words = match (answer.duplicate, answer.replaced, answer.applied) {
            (true, _, _) => "known already; nothing changed",
            (_, true, _) => "taken in; it replaces the earlier judgement",
            (_, _, true) => "taken in",
            (false, false, false) => "kept; nothing is learned from it",
        };
        words.to_owned()
    })
}

/// A line of a warm-up file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    scores: BTreeMap<String, ScoreLine>,
    weight: Option<f64>,
}

/// A score: only the quality, or more.
#[derive(Deserialize)]
#[serde(untagged)]
enum ScoreLine {
    Quality(f64),
    Full {
        quality: f64,
        cost_usd: Option<f64>,
        output_tokens: Option<u64>,
    },
}

/// `warm-up`
pub async fn warm_up(client: &Client, args: WarmUpArgs, out: &mut Output) -> Result<(), Trouble> {
    let text = read(&args.file)?;
    let examples = examples(&text).map_err(Trouble::Usage)?;
    let mut admin = client.admin().await?;
    let request = client.request(tokio_stream::iter(examples));
    let answer = admin.import_examples(request).await?;
    out.message("ImportExamplesResponse", answer.get_ref(), |answer| {
        let mut text = format!(
            "{} examples with {} scores taken in",
            answer.examples, answer.scores
        );
        for refusal in &answer.refusals {
            text.push_str(&format!(
                "\nexample {}: {}",
                refusal.index + 1,
                refusal.reason
            ));
        }
        let untold = answer.refused.saturating_sub(answer.refusals.len() as u64);
        if untold > 0 {
            text.push_str(&format!("\nand {untold} more left out"));
        }
        text
    })
}

fn read(path: &Path) -> Result<String, Trouble> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|content| text = content)
    };
    read.map_err(|error| Trouble::Failed(format!("cannot read {}: {error}", path.display())))?;
    Ok(text)
}

fn examples(text: &str) -> Result<Vec<proto::ImportExamplesRequest>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| {
            let line: Line =
                serde_json::from_str(line).map_err(|error| format!("line {}: {error}", i + 1))?;
            Ok(proto::ImportExamplesRequest {
                prompt: line.prompt,
                scores: line.scores.into_iter().map(score).collect(),
                weight: line.weight,
            })
        })
        .collect()
}

fn score((arm, line): (String, ScoreLine)) -> proto::ExampleScore {
    match line {
        ScoreLine::Quality(quality) => proto::ExampleScore {
            arm,
            quality,
            ..proto::ExampleScore::default()
        },
        ScoreLine::Full {
            quality,
            cost_usd,
            output_tokens,
        } => proto::ExampleScore {
            arm,
            quality,
            cost_usd,
            output_tokens,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_up_lines_are_short_or_full() {
        let text = "{\"prompt\": \"hi\", \"scores\": {\"a/b\": 0.5, \"c/d\": {\"quality\": 1, \"cost_usd\": 0.1}}}\n\n";
        let read = examples(text).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].scores[1].cost_usd, Some(0.1));
        let wrong = examples("{\"prompt\": \"hi\", \"scores\": {}}\n{\"promt\": 1}").unwrap_err();
        assert!(
            wrong.starts_with("line 2: unknown field `promt`"),
            "{wrong}"
        );
    }
}
