//! The demonstration from beginning to end.

use super::{
    DemoError, Options,
    client::Client,
    ledger::{Entry, Ledger},
    screen::{Screen, short},
    server::{Server, write_config},
    traffic::{Request, traffic},
    truth::Truth,
    words::{farewell, introduce, show_learning, show_memory},
};
use crate::domain::{ArmId, Weights};
use crate::provider::simulated::{Kind, grade};
use std::path::PathBuf;
use tonic::Status;

/// Prompts of each kind that the service is asked about when all is done.
const ASKED: usize = 15;
/// Failures in a row after which something is wrong.
const MAX_FAILURES: usize = 5;

/// Runs it. True where the service found the best trade-off for every kind.
///
/// # Errors
/// Where the service does not start or answer, or the terminal is gone.
pub async fn run(options: &Options, screen: &mut Screen<'_>) -> Result<bool, DemoError> {
    let place = Place::new(options)?;
    let config = write_config(&place.directory, options)?;
    let server = Server::start(&place.program, &config).await?;
    introduce(options, screen, &server)?;

    let requests = traffic(options.kinds(), options.prompts, options.seed);
    let truth = Truth::of(&requests, options.seed);
    let mut client = server.client().await?;
    let sent = send(&mut client, &requests, options.seed, screen).await?;
    show_learning(options, screen, &sent.ledger, &truth)?;
    show_memory(screen, &mut client, &sent.ledger, &truth).await?;

    let before = client
        .statistics(&truth.best_single())
        .await
        .map_err(refused("statistics"))?;
    screen.say(&format!(
        "\nKilling the service (SIGKILL to {}), starting it again ...",
        server.pid()
    ))?;
    server.kill()?;
    let server = Server::start(&place.program, &config).await?;
    let mut client = server.client().await?;
    let after = client
        .statistics(&truth.best_single())
        .await
        .map_err(refused("statistics"))?;
    let kept = remembered(&mut client, &sent).await?;
    screen.say(&format!(
        "  judgements {} before, {} after; prompt classes {} and {}; last feedback {}.",
        before.judgements,
        after.judgements,
        before.classes,
        after.classes,
        if kept { "still there" } else { "LOST" },
    ))?;
    let all_best = show_choices(options, screen, &mut client, &truth).await?;
    server.kill()?;
    farewell(options, screen, &place.directory)?;
    Ok(all_best && kept && before.judgements == after.judgements)
}

/// Where the demonstration keeps its files; removed at the end unless they are to stay.
struct Place {
    directory: PathBuf,
    program: PathBuf,
    keep: bool,
}

impl Place {
    fn new(options: &Options) -> Result<Self, DemoError> {
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        let name = format!("pointsman-demo-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory)?;
        Ok(Self {
            directory,
            program,
            keep: options.keep,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing can be done about files that do not go, and nobody is harmed.
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// What was sent and what came of it.
struct Sent {
    ledger: Ledger,
    last: Option<(String, f64)>,
}

async fn send(
    client: &mut Client,
    requests: &[Request],
    seed: u64,
    screen: &mut Screen<'_>,
) -> Result<Sent, DemoError> {
    let mut sent = Sent {
        ledger: Ledger::default(),
        last: None,
    };
    let mut in_a_row = 0;
    for (at, request) in requests.iter().enumerate() {
        match ask(client, *request, seed).await {
            Ok((entry, decision)) => {
                sent.last = Some((decision, entry.quality));
                sent.ledger.add(entry);
                in_a_row = 0;
            }
            Err(status) if in_a_row + 1 >= MAX_FAILURES => return Err(refused("a prompt")(status)),
            Err(_) => {
                sent.ledger.failed += 1;
                in_a_row += 1;
            }
        }
        screen.progress(at + 1, requests.len(), &sent.ledger)?;
    }
    Ok(sent)
}

/// Routes one prompt and judges the answer.
async fn ask(client: &mut Client, request: Request, seed: u64) -> Result<(Entry, String), Status> {
    let reply = client.route(request.prompt).await?;
    let quality = grade(request.prompt, &reply.arm, seed)
        .ok_or_else(|| Status::internal(format!("{} is not a simulated model", reply.arm)))?;
    client.feedback(&reply.decision, quality).await?;
    let entry = Entry {
        request,
        arm: reply.arm,
        class: reply.class,
        quality,
        cost_usd: reply.cost_usd,
        explored: reply.explored,
        attempts: reply.attempts,
    };
    Ok((entry, reply.decision))
}

/// Is the feedback that was acknowledged last still there?
async fn remembered(client: &mut Client, sent: &Sent) -> Result<bool, DemoError> {
    let Some((decision, quality)) = &sent.last else {
        return Ok(true);
    };
    let kept = client
        .remembered_quality(decision)
        .await
        .map_err(refused("a decision"))?;
    Ok(kept.is_some_and(|kept| (kept - quality).abs() < 1e-6))
}

/// Asks the restarted service what it would choose, without exploring.
async fn show_choices(
    options: &Options,
    screen: &mut Screen<'_>,
    client: &mut Client,
    truth: &Truth,
) -> Result<bool, DemoError> {
    screen.say("\nAsked again, the restarted service chooses:\n")?;
    let mut all_best = true;
    for kind in options.kinds() {
        let (arm, votes) = choice(client, *kind).await?;
        let best = truth.best(*kind, &Weights::BALANCED);
        let right = best.as_ref() == Some(&arm);
        all_best &= right;
        let verdict = match (&best, right) {
            (Some(best), false) => format!("the best trade-off would be {}", short(best)),
            _ => "the best trade-off".into(),
        };
        screen.say(&format!(
            "  {:<12} {:<6} for {votes} of {ASKED} prompts: {verdict}",
            kind.name(),
            short(&arm)
        ))?;
    }
    Ok(all_best)
}

/// The arm that most of a kind's prompts go to, and how many of them.
async fn choice(client: &mut Client, kind: Kind) -> Result<(ArmId, usize), DemoError> {
    let mut votes: std::collections::BTreeMap<ArmId, usize> = std::collections::BTreeMap::new();
    for prompt in kind.prompts().take(ASKED) {
        let arm = client
            .best_arm(prompt)
            .await
            .map_err(refused("a decision"))?;
        *votes.entry(arm).or_default() += 1;
    }
    let most = votes.into_iter().max_by_key(|(_, n)| *n);
    Ok(most.unwrap_or_else(|| (ArmId::new("none"), 0)))
}

pub(super) fn refused(what: &'static str) -> impl Fn(Status) -> DemoError {
    move |status| DemoError::Refused {
        what,
        status: Box::new(status),
    }
}
