//! Lengths of time and sizes as people write them: `250ms`, `30s`, `5m`, `2h`, `7d`; `64MiB`.

use serde::{Deserialize, Deserializer, Serializer, de};
use std::time::Duration;

/// Writes a duration in the form that [`parse`] reads.
///
/// # Errors
/// The serializer's own.
pub fn text<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show(*duration))
}

/// As [`text`], for an optional duration.
///
/// # Errors
/// The serializer's own.
pub fn optional<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(duration) => text(duration, serializer),
        None => serializer.serialize_none(),
    }
}

/// A duration in its largest whole unit.
#[must_use]
pub fn show(duration: Duration) -> String {
    let ms = duration.as_millis();
    for (unit_ms, unit) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ] {
        if ms >= unit_ms && ms.is_multiple_of(unit_ms) {
            return format!("{}{unit}", ms / unit_ms);
        }
    }
    if ms == 0 {
        "0s".to_owned()
    } else {
        format!("{ms}ms")
    }
}

/// Reads a number with a unit of `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// Says what is wrong and what is expected.
pub fn parse(written: &str) -> Result<Duration, String> {
    let expected = || {
        "expected a length of time with its unit: a number followed by ms, s, m, h or d, such as 30s"
            .to_owned()
    };
    let split = written
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .ok_or_else(expected)?;
    let (number, unit) = written.split_at(split);
    let number: f64 = number.parse().map_err(|_| expected())?;
    let unit_ms = match unit.trim() {
        "ms" => 1.0,
        "s" => 1e3,
        "m" | "min" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        _ => return Err(expected()),
    };
    let ms = number * unit_ms;
    if ms > MAX_MS {
        return Err("longer than ten years: give a shorter time".to_owned());
    }
    Ok(Duration::from_millis(ms.round() as u64))
}

/// Ten years.
const MAX_MS: f64 = 3.156e11;

/// A length of time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        parse(&written).map(Span).map_err(de::Error::custom)
    }
}

/// A number of bytes as written: a plain number, or one with `KiB`, `MiB`, `GiB` (or `kB`, `MB`, `GB`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        bytes(&written).map(Bytes).map_err(de::Error::custom)
    }
}

fn bytes(written: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 64MiB or a number of bytes".to_owned();
    let split = written
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(written.len());
    let (number, unit) = written.split_at(split);
    let number: f64 = number.parse().map_err(|_| expected())?;
    let factor = match unit.trim() {
        "" | "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(expected()),
    };
    Ok((number * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        for (written, shown) in [
            ("30s", "30s"),
            ("0s", "0s"),
            ("1500ms", "1500ms"),
            ("1.5s", "1500ms"),
            ("5m", "5m"),
            ("120s", "2m"),
            ("24h", "1d"),
        ] {
            assert_eq!(show(parse(written).unwrap()), shown);
        }
        for wrong in [
            "",
            "30",
            "s",
            "-1s",
            "5 weeks",
            "1e9s",
            "99999999d",
            "1..5s",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("1000"), Ok(1000));
        assert!(bytes("64 parsecs").is_err());
    }
}
