//! The zero router: the best random mix of single arms, known only in hindsight. It looks at no
//! prompt, so what it reaches is what routing has to beat. Its frontier is the hull of the arms'
//! points; it is not played but worked out.

use crate::replay::measure::Point;
use crate::replay::windows::Scale;

/// The points whose hull is its frontier.
pub(in crate::replay) fn points(scale: &Scale) -> Vec<Point> {
    scale.singles.clone()
}
