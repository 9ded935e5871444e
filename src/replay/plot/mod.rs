//! Draws the cost-quality frontier and the learning curve of a report as SVG.

mod chart;

use super::figures::Figures;
use super::measure::{Point, hull};
use super::report::DatasetReport;
use chart::{Chart, Line};

/// Baselines that are drawn, with their names for people and colours that print and that the
/// colour-blind can tell apart (Okabe and Ito).
const SHOWN: [(&str, &str, &str); 4] = [
    ("keyword_means", "keyword classes, learned means", "#009e73"),
    ("online_knn", "online nearest neighbours", "#cc79a7"),
    ("linucb_centred", "LinUCB, centred", "#d55e00"),
    (
        "cluster_thompson",
        "Thompson sampling per cluster",
        "#e69f00",
    ),
];
const OWN: &str = "#0072b2";
const BLEND: &str = "#555555";
const ZERO: &str = "#999999";

fn title(report: &DatasetReport, what: &str) -> (String, String) {
    let (arms, n, seeds) = (report.arms, report.n, report.seeds);
    (
        format!("{}, {}: {what}", report.dataset, report.regime),
        format!("{arms} arms, {n} requests a pass, mean of {seeds} passes in random orders"),
    )
}

/// The lines that the product's own is seen against.
fn others(
    chart: &mut Chart,
    blend: &[Point],
    zero: &[Point],
    shown: &[(&(&str, &str, &str), Vec<Point>)],
) {
    chart.line(
        blend,
        &Line::dashed("offline blend, all labels", BLEND, "2 3"),
    );
    chart.line(
        zero,
        &Line::dashed("zero router: single arms, mixed", ZERO, "7 4"),
    );
    for ((_, name, colour), line) in shown {
        chart.line(line, &Line::thin(name, colour));
    }
}

/// Cost against quality, second half of the stream.
pub(super) fn frontier(report: &DatasetReport) -> String {
    let blend = report.baselines.get("offline").map(|b| hull(&b.points));
    let own = frontier_line(report, &report.own.points);
    let shown = SHOWN
        .iter()
        .filter_map(|show| Some((show, report.baselines.get(show.0)?)));
    let shown: Vec<_> = shown
        .map(|(show, b)| (show, frontier_line(report, &b.points)))
        .collect();
    let blend = frontier_line(report, &blend.unwrap_or_default());
    let zero = frontier_line(report, &report.singles);
    let all = shown
        .iter()
        .flat_map(|(_, line)| line)
        .chain(&own)
        .chain(&blend);
    let (low, high) = span(all.chain(&zero).map(|p| p.quality));
    let within = |p: &&Point| p.cost <= MOST_COST && (low..=high).contains(&p.quality);
    let mut chart = Chart::new(
        title(report, "cost and quality, second half"),
        "mean cost (best single arm = 1)",
        "mean quality",
        (0.0, MOST_COST),
        (low, high),
    );
    others(&mut chart, &blend, &zero, &shown);
    chart.line(&own, &Line::thick("pointsman", OWN));
    for p in report.own.points.iter().filter(within) {
        chart.dot(p, 3.0, OWN);
    }
    for p in report.singles.iter().filter(within) {
        chart.dot(p, 4.5, ZERO);
    }
    chart.legend_dot("single arms", ZERO);
    let hidden = report.singles.iter().filter(|p| !within(p)).count();
    if hidden > 0 {
        chart.note(&format!("{hidden} single arms lie outside"));
    }
    chart.svg()
}

/// Right end of the cost axis.
const MOST_COST: f64 = 1.3;

/// The frontier of some points: from the cheapest arm on, level beyond its end.
fn frontier_line(report: &DatasetReport, points: &[Point]) -> Vec<Point> {
    let cheapest = report.singles.iter();
    let cheapest = cheapest.min_by(|a, b| a.cost.total_cmp(&b.cost)).copied();
    let points: Vec<Point> = points.iter().copied().chain(cheapest).collect();
    let mut line = hull(&points);
    line.retain(|p| p.cost <= MOST_COST);
    if let Some(last) = line.last().copied() {
        line.push(Point {
            cost: MOST_COST,
            ..last
        });
    }
    line
}

/// The area above the zero router over the stream.
pub(super) fn curve(report: &DatasetReport) -> String {
    let at = |i: usize, of: usize, y: f64| Point {
        cost: (i as f64 + 0.5) * report.n as f64 / of as f64,
        quality: y,
    };
    let points = |figures: &Figures| -> Vec<Point> {
        let of = figures.curve.len();
        let points = figures.curve.iter().enumerate();
        points.map(|(i, y)| at(i, of, *y)).collect()
    };
    let own = &report.own;
    let of = own.curve_interval.len();
    let edge = |pick: fn(&(f64, f64)) -> f64| -> Vec<Point> {
        let edges = own.curve_interval.iter().enumerate();
        edges.map(|(i, e)| at(i, of, pick(e))).collect()
    };
    let (below, above) = (edge(|e| e.0), edge(|e| e.1));
    let blend = report
        .baselines
        .get("offline")
        .map(points)
        .unwrap_or_default();
    let shown = SHOWN
        .iter()
        .filter_map(|show| Some((show, points(report.baselines.get(show.0)?))));
    let shown: Vec<_> = shown.collect();
    let all = shown.iter().flat_map(|(_, line)| line).chain(&blend);
    let all = all.chain(&below).chain(&above).map(|p| p.quality);
    let (low, high) = span(all.chain([0.0]));
    let mut chart = Chart::new(
        title(report, "learning curve"),
        "requests",
        "points of quality over the zero router, over all trade-offs",
        (0.0, report.n as f64),
        (low, high),
    );
    for event in &report.events {
        chart.event(*event as f64);
    }
    let zero = [0.0, report.n as f64].map(|cost| Point { cost, quality: 0.0 });
    chart.band(&below, &above, OWN);
    others(&mut chart, &blend, &zero, &shown);
    chart.line(&points(own), &Line::thick("pointsman, 95 % interval", OWN));
    chart.svg()
}

/// Least and greatest with a little room around.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), y| {
        (l.min(y), h.max(y))
    });
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    let room = 0.04 * (high - low).max(1e-6);
    (low - room, high + room)
}

#[cfg(test)]
mod tests;
