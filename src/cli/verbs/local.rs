//! Verbs that need no server: `check`, `catalogue`, `count`, `cost`, `version`.

use crate::{
    catalogue::{self, catalogue as known},
    cli::{
        args::{CheckArgs, CostArgs, CountArgs, Nothing},
        output::Output,
        routing::text,
        table::{Table, or_dash, usd},
        trouble::Trouble,
    },
    clock::{Clock as _, SystemClock},
    config::{self, Config},
    domain::{ChatRequest, Message, Role},
};
use serde_json::json;

/// `check`
pub fn check(args: &CheckArgs, out: &mut Output) -> Result<(), Trouble> {
    let profile = args.profile.as_deref();
    let config = config::load_layers(&args.files, profile, &config::environment)
        .map_err(|problems| Trouble::Usage(problems.to_string()))?;
    if out.is_json() {
        return out.value(&config.shown());
    }
    out.text(&config_text(&config))
}

fn config_text(config: &Config) -> String {
    let mut table = Table::new(&["arm", "pooled", ">input $/M", ">output $/M", "deployments"]);
    for spec in &config.arms {
        let price = spec.arm.price;
        table.row([
            spec.arm.id.to_string(),
            if spec.pooled { "yes" } else { "no" }.to_owned(),
            or_dash(price, |price| price.input_per_mtok.to_string()),
            or_dash(price, |price| price.output_per_mtok.to_string()),
            spec.arm.deployments.len().to_string(),
        ]);
    }
    let stale = config.stale_prices(SystemClock::new().now_ms());
    let warnings = config.warnings.iter().chain(&stale);
    let warnings: String = warnings
        .map(|warning| format!("warning: {warning}\n"))
        .collect();
    format!(
        "{}{warnings}{}: correct",
        table.text_or("no arm"),
        config.origin
    )
}

/// `catalogue`
pub fn catalogue(_: &Nothing, out: &mut Output) -> Result<(), Trouble> {
    if out.is_json() {
        let models = known().providers.iter().flat_map(|vendor| {
            vendor.models.iter().map(|model| {
                let (price, able) = (model.price(), model.capabilities());
                json!({ "vendor": vendor.name, "model": model.name, "price_usd_per_mtok": price, "capabilities": able })
            })
        });
        let models: Vec<_> = models.collect();
        return out
            .value(&json!({ "as_of": known().as_of, "source": known().source, "models": models }));
    }
    out.text(&catalogue::table(known()))
}

fn tokens(argument: &str) -> Result<(usize, u64), Trouble> {
    let text = text(argument)?;
    let bytes = text.len();
    let chat = ChatRequest {
        messages: vec![Message::text(Role::User, text)],
        ..ChatRequest::default()
    };
    Ok((bytes, chat.estimated_input_tokens()))
}

/// `count`
pub fn count(args: &CountArgs, out: &mut Output) -> Result<(), Trouble> {
    let (bytes, tokens) = tokens(&args.text)?;
    if out.is_json() {
        return out.value(&json!({ "bytes": bytes, "estimated_tokens": tokens }));
    }
    out.text(&format!(
        "about {tokens} tokens ({bytes} bytes; four bytes a token and 4 a message)"
    ))
}

/// `cost`
pub fn cost(args: &CostArgs, out: &mut Output) -> Result<(), Trouble> {
    let (_, tokens) = tokens(&args.text)?;
    let wanted = args.model.as_deref().unwrap_or("");
    let mut costs: Vec<(String, f64)> = known()
        .providers
        .iter()
        .flat_map(|vendor| vendor.models.iter().map(move |model| (&vendor.name, model)))
        .filter(|(_, model)| model.name.contains(wanted))
        .filter_map(|(vendor, model)| {
            let price = model.price()?;
            let usd = price.estimate_usd(tokens as f64, f64::from(args.output_tokens));
            Some((format!("{vendor}/{}", model.name), usd))
        })
        .collect();
    costs.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    if out.is_json() {
        let costs: Vec<_> = costs
            .iter()
            .map(|(arm, usd)| json!({ "arm": arm, "cost_usd": usd }))
            .collect();
        return out.value(
            &json!({ "input_tokens": tokens, "output_tokens": args.output_tokens, "costs": costs }),
        );
    }
    let mut table = Table::new(&["model", ">cost"]);
    for (arm, amount) in costs {
        table.row([arm, usd(amount)]);
    }
    let nothing = format!("no known model contains {wanted:?}; `pointsman catalogue` lists them");
    let head = format!("about {tokens} tokens in, {} out\n\n", args.output_tokens);
    out.text(&(head + &table.text_or(&nothing)))
}

/// `version`
pub fn version(_: &Nothing, out: &mut Output) -> Result<(), Trouble> {
    let version = env!("CARGO_PKG_VERSION");
    if out.is_json() {
        return out.value(&json!({ "version": version }));
    }
    out.text(&format!("pointsman {version}"))
}
