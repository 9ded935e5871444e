//! The parts of the story in words: who is who, who served what, what the memory holds, what next.

use super::{
    DemoError, Options,
    client::Client,
    ledger::Ledger,
    screen::{Screen, Way, models, shares, short, ways},
    server::Server,
    story::refused,
    truth::{Truth, mean},
};
use crate::domain::{ArmId, Weights};
use std::path::Path;

pub(super) fn introduce(
    options: &Options,
    screen: &mut Screen<'_>,
    server: &Server,
) -> Result<(), DemoError> {
    screen.say(&format!(
        "Pointsman demonstration: {} prompts of {} kinds, five SIMULATED models, seed {}.\n\
         No key, no network, no money: models, prices and users are simulated; the service is real.\n",
        options.prompts,
        options.kinds().len(),
        options.seed,
    ))?;
    screen.say(&models())?;
    screen.say(&format!(
        "The service runs as process {} on {}, by gRPC. It knows the prices and nothing else:\n\
         not what a prompt is about, not which model is good at what.\n",
        server.pid(),
        server.address,
    ))?;
    Ok(())
}

pub(super) fn show_learning(
    options: &Options,
    screen: &mut Screen<'_>,
    ledger: &Ledger,
    truth: &Truth,
) -> Result<(), DemoError> {
    screen
        .say("\nWho served what (models with a fifth of a kind's requests in some quarter):\n")?;
    screen.say(&shares(ledger, options.kinds(), truth, &Weights::BALANCED))?;

    let (single, requests) = (truth.best_single(), ledger.requests());
    let always = mean(&requests, &single, options.seed);
    let half = ledger.stretch(1, 2);
    let table = [
        Way {
            name: format!("always {}, the best on average", short(&single)),
            requests: 1,
            quality: always.quality,
            cost_usd: always.cost_usd,
        },
        Way::done("Pointsman, the whole run", ledger.entries()),
        Way::done("Pointsman, the second half", half),
    ];
    screen.say("What that was worth:\n")?;
    screen.say(&ways(&table))?;
    let saved = 1.0 - table[2].cost_usd / (half.len().max(1) as f64) / always.cost_usd.max(1e-12);
    screen.say(&format!(
        "In the second half it spent {:.0}% less than always using {}, at a quality {:+.3}.\n\
         {} requests met a failing model and were served by a retry or by another one; {} failed.",
        saved * 100.0,
        short(&single),
        table[2].quality - always.quality,
        ledger
            .entries()
            .iter()
            .filter(|entry| entry.attempts > 1)
            .count(),
        ledger.failed,
    ))?;
    Ok(())
}

pub(super) async fn show_memory(
    screen: &mut Screen<'_>,
    client: &mut Client,
    ledger: &Ledger,
    truth: &Truth,
) -> Result<(), DemoError> {
    let statistics = client
        .statistics(&truth.best_single())
        .await
        .map_err(refused("statistics"))?;
    let classes = client.classes().await.map_err(refused("classes"))?;
    let total = statistics.total.unwrap_or_default();
    screen.say(&format!(
        "\nWhat the memory holds: {} decisions with outcomes, {} judgements, {} prompt classes.\n\
         The largest classes, which the service found by itself, and what the audience calls them:\n",
        total.requests, statistics.judgements, classes.len(),
    ))?;
    let seen = ledger.classes();
    for class in classes.iter().take(10) {
        let best = class
            .best_arm
            .clone()
            .map_or("-".into(), |arm| short(&ArmId::from(arm)).to_owned());
        let what = seen.get(&class.id).map_or(String::new(), |seen| {
            format!("{:.0}% {}", seen.share * 100.0, seen.kind)
        });
        screen.say(&format!(
            "  {:<5} {:>5.0} prompts   best by quality: {best:<6}   {what}",
            class.id, class.prompts,
        ))?;
    }
    if let Some(savings) = statistics.savings {
        screen.say(&format!(
            "\nThe service's own estimate: ${:.4} saved against always {} (${:.4}).",
            savings.saved_usd,
            short(&ArmId::from(savings.baseline_arm)),
            savings.baseline_cost_usd,
        ))?;
    }
    Ok(())
}

pub(super) fn farewell(
    options: &Options,
    screen: &mut Screen<'_>,
    directory: &Path,
) -> Result<(), DemoError> {
    let memory = if options.keep {
        format!("\nThe memory stays in {}.", directory.display())
    } else {
        String::new()
    };
    screen.say(&format!(
        "\nWhat to do next:\n\
         \x20 make run                            leave the server up and call it from any language\n\
         \x20 export OPENAI_API_KEY=... && make run   the same with real models (also Anthropic, Gemini,\n\
         \x20                                     Groq, Mistral, a local Ollama, ...)\n\
         \x20 pointsman route \"Write a haiku\"      one request from the command line\n\
         \x20 pointsman demo --seed 2 --all-kinds   another run, with eight kinds of prompts\n\
         \x20 README.md                           clients in Python, configuration, how it learns{memory}"
    ))?;
    Ok(())
}
