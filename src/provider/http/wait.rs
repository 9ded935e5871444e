//! How long an upstream asks us to wait, from its headers. All forms seen in the field: seconds
//! (also fractions), a date, milliseconds, and the durations of rate-limit headers ("6m0s").

use http::HeaderMap;
use std::time::Duration;

/// Longest wait that is taken at its word: one day.
const MAX_WAIT_MS: f64 = 86_400_000.0;

/// The wait asked for by `retry-after-ms` or `retry-after`, in milliseconds; a date is read against
/// the response's own `date` header, so that no clock is needed and clocks need not agree.
#[must_use]
pub fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::trim)
    };
    if let Some(ms) = text("retry-after-ms").and_then(number) {
        return Some(clamp_ms(ms));
    }
    let after = text("retry-after")?;
    if let Some(seconds) = number(after) {
        return Some(clamp_ms(seconds * 1e3));
    }
    let until = httpdate::parse_http_date(after).ok()?;
    let from = httpdate::parse_http_date(text("date")?).ok()?;
    let wait = until.duration_since(from).unwrap_or(Duration::ZERO);
    Some(clamp_ms(wait.as_secs_f64() * 1e3))
}

fn number(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

fn clamp_ms(ms: f64) -> u64 {
    ms.ceil().min(MAX_WAIT_MS) as u64
}

/// What an upstream says of its own limits. Fields it does not send, or sends as -1, are `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Requests left in the window.
    pub requests_left: Option<u64>,
    /// Tokens left in the window.
    pub tokens_left: Option<u64>,
    /// Until the requests' window is full again, in milliseconds.
    pub requests_reset_ms: Option<u64>,
    /// Until the tokens' window is full again, in milliseconds.
    pub tokens_reset_ms: Option<u64>,
}

/// Reads `x-ratelimit-*` and `anthropic-ratelimit-*`.
#[must_use]
pub fn rate_limits(headers: &HeaderMap) -> RateLimits {
    let first = |names: [&str; 2]| {
        let values = names.into_iter().filter_map(|name| headers.get(name));
        values.filter_map(|value| value.to_str().ok()).next()
    };
    let count = |kind: &str| {
        let (a, b) = (
            format!("x-ratelimit-remaining-{kind}"),
            format!("anthropic-ratelimit-{kind}-remaining"),
        );
        first([&a, &b])?.trim().parse().ok()
    };
    let reset = |kind: &str| {
        let (a, b) = (
            format!("x-ratelimit-reset-{kind}"),
            format!("anthropic-ratelimit-{kind}-reset"),
        );
        duration_ms(first([&a, &b])?.trim())
    };
    RateLimits {
        requests_left: count("requests"),
        tokens_left: count("tokens"),
        requests_reset_ms: reset("requests"),
        tokens_reset_ms: reset("tokens"),
    }
}

/// "12ms", "1s", "6m0s", "1h2m3.5s", or bare seconds.
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    if let Some(seconds) = number(text) {
        return Some(clamp_ms(seconds * 1e3));
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..digits])?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        total += value
            * match &rest[..end] {
                "ms" => 1.0,
                "s" => 1e3,
                "m" => 6e4,
                "h" => 3.6e6,
                "d" => 8.64e7,
                _ => return None,
            };
        rest = &rest[end..];
    }
    Some(clamp_ms(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        for line in text
            .split('|')
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (name, value) = line.split_once(':').unwrap();
            let name: http::HeaderName = name.trim().parse().unwrap();
            map.insert(name, value.trim().parse().unwrap());
        }
        map
    }

    #[test]
    fn every_form_of_a_wait_is_understood() {
        let table = [
            ("", None),
            ("retry-after: 3", Some(3000)),
            ("retry-after: 0.25", Some(250)),
            ("retry-after: -1", None),
            ("retry-after: soon", None),
            ("retry-after: NaN", None),
            ("retry-after: 1e99", Some(86_400_000)),
            ("retry-after-ms: 120", Some(120)),
            ("retry-after-ms: 120 | retry-after: 9", Some(120)),
            ("retry-after-ms: x | retry-after: 9", Some(9000)),
            (
                "date: Sat, 21 Nov 2026 15:00:00 GMT | retry-after: Sat, 21 Nov 2026 15:00:07 GMT",
                Some(7000),
            ),
            (
                "date: Sat, 21 Nov 2026 15:00:00 GMT | retry-after: Sat, 21 Nov 2026 14:00:00 GMT",
                Some(0),
            ),
            ("retry-after: Sat, 21 Nov 2026 15:00:07 GMT", None),
        ];
        for (text, expected) in table {
            assert_eq!(retry_after_ms(&headers(text)), expected, "{text}");
        }
    }

    #[test]
    fn rate_limit_headers_of_both_families_are_read() {
        let openai = headers(
            "x-ratelimit-remaining-requests: 3 | x-ratelimit-reset-requests: 6m0s |
             x-ratelimit-remaining-tokens: -1 | x-ratelimit-reset-tokens: 12ms",
        );
        let expected = RateLimits {
            requests_left: Some(3),
            tokens_left: None,
            requests_reset_ms: Some(360_000),
            tokens_reset_ms: Some(12),
        };
        assert_eq!(rate_limits(&openai), expected);
        let anthropic = headers("anthropic-ratelimit-tokens-remaining: 0");
        assert_eq!(rate_limits(&anthropic).tokens_left, Some(0));
        for (text, expected) in [("1h2m3.5s", Some(3_723_500)), ("5x", None), ("s", None)] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }
}
