//! A chart with two axes, lines, a band and a legend, as SVG.

use crate::replay::measure::Point;
use std::fmt::Write;

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 470.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 630.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 412.0;

/// A drawing area.
pub(super) struct Chart {
    x: (f64, f64),
    y: (f64, f64),
    body: String,
    legend: usize,
}

/// How a line looks.
pub(super) struct Line<'a> {
    name: &'a str,
    colour: &'a str,
    width: f64,
    dash: &'a str,
}

impl<'a> Line<'a> {
    pub fn thick(name: &'a str, colour: &'a str) -> Self {
        Self {
            width: 3.0,
            ..Self::thin(name, colour)
        }
    }

    pub fn thin(name: &'a str, colour: &'a str) -> Self {
        Self {
            name,
            colour,
            width: 1.6,
            dash: "none",
        }
    }

    pub fn dashed(name: &'a str, colour: &'a str, dash: &'a str) -> Self {
        Self {
            dash,
            ..Self::thin(name, colour)
        }
    }
}

impl Chart {
    /// An empty chart; `title` is a headline and a line below it.
    pub fn new(
        title: (String, String),
        x_label: &str,
        y_label: &str,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        let mut chart = Self {
            x,
            y,
            body: String::new(),
            legend: 0,
        };
        chart.text(
            (LEFT, 24.0),
            "start",
            "font-size='16' font-weight='600'",
            &title.0,
        );
        chart.text(
            (LEFT, 43.0),
            "start",
            "font-size='12' fill='#555'",
            &title.1,
        );
        chart.text(
            (LEFT, TOP - 10.0),
            "start",
            "font-size='12' fill='#333'",
            y_label,
        );
        let middle = ((LEFT + RIGHT) / 2.0, BOTTOM + 40.0);
        chart.text(middle, "middle", "font-size='12' fill='#333'", x_label);
        chart.axes();
        chart
    }

    fn axes(&mut self) {
        for (value, label) in ticks(self.y) {
            let y = self.py(value);
            self.add(&format!(
                "<line x1='{LEFT}' x2='{RIGHT}' y1='{y:.1}' y2='{y:.1}' stroke='#e4e4e4'/>"
            ));
            self.text(
                (LEFT - 8.0, y + 4.0),
                "end",
                "font-size='11' fill='#555'",
                &label,
            );
        }
        for (value, label) in ticks(self.x) {
            let x = self.px(value);
            let end = BOTTOM + 5.0;
            self.add(&format!(
                "<line x1='{x:.1}' x2='{x:.1}' y1='{BOTTOM}' y2='{end}' stroke='#888'/>"
            ));
            self.text(
                (x, BOTTOM + 19.0),
                "middle",
                "font-size='11' fill='#555'",
                &label,
            );
        }
        self.add(&format!(
            "<path d='M{LEFT} {TOP}V{BOTTOM}H{RIGHT}' fill='none' stroke='#888'/>"
        ));
    }

    fn px(&self, x: f64) -> f64 {
        LEFT + share(x, self.x) * (RIGHT - LEFT)
    }

    fn py(&self, y: f64) -> f64 {
        BOTTOM - share(y, self.y) * (BOTTOM - TOP)
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn text(&mut self, at: (f64, f64), anchor: &str, style: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let (x, y) = at;
        self.add(&format!(
            "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' {style}>{text}</text>"
        ));
    }

    fn path<'p>(&self, points: impl IntoIterator<Item = &'p Point>) -> String {
        let mut path = String::new();
        for p in points {
            // Writing into memory cannot fail.
            let _ = write!(path, "{:.1},{:.1} ", self.px(p.cost), self.py(p.quality));
        }
        path.trim_end().to_owned()
    }

    /// A line and its entry in the legend.
    pub fn line(&mut self, points: &[Point], line: &Line<'_>) {
        if points.is_empty() {
            return;
        }
        let Line {
            name,
            colour,
            width,
            dash,
        } = line;
        let style = format!("stroke='{colour}' stroke-width='{width}' stroke-dasharray='{dash}'");
        let path = self.path(points);
        self.add(&format!(
            "<polyline points='{path}' fill='none' stroke-linejoin='round' {style}/>"
        ));
        let y = self.legend_row(name);
        let (from, to) = (RIGHT + 18.0, RIGHT + 44.0);
        self.add(&format!(
            "<line x1='{from}' x2='{to}' y1='{y:.1}' y2='{y:.1}' {style}/>"
        ));
    }

    fn legend_row(&mut self, name: &str) -> f64 {
        let y = TOP + 8.0 + 22.0 * self.legend as f64;
        self.legend += 1;
        self.text(
            (RIGHT + 52.0, y + 4.0),
            "start",
            "font-size='12' fill='#222'",
            name,
        );
        y
    }

    /// A dot.
    pub fn dot(&mut self, p: &Point, radius: f64, colour: &str) {
        let (x, y) = (self.px(p.cost), self.py(p.quality));
        self.add(&format!(
            "<circle cx='{x:.1}' cy='{y:.1}' r='{radius}' fill='{colour}' stroke='white'/>"
        ));
    }

    /// What dots of this colour are.
    pub fn legend_dot(&mut self, name: &str, colour: &str) {
        let (x, y) = (RIGHT + 31.0, self.legend_row(name));
        self.add(&format!(
            "<circle cx='{x}' cy='{y:.1}' r='4.5' fill='{colour}'/>"
        ));
    }

    /// A remark below the legend.
    pub fn note(&mut self, text: &str) {
        let at = (RIGHT + 18.0, BOTTOM - 4.0);
        self.text(at, "start", "font-size='11' fill='#777'", text);
    }

    /// The area between two lines.
    pub fn band(&mut self, below: &[Point], above: &[Point], colour: &str) {
        let path = self.path(below.iter().chain(above.iter().rev()));
        self.add(&format!(
            "<polygon points='{path}' fill='{colour}' fill-opacity='0.15'/>"
        ));
    }

    /// A moment at which something changes.
    pub fn event(&mut self, x: f64) {
        let x = self.px(x);
        self.add(&format!(
            "<line x1='{x:.1}' x2='{x:.1}' y1='{TOP}' y2='{BOTTOM}' stroke='#bbb' stroke-dasharray='3 3'/>"
        ));
    }

    /// The chart as a file.
    pub fn svg(self) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' \
             viewBox='0 0 {WIDTH} {HEIGHT}' font-family='Helvetica, Arial, sans-serif'>\n\
             <rect width='100%' height='100%' fill='white'/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Where a value lies between two others; 0 where that cannot be said.
fn share(value: f64, (from, to): (f64, f64)) -> f64 {
    let share = (value - from) / (to - from).max(1e-12);
    if share.is_finite() {
        share.clamp(-0.5, 1.5)
    } else {
        0.0
    }
}

/// Four to nine round values with their labels.
fn ticks((from, to): (f64, f64)) -> Vec<(f64, String)> {
    let rough = ((to - from) / 6.0).max(1e-12);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power);
    let digits = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last.min(first + 12))
        .map(|i| (i as f64 * step, format!("{:.digits$}", i as f64 * step)))
        .collect()
}
