//! Results as Markdown, between two marks of a document: what people wrote around it stays.

use super::results::{Bar, Measure, Results};
use std::fmt::Write as _;

const BEGIN: &str = "<!-- results: written by `pointsman bench --render`, do not edit -->";
const END: &str = "<!-- end of results -->";

/// The document with the results in it; `None` where it lacks the marks.
#[must_use]
pub fn into_markdown(document: &str, results: &Results) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n{END}{after}",
        tables(results)
    ))
}

fn tables(results: &Results) -> String {
    let mut text = format!(
        "Measured on: {}. {} rounds of {} s, medians; version {}.\n\n",
        results.machine, results.rounds, results.seconds, results.version
    );
    if !results.bars.is_empty() {
        text.push_str("| bar | at least / at most | found | held |\n|---|---|---|---|\n");
        results.bars.iter().for_each(|bar| bar_row(&mut text, bar));
    }
    let mut suites: Vec<&str> = Vec::new();
    for measure in &results.measures {
        if suites.last() != Some(&measure.suite.as_str()) {
            suites.push(&measure.suite);
            let _ = write!(
                text,
                "\n### {}\n\n| what | of | median | least to greatest |\n|---|---|---|---|\n",
                measure.suite
            );
        }
        measure_row(&mut text, measure);
    }
    text
}

fn bar_row(text: &mut String, bar: &Bar) {
    let Bar {
        what,
        found,
        bar,
        at_most,
        unit,
        held,
    } = bar;
    let side = if *at_most { "at most" } else { "at least" };
    let held = if *held { "yes" } else { "**no**" };
    let _ = writeln!(
        text,
        "| {what} | {side} {} {unit} | {} {unit} | {held} |",
        number(*bar),
        number(*found)
    );
}

fn measure_row(text: &mut String, measure: &Measure) {
    let (least, greatest) = measure.range;
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} to {} |",
        measure.what,
        measure.of,
        number(measure.value),
        number(least),
        number(greatest)
    );
}

/// Three significant digits, whole from 100 on.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
