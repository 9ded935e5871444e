//! The report as a person reads it.

use super::report::{DatasetReport, Report};
use super::run::SELF;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.datasets
            .iter()
            .try_for_each(|dataset| writeln!(f, "{dataset}"))
    }
}

impl fmt::Display for DatasetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}: {} requests, {} arms, {} seeds",
            self.dataset, self.regime, self.n, self.arms, self.seeds
        )?;
        if self.incomplete > 0 {
            writeln!(
                f,
                "  {} prompts left out: not all arms answered them",
                self.incomplete
            )?;
        }
        self.table(f)?;
        self.figures(f)
    }
}

fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

impl DatasetReport {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<22} {:>8} {:>9} {:>9}",
            "", "AIQ", "G half 2", "G whole"
        )?;
        let mut row = |name: &str, aiq: f64, half: f64, whole: f64| {
            let (half, whole) = (percent(half), percent(whole));
            writeln!(f, "  {name:<22} {aiq:>8.4} {half:>9} {whole:>9}")
        };
        row(SELF, self.aiq_router, self.g_second_half, self.g_whole)?;
        for (name, b) in &self.baselines {
            row(name, b.aiq, b.g_second_half, b.g_whole)?;
        }
        let gain = |aiq: f64| (aiq - self.aiq_hull) / (self.aiq_offline - self.aiq_hull).max(1e-4);
        for (name, aiq) in [
            ("zero-router hull", self.aiq_hull),
            ("offline blend", self.aiq_offline),
            ("task labels (cheating)", self.aiq_tasks),
            ("oracle (cheating)", self.aiq_oracle),
        ] {
            writeln!(f, "  {name:<22} {aiq:>8.4} {:>9}", percent(gain(aiq)))?;
        }
        Ok(())
    }

    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.g_second_half_interval;
        writeln!(
            f,
            "  G half 2: {} to {} (95 %)",
            percent(low),
            percent(high)
        )?;
        let (low, high) = self.g_whole_interval;
        writeln!(
            f,
            "  G whole:  {} to {} (95 %)",
            percent(low),
            percent(high)
        )?;
        writeln!(
            f,
            "  points over the hull: first 300 {:+.2}, 300 to 1000 {:+.2}, worst stretch {:+.2}",
            self.gain_first_300, self.gain_300_to_1000, self.worst_stretch
        )?;
        writeln!(
            f,
            "  regret against the best single arm: {:.1}",
            self.regret
        )?;
        for (share, cost) in self.cost_at.iter().rev() {
            let reached = |c| format!("{} of its cost", percent(c));
            let cost = cost.map_or_else(|| "no cost (not reached)".to_owned(), reached);
            writeln!(
                f,
                "  {share:>3} % of the best single arm's quality at {cost}"
            )?;
        }
        if let Some(share) = self.drift_quality_share {
            let share = percent(share);
            writeln!(
                f,
                "  150 requests after the halving: {share} of the best available"
            )?;
        }
        if let Some(after) = self.adopted_after {
            writeln!(f, "  the arm gets half of the requests after {after:.0}")?;
        }
        Ok(())
    }
}
