//! How long an upstream asks us to wait, from its headers. All forms seen in the field: seconds
//! (also fractions), a date, milliseconds, and the durations of rate-limit headers ("6m0s").

use http::HeaderMap;
use std::time::{Duration, SystemTime};

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
    /// Tokens left in the window; of several kinds of tokens the one of which least is left.
    pub tokens_left: Option<u64>,
    /// Until the requests' window is full again, in milliseconds.
    pub requests_reset_ms: Option<u64>,
    /// Until the tokens' window is full again, in milliseconds.
    pub tokens_reset_ms: Option<u64>,
}

impl RateLimits {
    /// How long nothing more will be taken, in milliseconds: something is used up and its reset is
    /// named. (Azure sends 0 of a limit that it does not hold, without a reset: that says nothing.)
    #[must_use]
    pub fn used_up_for_ms(&self) -> Option<u64> {
        let one = |left: Option<u64>, reset: Option<u64>| reset.filter(|_| left == Some(0));
        one(self.requests_left, self.requests_reset_ms)
            .max(one(self.tokens_left, self.tokens_reset_ms))
            .filter(|ms| *ms > 0)
    }
}

/// Reads `x-ratelimit-*` (durations) and `anthropic-ratelimit-*` (moments, read against the
/// response's own `date`).
#[must_use]
pub fn rate_limits(headers: &HeaderMap) -> RateLimits {
    // Most responses say nothing of limits, and are asked once a call: one pass tells.
    let limits = |name: &http::HeaderName| name.as_str().contains("ratelimit-");
    if !headers.keys().any(limits) {
        return RateLimits::default();
    }
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let count = |name: &str| text(name)?.parse::<u64>().ok();
    let now = || httpdate::parse_http_date(text("date")?).ok();
    let until = |name: &str| {
        let text = text(name)?;
        duration_ms(text).or_else(|| {
            let wait = rfc3339(text)?.duration_since(now()?).unwrap_or_default();
            Some(clamp_ms(wait.as_secs_f64() * 1e3))
        })
    };
    let of = |kind: &str| {
        let (left, reset) = (
            format!("x-ratelimit-remaining-{kind}"),
            format!("x-ratelimit-reset-{kind}"),
        );
        if let Some(left) = count(&left) {
            return Some((left, until(&reset)));
        }
        let left = count(&format!("anthropic-ratelimit-{kind}-remaining"))?;
        Some((left, until(&format!("anthropic-ratelimit-{kind}-reset"))))
    };
    let tokens = ["tokens", "input-tokens", "output-tokens"];
    let least = tokens.into_iter().filter_map(of).min_by_key(|one| one.0);
    let requests = of("requests");
    RateLimits {
        requests_left: requests.map(|one| one.0),
        tokens_left: least.map(|one| one.0),
        requests_reset_ms: requests.and_then(|one| one.1),
        tokens_reset_ms: least.and_then(|one| one.1),
    }
}

/// `2026-11-21T15:00:07Z`, also with a fraction, which is left out. Other offsets are not read.
fn rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let numbers = |text: &str, mark: char| -> Option<[u64; 3]> {
        let parts: Vec<u64> = text
            .split(mark)
            .map(|part| part.split('.').next().unwrap_or(part).parse().ok())
            .collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1970..3000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970-01-01, counted from March so that the leap day is the last of its year
    // (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
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
            // A reset of what is not told.
            tokens_reset_ms: None,
        };
        assert_eq!(rate_limits(&openai), expected);
        let anthropic = headers(
            "date: Sat, 21 Nov 2026 15:00:00 GMT |
             anthropic-ratelimit-requests-remaining: 9 |
             anthropic-ratelimit-tokens-remaining: 700 |
             anthropic-ratelimit-input-tokens-remaining: 0 |
             anthropic-ratelimit-input-tokens-reset: 2026-11-21T15:00:07Z",
        );
        let expected = RateLimits {
            requests_left: Some(9),
            tokens_left: Some(0),
            requests_reset_ms: None,
            tokens_reset_ms: Some(7000),
        };
        assert_eq!(rate_limits(&anthropic), expected);
        for (text, expected) in [("1h2m3.5s", Some(3_723_500)), ("5x", None), ("s", None)] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_used_up_until_a_named_time_keeps_calls_away() {
        let table = [
            ("", None),
            (
                "x-ratelimit-remaining-requests: 1 | x-ratelimit-reset-requests: 9s",
                None,
            ),
            (
                "x-ratelimit-remaining-requests: 0 | x-ratelimit-reset-requests: 9s",
                Some(9000),
            ),
            (
                "x-ratelimit-remaining-tokens: 0 | x-ratelimit-reset-tokens: 1m",
                Some(60_000),
            ),
            // Azure's.
            (
                "x-ratelimit-remaining-requests: -1 | x-ratelimit-reset-requests: 9s",
                None,
            ),
            ("x-ratelimit-remaining-requests: 0", None),
            (
                "x-ratelimit-remaining-tokens: 0 | x-ratelimit-reset-tokens: 0",
                None,
            ),
            (
                "anthropic-ratelimit-requests-remaining: 0 |
                 anthropic-ratelimit-requests-reset: 2026-11-21T15:00:07Z",
                None,
            ),
        ];
        for (text, expected) in table {
            assert_eq!(
                rate_limits(&headers(text)).used_up_for_ms(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn moments_are_read_around_leap_days() {
        let seconds = |text| {
            let since = rfc3339(text)?.duration_since(SystemTime::UNIX_EPOCH);
            since.ok().map(|since| since.as_secs())
        };
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2026-11-21T15:00:07.123Z", Some(1_795_273_207)),
            ("2026-13-21T15:00:07Z", None),
            ("2026-11-21 15:00:07", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
