//! The report as a person reads it.

use super::ablate::Part;
use super::baselines::{NAMES, ZERO_ROUTER};
use super::figures::{Figures, SHARES};
use super::report::{DatasetReport, Report};
use super::run::SELF;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lambdas = self.lambdas.len();
        writeln!(f, "embedder {}, {lambdas} cost weights", self.embedder)?;
        self.datasets
            .iter()
            .try_for_each(|dataset| writeln!(f, "\n{dataset}"))
    }
}

impl fmt::Display for DatasetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.gains(f)?;
        writeln!(f)?;
        self.costs(f)?;
        self.changes(f)?;
        if !self.ablation.is_empty() {
            writeln!(f)?;
            ablation(&self.ablation, f)?;
        }
        Ok(())
    }
}

/// Without a minus before what rounds to zero.
fn plain(x: f64) -> f64 {
    (10.0 * x).round() / 10.0 + 0.0
}

fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

fn interval((low, high): (f64, f64)) -> String {
    format!("({:.1} to {:.1})", 100.0 * low, 100.0 * high)
}

/// How a router is called in tables.
fn title(name: &str) -> &str {
    match name {
        ZERO_ROUTER => "zero router (hindsight)",
        "best_single" => "best single (hindsight)",
        "keyword_map" => "static keyword map",
        "keyword_means" => "keyword classes, means",
        "thompson" => "Thompson, no context",
        "cluster_thompson" => "Thompson per cluster",
        "linucb_zero" => "LinUCB from zero",
        "linucb_centred" => "LinUCB centred",
        "linucb_forgetting" => "LinUCB gamma .997",
        "online_knn" => "online kNN",
        "offline" => "offline blend (labels)",
        "task_labels" => "task labels (cheating)",
        "oracle" => "oracle (cheating)",
        other => other,
    }
}

impl DatasetReport {
    /// The product, then the others in their order.
    fn rows(&self) -> impl Iterator<Item = (&str, &Figures)> {
        let names = [ZERO_ROUTER].into_iter().chain(NAMES);
        let others = names.filter_map(|name| Some((title(name), self.baselines.get(name)?)));
        [(SELF, &self.own)].into_iter().chain(others)
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}: {} requests, {} arms, {} seeds",
            self.dataset, self.regime, self.n, self.arms, self.seeds
        )?;
        let left_out = self.incomplete;
        if left_out > 0 {
            writeln!(f, "  {left_out} rows left out: not all arms answered them")?;
        }
        if !self.sparse_arms.is_empty() {
            let arms = self.sparse_arms.join(", ");
            writeln!(f, "  arms left out, with few answers: {arms}")?;
        }
        Ok(())
    }

    fn gains(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<24} {:>6}  {:<25} {:<25} the product leads by",
            "", "AIQ", "G second half, %", "G whole stream, %"
        )?;
        for (name, figures) in self.rows() {
            let g = |mean: f64, spread| format!("{:>6.1} {}", 100.0 * mean, interval(spread));
            let lead = if name == SELF {
                String::new()
            } else {
                interval(figures.product_leads_by)
            };
            let line = format!(
                "  {name:<24} {:>6.4} {:<25} {:<25} {lead}",
                figures.aiq,
                g(figures.g_second_half, figures.g_second_half_interval),
                g(figures.g_whole, figures.g_whole_interval),
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<24} points over the zero router               regret where cost is    cost, % of the best single's, at\n  \
             {:<24} first    300 to  second  worst   worst   no object, against      100 %  99 %  97 %  95 %\n  \
             {:<24}   300      1000    half    500   point     single    oracle      of its quality",
            "", "", ""
        )?;
        for (name, figures) in self.rows() {
            write!(
                f,
                "  {name:<24} {:>+5.1}    {:>+5.1}   {:>+5.1}  {:>+5.1}   {:>+5.1}   {:>8.0}  {:>8.0}  ",
                plain(figures.gain_first_300),
                plain(figures.gain_300_to_1000),
                plain(figures.gain_second_half),
                plain(figures.worst_stretch),
                plain(figures.worst_stretch_point),
                plain(figures.regret),
                plain(figures.regret_oracle),
            )?;
            for (share, _) in SHARES {
                match figures.cost_at.get(share).copied().flatten() {
                    Some(cost) => write!(f, " {:>5.0}", 100.0 * cost)?,
                    None => write!(f, " {:>5}", "-")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn changes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = &self.adaptation;
        if let (Some(first), Some(after)) =
            (change.drift_share_first_150, change.drift_share_after_150)
        {
            writeln!(
                f,
                "\n  quality of the best arm left after the halving: {} in the first 150 requests, {} from then on (bar: 97 %)",
                percent(first),
                percent(after)
            )?;
        }
        if let Some(never) = change.never_in_use {
            let (what, bar) = if self.regime == "drift" {
                ("recovered", 300)
            } else {
                ("new", 100)
            };
            let mean = change
                .in_use_after
                .map_or_else(|| "never".into(), |n| format!("after {n:.0} requests"));
            let worst = change.in_use_after_worst.map_or_else(
                || format!("never in {never} passes"),
                |n| format!("at worst {n:.0}"),
            );
            writeln!(
                f,
                "  the {what} arm is in use {mean}, {worst} (bar: {bar}; in use: over 50 requests it has half of the share that the offline blend gives it)"
            )?;
        }
        if let (Some(second), Some(whole)) =
            (change.sparse_costs_second_half, change.sparse_costs_whole)
        {
            writeln!(
                f,
                "\n  judging 30 % of the requests instead of all costs {second:+.2} points in the second half, {whole:+.2} over the whole stream (bar: 1)"
            )?;
        }
        Ok(())
    }
}

fn ablation(parts: &[Part], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "  {:<40} {:<30} G whole stream, % (the part adds)",
        "without", "G second half, % (the part adds)"
    )?;
    for part in parts {
        let cell = |g: f64, adds| format!("{:>6.1} {}", 100.0 * g, interval(adds));
        writeln!(
            f,
            "  {:<40} {:<32} {}",
            part.without,
            cell(part.g_second_half, part.adds_second_half),
            cell(part.g_whole, part.adds_whole)
        )?;
    }
    Ok(())
}
