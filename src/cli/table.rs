//! Tables in columns: text to the left, numbers to the right, no lines drawn.

use std::fmt::Write;

/// A table in the making.
#[derive(Debug)]
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads; a head that starts with `>` is of numbers.
    #[must_use]
    pub fn new(heads: &[&'static str]) -> Self {
        Self {
            heads: heads.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text; without rows, this text instead.
    #[must_use]
    pub fn text_or(&self, nothing: &str) -> String {
        if self.rows.is_empty() {
            return format!("{nothing}\n");
        }
        let heads: Vec<String> = self
            .heads
            .iter()
            .map(|head| plain(head).to_owned())
            .collect();
        let widths: Vec<usize> = (0..heads.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| width(row.get(column)));
                cells.max().unwrap_or(0).max(width(heads.get(column)))
            })
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            text.push_str(self.line(row, &widths).trim_end());
            text.push('\n');
        }
        text
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, head), width) in row.iter().zip(&self.heads).zip(widths) {
            // Writing to a string cannot fail.
            let _ = if head.starts_with('>') {
                write!(line, "{cell:>width$}  ")
            } else {
                write!(line, "{cell:<width$}  ")
            };
        }
        line
    }
}

fn plain(head: &str) -> &str {
    head.trim_start_matches('>')
}

fn width(cell: Option<&String>) -> usize {
    cell.map_or(0, |cell| cell.chars().count())
}

/// US dollars, with as many places as the amount needs.
#[must_use]
pub fn usd(amount: f64) -> String {
    match amount.abs() {
        0.0 => "$0".to_owned(),
        size if size >= 1.0 => format!("${amount:.2}"),
        size if size >= 0.01 => format!("${amount:.4}"),
        _ => format!("${amount:.6}"),
    }
}

/// A value that may not be known.
#[must_use]
pub fn or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

/// Milliseconds.
#[must_use]
pub fn ms(value: f64) -> String {
    if value >= 10_000.0 {
        format!("{:.1} s", value / 1000.0)
    } else {
        format!("{value:.0} ms")
    }
}

/// A share in per cent.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Unix milliseconds as UTC.
#[must_use]
pub fn time(at_ms: u64) -> String {
    let (days, rest) = (at_ms / 86_400_000, at_ms / 1000 % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years start in March here, so that the leap day is the last one.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["arm", ">calls", "state"]);
        table.row(["a/small".into(), "7".into(), "closed".into()]);
        table.row(["b/very-large".into(), "1234".into(), "open".into()]);
        insta::assert_snapshot!(table.text_or(""), @r"
        arm           calls  state
        a/small           7  closed
        b/very-large   1234  open
        ");
        assert_eq!(Table::new(&["a"]).text_or("nothing yet"), "nothing yet\n");
    }

    #[test]
    fn numbers_are_short_and_times_are_utc() {
        let shown = [
            usd(0.0),
            usd(0.000_123),
            usd(0.0123),
            usd(-12.5),
            ms(12.4),
            ms(12_345.0),
        ];
        assert_eq!(
            shown,
            ["$0", "$0.000123", "$0.0123", "$-12.50", "12 ms", "12.3 s"]
        );
        assert_eq!(time(0), "1970-01-01 00:00:00");
        assert_eq!(time(1_709_210_096_789), "2024-02-29 12:34:56");
        assert_eq!(time(1_798_761_599_000), "2026-12-31 23:59:59");
    }
}
