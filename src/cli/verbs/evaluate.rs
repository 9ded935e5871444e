//! `evaluate`: what another trade-off, or other arms, would have had, from the decisions that are
//! remembered. Needs no server; reads a memory directory or an export.

mod log;
#[cfg(test)]
mod tests;

use crate::{
    cli::{
        args::EvaluateArgs,
        output::Output,
        table::{Table, usd},
        trouble::Trouble,
    },
    domain::Weights,
    replay::evaluate::{Evaluation, Policy, References, Value, evaluate as estimate},
};
use log::Log;
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// A policy file: what differs from the balanced weights over all arms.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    weights: WrittenWeights,
    allow: Vec<String>,
    deny: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenWeights {
    quality: Option<f64>,
    cost: Option<f64>,
    latency: Option<f64>,
}

/// `evaluate`
pub fn evaluate(args: &EvaluateArgs, out: &mut Output) -> Result<(), Trouble> {
    let log = Log::open(&args.log)?;
    let mut references = References::default();
    log.each(|logged| references.take(&logged.ranking))?;
    let policy = policy(args, &references)?;
    let mut estimating = estimate(&policy);
    let skipped = log.each(|logged| estimating.take(&logged))?;
    let found = estimating
        .finish()
        .map_err(|refusal| Trouble::Failed(format!("the log cannot tell: {refusal}")))?;
    if out.is_json() {
        let value = json!({ "policy": shown(&policy), "skipped": skipped, "evaluation": found });
        return out.value(&value);
    }
    out.text(&text(&found, skipped))
}

fn policy(args: &EvaluateArgs, references: &References) -> Result<Policy, Trouble> {
    let written = args.policy.as_deref().map(read).transpose()?;
    let written = written.unwrap_or_default();
    let or = |flag: Option<f64>, file: Option<f64>, usual| flag.or(file).unwrap_or(usual);
    let weights = Weights {
        quality: or(
            args.quality,
            written.weights.quality,
            Weights::BALANCED.quality,
        ),
        cost: or(args.cost, written.weights.cost, Weights::BALANCED.cost),
        latency: or(
            args.latency,
            written.weights.latency,
            Weights::BALANCED.latency,
        ),
    };
    let weights = weights
        .checked()
        .map_err(|wrong| Trouble::Usage(wrong.to_string()))?;
    let arms = |file: &[String], flags: &[String]| {
        let all = file.iter().chain(flags);
        all.map(|arm| arm.as_str().into()).collect()
    };
    Ok(Policy {
        weights,
        allow: arms(&written.allow, &args.allow),
        deny: arms(&written.deny, &args.deny),
        references: references.usual(),
    })
}

fn read(path: &Path) -> Result<Written, Trouble> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Trouble::Usage(format!("{shown}: {error}")))?;
    serde_saphyr::from_str(&text).map_err(|error| Trouble::Usage(format!("{shown}: {error}")))
}

fn shown(policy: &Policy) -> serde_json::Value {
    let Policy {
        weights,
        allow,
        deny,
        references,
    } = policy;
    json!({
        "weights": weights,
        "allow": allow,
        "deny": deny,
        "reference_cost_usd": references.cost_usd,
        "reference_latency_ms": references.latency_ms,
    })
}

fn text(found: &Evaluation, skipped: usize) -> String {
    let mut table = Table::new(&["", ">estimate", ">95 % from", ">to"]);
    let mut row = |name: &str, value: &Value, show: &dyn Fn(f64) -> String| {
        let cells = [value.mean, value.low, value.high].map(show);
        table.row([name.to_owned()].into_iter().chain(cells));
    };
    let quality = |x: f64| format!("{x:.3}");
    row("quality, doubly robust", &found.quality_dr, &quality);
    row("quality, inverse propensity", &found.quality_ips, &quality);
    row("quality of the log", &found.quality_logged, &quality);
    if let Some(cost) = &found.cost_dr_usd {
        row("cost a request, doubly robust", cost, &usd);
    }
    if let Some(cost) = &found.cost_logged_usd {
        row("cost a request of the log", cost, &usd);
    }
    format!(
        "{}{} judged decisions, worth {:.0} for this policy; {skipped} left out (not judged, fanned \
         out, answered from memory, or by another arm than the chosen one)\n{:.0} % of the policy's choices had no \
         chance in the log",
        table.text_or(""),
        found.decisions,
        found.effective,
        100.0 * found.uncovered
    )
}
