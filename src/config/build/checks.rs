//! Small checks that many keys share.

use super::Build;
use crate::config::problem::Trail;
use crate::config::span::Span;
use std::time::Duration;

impl Build<'_> {
    /// A whole number of at least 1, or what holds otherwise.
    pub(super) fn at_least_one<T: Copy + Default + PartialEq>(
        &mut self,
        trail: &Trail,
        written: Option<T>,
        otherwise: T,
    ) -> T {
        match written {
            Some(value) if value == T::default() => {
                self.problem(
                    trail,
                    "0 is too little",
                    "expected at least 1; leave the key out for the default",
                );
                otherwise
            }
            Some(value) => value,
            None => otherwise,
        }
    }

    /// A limit: at least 1, or none.
    pub(super) fn limit<T: Copy + Default + PartialEq>(
        &mut self,
        trail: &Trail,
        written: Option<T>,
    ) -> Option<T> {
        if written == Some(T::default()) {
            self.problem(
                trail,
                "a limit of 0 lets nothing through",
                "expected at least 1; leave the key out for no limit",
            );
        }
        written
    }

    /// A time greater than 0, or what holds otherwise.
    pub(super) fn time(
        &mut self,
        trail: &Trail,
        written: Option<Span>,
        otherwise: Duration,
    ) -> Duration {
        match written {
            Some(Span(time)) if time.is_zero() => {
                self.problem(
                    trail,
                    "a time of 0",
                    "expected a time greater than 0, such as 30s",
                );
                otherwise
            }
            Some(Span(time)) => time,
            None => otherwise,
        }
    }

    /// A number within a range, ends included, or what holds otherwise.
    pub(super) fn within(
        &mut self,
        trail: &Trail,
        written: Option<f64>,
        otherwise: f64,
        range: (f64, f64),
    ) -> f64 {
        match written {
            Some(value) if !(range.0..=range.1).contains(&value) => {
                let what = format!("{value} is out of range");
                self.problem(trail, what, format!("expected {} to {}", range.0, range.1));
                otherwise
            }
            Some(value) => value,
            None => otherwise,
        }
    }

    /// A sum of money greater than 0, or none.
    pub(super) fn money(&mut self, trail: &Trail, written: Option<f64>) -> Option<f64> {
        if let Some(value) = written
            && value <= 0.0
        {
            let what = format!("{value} US dollars lets nothing through");
            self.problem(
                trail,
                what,
                "expected more than 0; leave the key out for no ceiling",
            );
        }
        written
    }

    /// An address with scheme and host, without a slash at the end.
    pub(super) fn address(&mut self, trail: &Trail, written: &str) -> String {
        let trimmed = written.trim();
        let rest = ["http://", "https://"]
            .iter()
            .find_map(|scheme| trimmed.strip_prefix(scheme));
        match rest {
            _ if trimmed.starts_with("${") => {}
            Some(rest) if !rest.is_empty() && !rest.starts_with([':', '/']) => {
                if rest.contains('@') {
                    let remedy = "put the key under api_key";
                    self.problem(trail, "the address holds a user or password", remedy);
                } else if trimmed.contains(char::is_whitespace) {
                    self.problem(trail, "the address holds a space", "take it away");
                }
            }
            Some(_) => self.problem(trail, "the address has no host", EXPECTED_ADDRESS),
            None => self.problem(trail, "the address has no scheme", EXPECTED_ADDRESS),
        }
        trimmed.trim_end_matches('/').to_owned()
    }
}

const EXPECTED_ADDRESS: &str =
    "expected http:// or https:// and a host, such as https://api.example.com/v1";
