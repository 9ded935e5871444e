//! Draws frontiers and learning curves as SVG.

use super::measure::{Point, hull};
use super::report::DatasetReport;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const MARGIN: f64 = 60.0;

/// A drawing area with its two axes.
struct Chart {
    x: (f64, f64),
    y: (f64, f64),
    body: String,
    legend: usize,
}

impl Chart {
    fn new(title: &str, x_label: &str, y_label: &str, x: (f64, f64), y: (f64, f64)) -> Self {
        let mut chart = Self {
            x,
            y,
            body: String::new(),
            legend: 0,
        };
        chart.text(WIDTH / 2.0, 28.0, "middle", 16, title);
        chart.text(WIDTH / 2.0, HEIGHT - 14.0, "middle", 13, x_label);
        chart.text(14.0, MARGIN - 14.0, "start", 13, y_label);
        for i in 0..=5 {
            let share = f64::from(i) / 5.0;
            let (vx, vy) = (x.0 + share * (x.1 - x.0), y.0 + share * (y.1 - y.0));
            let (px, py) = (chart.px(vx), chart.py(vy));
            let (left, right) = (MARGIN, WIDTH - MARGIN);
            chart.add(&format!(
                "<line x1='{left}' x2='{right}' y1='{py:.1}' y2='{py:.1}' stroke='#ddd'/>"
            ));
            chart.text(
                px,
                HEIGHT - MARGIN + 18.0,
                "middle",
                11,
                &format!("{vx:.2}"),
            );
            chart.text(MARGIN - 8.0, py + 4.0, "end", 11, &format!("{vy:.3}"));
        }
        chart
    }

    fn px(&self, x: f64) -> f64 {
        MARGIN + (x - self.x.0) / (self.x.1 - self.x.0).max(1e-12) * (WIDTH - 2.0 * MARGIN)
    }

    fn py(&self, y: f64) -> f64 {
        HEIGHT
            - MARGIN
            - (y - self.y.0) / (self.y.1 - self.y.0).max(1e-12) * (HEIGHT - 2.0 * MARGIN)
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, size: u32, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(&format!(
            "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' font-size='{size}'>{text}</text>"
        ));
    }

    fn line(&mut self, points: &[Point], colour: &str, dash: &str, name: &str) {
        let mut path = String::new();
        for p in points {
            let _ = write!(path, "{:.1},{:.1} ", self.px(p.cost), self.py(p.quality));
        }
        self.add(&format!(
            "<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2' \
             stroke-dasharray='{dash}'/>"
        ));
        let y = HEIGHT - MARGIN - 16.0 - 18.0 * self.legend as f64;
        self.legend += 1;
        self.add(&format!(
            "<rect x='{:.0}' y='{:.0}' width='14' height='4' fill='{colour}'/>",
            WIDTH - 210.0,
            y - 5.0
        ));
        self.text(WIDTH - 190.0, y, "start", 12, name);
    }

    fn svg(self) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' \
             font-family='sans-serif'>\n<rect width='100%' height='100%' fill='white'/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Cost against quality, second half of the stream.
pub(super) fn frontier(report: &DatasetReport) -> String {
    let within = |p: &&Point| p.cost <= 1.3;
    let qualities = report
        .singles
        .iter()
        .chain(&report.points)
        .filter(within)
        .map(|p| p.quality);
    let (low, high) = qualities.fold((1.0f64, 0.0f64), |(l, h), q| (l.min(q), h.max(q)));
    let title = format!("{} ({}): cost and quality", report.dataset, report.regime);
    let y = ((low - 0.02).max(0.0), high + 0.02);
    let mut chart = Chart::new(
        &title,
        "cost (best single arm = 1)",
        "quality",
        (0.0, 1.3),
        y,
    );
    for p in report.singles.iter().filter(within) {
        let (x, y) = (chart.px(p.cost), chart.py(p.quality));
        chart.add(&format!(
            "<circle cx='{x:.1}' cy='{y:.1}' r='4' fill='#888'/>"
        ));
    }
    chart.line(
        &hull(&report.singles),
        "#888",
        "5 4",
        "single arms, mixed at will",
    );
    for (name, colour) in [
        ("linucb_centred", "#c26a00"),
        ("online_knn", "#7a5195"),
        ("keyword_means", "#2a7f62"),
    ] {
        if let Some(baseline) = report.baselines.get(name) {
            let points: Vec<Point> = hull(&baseline.points)
                .into_iter()
                .filter(|p| p.cost <= 1.3)
                .collect();
            chart.line(&points, colour, "", name);
        }
    }
    let own: Vec<Point> = hull(&report.points)
        .into_iter()
        .filter(|p| p.cost <= 1.3)
        .collect();
    chart.line(&own, "#0b5fa5", "", "pointsman");
    chart.svg()
}

/// Quality over the stream where cost is no object, as a share of the best single arm's.
pub(super) fn curve(report: &DatasetReport) -> String {
    let step = report.n as f64 / 20.0;
    let points: Vec<Point> = report
        .curve
        .iter()
        .enumerate()
        .map(|(i, share)| Point {
            cost: (i as f64 + 0.5) * step,
            quality: *share,
        })
        .collect();
    let low = points.iter().map(|p| p.quality).fold(1.0, f64::min) - 0.02;
    let high = points.iter().map(|p| p.quality).fold(1.0, f64::max) + 0.02;
    let title = format!("{} ({}): learning curve", report.dataset, report.regime);
    let mut chart = Chart::new(
        &title,
        "requests",
        "quality / best single arm",
        (0.0, report.n as f64),
        (low, high),
    );
    let one = [0.0, report.n as f64].map(|x| Point {
        cost: x,
        quality: 1.0,
    });
    chart.line(&one, "#888", "5 4", "best single arm");
    chart.line(&points, "#0b5fa5", "", "pointsman");
    chart.svg()
}
