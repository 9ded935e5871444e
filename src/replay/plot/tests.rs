//! Charts of odd data stay well formed.

use super::chart::{Chart, Line};
use super::*;

#[test]
fn what_is_drawn_is_well_formed_and_has_no_nan() {
    for y in [(0.0, 1.0), (0.5, 0.5), (f64::NAN, f64::NAN)] {
        let title = ("a < b & c".to_owned(), String::new());
        let mut chart = Chart::new(title, "x", "y", (0.0, 1.0), span([y.0, y.1].into_iter()));
        let points = [(0.0, y.0), (1.0, y.1)].map(|(cost, quality)| Point { cost, quality });
        chart.line(&points, &Line::thick("line", OWN));
        chart.band(&points, &points, OWN);
        let svg = chart.svg();
        assert!(svg.contains("a &lt; b &amp; c"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
}
