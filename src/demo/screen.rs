//! What the demonstration shows: plain text, tables of fixed width, one moving line on a terminal.
//!
//! Every function returns text, so that a test can read it; only [`Screen`] writes.

use super::{
    ledger::{Entry, Ledger, mean_quality, share},
    truth::Truth,
};
use crate::domain::{ArmId, Weights};
use crate::provider::simulated::{Kind, PROFILES};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Stretches of the run that shares are shown for.
const PARTS: usize = 4;

/// Where the text goes.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    terminal: bool,
    moving: bool,
}

impl<'a> Screen<'a> {
    /// A screen; on a `terminal` progress is one line that changes, elsewhere a line now and then.
    pub fn new(out: &'a mut dyn Write, terminal: bool) -> Self {
        Self {
            out,
            terminal,
            moving: false,
        }
    }

    /// Writes this text and ends the line.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        if std::mem::take(&mut self.moving) {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// Shows how far it is.
    ///
    /// # Errors
    /// Where the output is closed.
    pub fn progress(&mut self, done: usize, of: usize, ledger: &Ledger) -> io::Result<()> {
        let step = (of / 10).max(1);
        if self.terminal {
            self.moving = true;
            write!(self.out, "\r\x1b[2K{}", progress(done, of, ledger))?;
            self.out.flush()
        } else if done.is_multiple_of(step) || done == of {
            self.say(&progress(done, of, ledger))
        } else {
            Ok(())
        }
    }
}

fn progress(done: usize, of: usize, ledger: &Ledger) -> String {
    const WIDTH: usize = 24;
    let full = WIDTH * done / of.max(1);
    let recent = ledger.entries().len().saturating_sub(50);
    format!(
        "  [{}{}] {done:>4}/{of}  quality of the last 50: {:.2}  spent ${:.4}",
        "#".repeat(full),
        "-".repeat(WIDTH - full),
        mean_quality(&ledger.entries()[recent..]),
        ledger.cost_usd(),
    )
}

/// The simulated models and their prices.
#[must_use]
pub fn models() -> String {
    let mut text = String::from("  model   $/Mtok in   out   what it is\n");
    for p in &PROFILES {
        let (input, output) = p.price;
        let _ = writeln!(
            text,
            "  {:<6} {input:>10.2} {output:>5.2}   {}",
            p.name, p.about
        );
    }
    text
}

/// Share of the requests of each kind by model, over four stretches of the run.
#[must_use]
pub fn shares(ledger: &Ledger, kinds: &[Kind], truth: &Truth, weights: &Weights) -> String {
    let mut text = format!(
        "  {:<12} {:<6} {:>6}{:>6}{:>6}{:>6} quarter of the run\n",
        "kind", "model", "1st", "2nd", "3rd", "4th"
    );
    for kind in kinds {
        let best = truth.best(*kind, weights);
        let mut label = kind.name();
        for (arm, parts) in notable(ledger, *kind) {
            let mark = if best.as_ref() == Some(&arm) {
                "  <- best trade-off"
            } else {
                ""
            };
            let _ = write!(text, "  {label:<12} {:<6} ", short(&arm));
            for part in parts {
                let _ = write!(text, "{:>5.0}%", part * 100.0);
            }
            let _ = writeln!(text, "{mark}");
            label = "";
        }
    }
    text
}

/// Arms with at least a fifth of a kind's requests in some stretch, the last stretch's most first.
fn notable(ledger: &Ledger, kind: Kind) -> Vec<(ArmId, Vec<f64>)> {
    let mut rows: Vec<(ArmId, Vec<f64>)> = PROFILES
        .iter()
        .map(|profile| {
            let arm = profile.arm();
            let part = |at| share(ledger.stretch(at, PARTS), kind, &arm).unwrap_or(0.0);
            let parts = (0..PARTS).map(part).collect();
            (arm, parts)
        })
        .filter(|(_, parts): &(ArmId, Vec<f64>)| parts.iter().any(|part| *part >= 0.2))
        .collect();
    rows.sort_by(|a, b| b.1[PARTS - 1].total_cmp(&a.1[PARTS - 1]));
    rows
}

/// One way to serve the traffic.
pub struct Way {
    /// What it is called.
    pub name: String,
    /// Requests.
    pub requests: usize,
    /// Mean quality in [0, 1].
    pub quality: f64,
    /// Cost of all, in US dollars.
    pub cost_usd: f64,
}

impl Way {
    /// What was done, for a part of the run.
    #[must_use]
    pub fn done(name: &str, entries: &[Entry]) -> Self {
        Self {
            name: name.to_owned(),
            requests: entries.len(),
            quality: mean_quality(entries),
            cost_usd: entries.iter().map(|entry| entry.cost_usd).sum(),
        }
    }
}

/// Ways beside each other, per thousand requests.
#[must_use]
pub fn ways(ways: &[Way]) -> String {
    let mut text = format!(
        "  {:<36} {:>7} {:>18}\n",
        "", "quality", "$ per 1000 requests"
    );
    for way in ways {
        let per_1k = way.cost_usd / (way.requests.max(1) as f64) * 1e3;
        let _ = writeln!(
            text,
            "  {:<36} {:>7.3} {per_1k:>18.3}",
            way.name, way.quality
        );
    }
    text
}

/// An arm without its provider.
#[must_use]
pub fn short(arm: &ArmId) -> &str {
    arm.as_str()
        .rsplit_once('/')
        .map_or(arm.as_str(), |(_, model)| model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::traffic::{Request, traffic};

    fn ledger(requests: &[Request]) -> Ledger {
        let mut ledger = Ledger::default();
        for (at, request) in requests.iter().enumerate() {
            let arm = if at < 20 {
                "simulated/atlas"
            } else {
                "simulated/forge"
            };
            ledger.add(Entry {
                request: *request,
                arm: ArmId::new(arm),
                class: None,
                quality: 0.5,
                cost_usd: 0.001,
                explored: false,
                attempts: 1,
            });
        }
        ledger
    }

    #[test]
    fn shares_show_how_a_model_takes_over() {
        let requests = traffic(&[Kind::Code], 40, 1);
        let truth = Truth::of(&requests, 1);
        let text = shares(
            &ledger(&requests),
            &[Kind::Code],
            &truth,
            &Weights::BALANCED,
        );
        let rows: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            rows,
            [
                "kind         model     1st   2nd   3rd   4th quarter of the run",
                "code         forge      0%    0%  100%  100%  <- best trade-off",
                "atlas    100%  100%    0%    0%",
            ]
        );
    }

    #[test]
    fn elsewhere_than_on_a_terminal_progress_is_ten_lines() {
        let requests = traffic(&[Kind::Code], 40, 1);
        let ledger = ledger(&requests);
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, false);
        for done in 1..=40 {
            screen.progress(done, 40, &ledger).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 10);
        assert_eq!(
            text.lines().last().unwrap().trim(),
            "[########################]   40/40  quality of the last 50: 0.50  spent $0.0400"
        );
    }
}
