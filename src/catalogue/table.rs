//! The catalogue as text, for `pointsman catalogue`.

use super::{Catalogue, Model};
use std::fmt::Write;

/// A table of all vendors and models, with the prices' date and source.
#[must_use]
pub fn table(catalogue: &Catalogue) -> String {
    let mut out = format!(
        "Prices in {}.\nAs of {}, from {}.\n",
        catalogue.unit, catalogue.as_of, catalogue.source
    );
    for vendor in &catalogue.providers {
        let keys = match vendor.key_variables.as_slice() {
            [] => "no key needed".to_owned(),
            names => format!("key in {}", names.join(" or ")),
        };
        let _ = writeln!(
            out,
            "\n{} (type: {}), {}, {keys}",
            vendor.label, vendor.kind, vendor.base_url
        );
        if vendor.models.is_empty() {
            out.push_str("  list the models that it serves under models:\n");
            continue;
        }
        let _ = writeln!(
            out,
            "  {:<44} {:>8} {:>8} {:>8} {:>9}  able to",
            "model (* = used where none are listed)", "input", "output", "cached", "context"
        );
        for model in &vendor.models {
            line(&mut out, model);
        }
    }
    out
}

fn line(out: &mut String, model: &Model) {
    let dollars = |value: Option<f64>| value.map_or("unknown".to_owned(), |v| format!("{v}"));
    let price = model.price();
    let able = model.capabilities();
    let able: Vec<&str> = [
        (able.vision, "vision"),
        (able.tools, "tools"),
        (able.json_schema, "schema"),
    ]
    .iter()
    .filter(|(can, _)| *can)
    .map(|(_, name)| *name)
    .collect();
    let cached = match price {
        Some(price) => price
            .cache_read_per_mtok
            .map_or("-".to_owned(), |v| format!("{v}")),
        None => "unknown".to_owned(),
    };
    let _ = writeln!(
        out,
        "{} {:<44} {:>8} {:>8} {:>8} {:>9}  {}",
        if model.usual { " *" } else { "  " },
        model.name,
        dollars(price.map(|p| p.input_per_mtok)),
        dollars(price.map(|p| p.output_per_mtok)),
        cached,
        model
            .capabilities()
            .context_tokens
            .map_or("unknown".to_owned(), |tokens| tokens.to_string()),
        able.join(" "),
    );
}
