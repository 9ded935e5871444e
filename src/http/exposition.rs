//! The text format that Prometheus reads (version 0.0.4). Pure.

use std::fmt::Write;

/// Counts of values by upper bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    /// An empty one with these upper bounds, ascending.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            sum: 0.0,
            count: 0,
        }
    }

    /// Counts one value.
    pub fn add(&mut self, value: f64) {
        if let Some(at) = self.bounds.iter().position(|bound| value <= *bound) {
            self.counts[at] += 1;
        }
        self.sum += value;
        self.count += 1;
    }
}

/// A page of metrics.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// Begins a metric: its name without our prefix, its type, what it means.
    pub fn metric(&mut self, name: &str, kind: &str, help: &str) -> Metric<'_> {
        let name = format!("pointsman_{name}");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Metric { page: self, name }
    }

    /// The page.
    pub fn text(self) -> String {
        self.0
    }
}

/// One metric; samples are added to it.
#[derive(Debug)]
pub struct Metric<'a> {
    page: &'a mut Page,
    name: String,
}

impl Metric<'_> {
    /// One sample.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) -> &mut Self {
        let labels = written(labels, None);
        let _ = writeln!(self.page.0, "{}{labels} {value}", self.name);
        self
    }

    /// One histogram.
    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) -> &mut Self {
        let mut below = 0;
        for (bound, count) in histogram.bounds.iter().zip(&histogram.counts) {
            below += count;
            self.bucket(labels, &bound.to_string(), below);
        }
        self.bucket(labels, "+Inf", histogram.count);
        let plain = written(labels, None);
        let (name, out) = (&self.name, &mut self.page.0);
        let _ = writeln!(out, "{name}_sum{plain} {}", histogram.sum);
        let _ = writeln!(out, "{name}_count{plain} {}", histogram.count);
        self
    }

    fn bucket(&mut self, labels: &[(&str, &str)], bound: &str, count: u64) {
        let labels = written(labels, Some(bound));
        let _ = writeln!(self.page.0, "{}_bucket{labels} {count}", self.name);
    }
}

fn written(labels: &[(&str, &str)], bound: Option<&str>) -> String {
    let labels = labels
        .iter()
        .copied()
        .chain(bound.map(|bound| ("le", bound)));
    let pairs: Vec<String> = labels
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", pairs.join(","))
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_written_as_prometheus_reads_it() {
        let mut page = Page::default();
        page.metric("calls_total", "counter", "Calls.")
            .sample(&[("provider", "a\"b\\c"), ("status", "success")], 3.0)
            .sample(&[], 0.25);
        let mut histogram = Histogram::new(&[0.1, 1.0]);
        for value in [0.05, 0.1, 0.5, 7.0] {
            histogram.add(value);
        }
        page.metric("seconds", "histogram", "Time.")
            .histogram(&[("arm", "x")], &histogram);
        let expected = r#"# HELP pointsman_calls_total Calls.
# TYPE pointsman_calls_total counter
pointsman_calls_total{provider="a\"b\\c",status="success"} 3
pointsman_calls_total 0.25
# HELP pointsman_seconds Time.
# TYPE pointsman_seconds histogram
pointsman_seconds_bucket{arm="x",le="0.1"} 2
pointsman_seconds_bucket{arm="x",le="1"} 3
pointsman_seconds_bucket{arm="x",le="+Inf"} 4
pointsman_seconds_sum{arm="x"} 7.65
pointsman_seconds_count{arm="x"} 4
"#;
        assert_eq!(page.text(), expected);
    }
}
