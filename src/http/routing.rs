//! Wishes for the router: headers `x-pointsman-...`, and the object `pointsman` of the body with the
//! same names (`_` for `-`), which wins. A wish that is not known is refused, never ignored. Pure.

use super::openai::Bad;
use crate::domain::{CacheWish, FanOutMode, FanOutWish, Routing, Weights};
use http::HeaderMap;
use serde_json::{Map, Value};

const PREFIX: &str = "x-pointsman-";

/// All wishes by name.
const KNOWN: [&str; 22] = [
    "policy",
    "weights",
    "strategy",
    "arm",
    "provider",
    "allow",
    "deny",
    "fallbacks",
    "disable_fallbacks",
    "max_cost_usd",
    "fan_out",
    "session",
    "tenant",
    "tags",
    "explore",
    "restart_stream",
    "request_id",
    "timeout_ms",
    "model",
    "degrade",
    "judge",
    "cache",
];

/// What was wished.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Wishes {
    /// How to route.
    pub routing: Routing,
    /// The caller's own id of the request.
    pub request_id: Option<String>,
    /// Longest time of the request.
    pub timeout_ms: Option<u64>,
}

/// Reads the wishes. `model` is the body's.
///
/// # Errors
/// The first wish that is not known or cannot be read.
pub fn read(
    headers: &HeaderMap,
    body: Map<String, Value>,
    model: Option<String>,
) -> Result<Wishes, Bad> {
    let mut map = of_headers(headers)?;
    map.extend(body);
    if let Some(unknown) = map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        let message = format!("is not known; known are {}", KNOWN.join(", "));
        return Err(Bad::new(format!("pointsman.{unknown}"), message));
    }
    let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    Ok(Wishes {
        request_id: text(&map, "request_id")?.or(request_id.map(Into::into)),
        timeout_ms: number(&map, "timeout_ms")?.map(|ms| ms as u64),
        routing: routing(&map, model)?,
    })
}

fn routing(map: &Map<String, Value>, model: Option<String>) -> Result<Routing, Bad> {
    Ok(Routing {
        policy: text(map, "policy")?,
        weights: weights(map)?,
        strategy: text(map, "strategy")?,
        arm: text(map, "arm")?.map(Into::into),
        model: text(map, "model")?.or(model),
        provider: text(map, "provider")?.map(Into::into),
        allow: list(map, "allow")?,
        deny: list(map, "deny")?,
        fallbacks: list(map, "fallbacks")?,
        disable_fallbacks: flag(map, "disable_fallbacks")?.unwrap_or(false),
        max_cost_usd: number(map, "max_cost_usd")?,
        fan_out: fan_out(map)?,
        session: text(map, "session")?,
        tenant: text(map, "tenant")?,
        tags: pairs(map, "tags")?,
        explore: flag(map, "explore")?,
        restart_stream: flag(map, "restart_stream")?.unwrap_or(false),
        degrade: flag(map, "degrade")?,
        judge: text(map, "judge")?.map(Into::into),
        cache: cache(map)?,
    })
}

fn of_headers(headers: &HeaderMap) -> Result<Map<String, Value>, Bad> {
    let mut map = Map::new();
    for (name, value) in headers {
        let Some(wish) = name.as_str().strip_prefix(PREFIX) else {
            continue;
        };
        let wish = wish.replace('-', "_");
        let value = value
            .to_str()
            .map_err(|_| Bad::new(name.as_str(), "has characters that are not ASCII"))?;
        map.insert(wish, value.trim().into());
    }
    Ok(map)
}

fn wrong(key: &str, expected: &str) -> Bad {
    Bad::new(format!("pointsman.{key}"), format!("expected {expected}"))
}

fn present<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    map.get(key)
        .filter(|value| !value.is_null() && value.as_str() != Some(""))
}

fn text(map: &Map<String, Value>, key: &str) -> Result<Option<String>, Bad> {
    present(map, key)
        .map(|value| value.as_str().map(Into::into))
        .map(|text| text.ok_or_else(|| wrong(key, "text")))
        .transpose()
}

fn number(map: &Map<String, Value>, key: &str) -> Result<Option<f64>, Bad> {
    let read = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    present(map, key)
        .map(|value| read(value).filter(|number: &f64| number.is_finite() && *number > 0.0))
        .map(|number| number.ok_or_else(|| wrong(key, "a number greater than 0")))
        .transpose()
}

fn flag(map: &Map<String, Value>, key: &str) -> Result<Option<bool>, Bad> {
    let read = |value: &Value| match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    };
    present(map, key)
        .map(|value| read(value).ok_or_else(|| wrong(key, "true or false")))
        .transpose()
}

fn list(map: &Map<String, Value>, key: &str) -> Result<Vec<String>, Bad> {
    let read = |value: &Value| match value {
        Value::String(text) => Some(
            text.split(',')
                .map(|one| one.trim().to_owned())
                .filter(|one| !one.is_empty())
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(Into::into))
            .collect(),
        _ => None,
    };
    present(map, key).map_or(Ok(Vec::new()), |value| {
        read(value).ok_or_else(|| wrong(key, "a list of texts"))
    })
}

fn cache(map: &Map<String, Value>) -> Result<Option<CacheWish>, Bad> {
    match text(map, "cache")?.as_deref() {
        None => Ok(None),
        Some("off") => Ok(Some(CacheWish::Off)),
        Some("on") => Ok(Some(CacheWish::On)),
        Some("refresh") => Ok(Some(CacheWish::Refresh)),
        Some(_) => Err(wrong("cache", "off, on or refresh")),
    }
}

/// `a=1,b=2`, or an object of texts and numbers.
fn pairs(map: &Map<String, Value>, key: &str) -> Result<Vec<(String, String)>, Bad> {
    let Some(value) = present(map, key) else {
        return Ok(Vec::new());
    };
    let read = match value {
        Value::String(text) => text
            .split(',')
            .map(|pair| pair.split_once('='))
            .map(|pair| pair.map(|(key, value)| (key.trim().into(), value.trim().into())))
            .collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) => Some((key.clone(), text.clone())),
                Value::Number(number) => Some((key.clone(), number.to_string())),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    let read: Option<Vec<(String, String)>> = read;
    read.ok_or_else(|| wrong(key, "pairs such as a=1,b=2"))
}

/// What is not named weighs nothing.
fn weights(map: &Map<String, Value>) -> Result<Option<Weights>, Bad> {
    let pairs = pairs(map, "weights")?;
    if pairs.is_empty() {
        return Ok(None);
    }
    let expected = "numbers for quality, cost and latency";
    let mut weights = Weights {
        quality: 0.0,
        cost: 0.0,
        latency: 0.0,
    };
    for (name, value) in pairs {
        let value = value.parse().map_err(|_| wrong("weights", expected))?;
        match name.as_str() {
            "quality" => weights.quality = value,
            "cost" => weights.cost = value,
            "latency" => weights.latency = value,
            _ => return Err(wrong("weights", expected)),
        }
    }
    let checked = weights.checked();
    checked
        .map(Some)
        .map_err(|error| Bad::new("pointsman.weights", error.to_string()))
}

/// `3:majority`, `5:quorum=3`, or `{"arms": 3, "mode": "majority"}`.
fn fan_out(map: &Map<String, Value>) -> Result<Option<FanOutWish>, Bad> {
    let expected = "arms and mode such as 3:majority or 5:quorum=3; modes are first, best, \
                    majority, quorum=N, and 2 to 8 arms";
    let bad = || wrong("fan_out", expected);
    let (arms, mode) = match present(map, "fan_out") {
        None => return Ok(None),
        Some(Value::String(text)) => {
            let (arms, mode) = text.split_once(':').ok_or_else(bad)?;
            (arms.parse().ok(), mode.to_owned())
        }
        Some(value) => {
            let arms = value["arms"]
                .as_u64()
                .and_then(|arms| u32::try_from(arms).ok());
            (arms, value["mode"].as_str().unwrap_or_default().to_owned())
        }
    };
    let arms = arms.filter(|arms| (2..=8).contains(arms)).ok_or_else(bad)?;
    let mode = match mode.trim().split_once('=') {
        None if mode == "first" => FanOutMode::First,
        None if mode == "best" => FanOutMode::Best,
        None if mode == "majority" => FanOutMode::Majority,
        Some(("quorum", count)) => {
            let count = count
                .parse()
                .ok()
                .filter(|count| (1..=arms).contains(count));
            FanOutMode::Quorum(count.ok_or_else(bad)?)
        }
        _ => return Err(bad()),
    };
    Ok(Some(FanOutWish { arms, mode }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        pairs.collect()
    }

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn headers_and_body_say_the_same() {
        let by_header = read(
            &headers(&[
                ("x-pointsman-policy", "cost"),
                ("x-pointsman-weights", "quality=1, cost=0.5"),
                ("x-pointsman-fallbacks", "a/b, c/d"),
                ("x-pointsman-disable-fallbacks", "false"),
                ("x-pointsman-max-cost-usd", "0.01"),
                ("x-pointsman-fan-out", "3:majority"),
                ("x-pointsman-tags", "team=blue,env=dev"),
                ("x-pointsman-timeout-ms", "1500"),
                ("x-request-id", "r-1"),
                ("accept", "*/*"),
            ]),
            Map::new(),
            Some("auto".into()),
        )
        .unwrap();
        let by_body = read(
            &HeaderMap::new(),
            body(json!({
                "policy": "cost",
                "weights": {"quality": 1, "cost": 0.5},
                "fallbacks": ["a/b", "c/d"],
                "disable_fallbacks": false,
                "max_cost_usd": 0.01,
                "fan_out": {"arms": 3, "mode": "majority"},
                "tags": {"team": "blue", "env": "dev"},
                "timeout_ms": 1500,
                "request_id": "r-1"
            })),
            Some("auto".into()),
        )
        .unwrap();
        assert_eq!(by_header, by_body);
        assert_eq!(by_header.routing.fallbacks, ["a/b", "c/d"]);
        assert_eq!(by_header.timeout_ms, Some(1500));
    }

    #[test]
    fn a_wish_that_cannot_be_read_is_refused_by_name() {
        for (name, value, words) in [
            (
                "x-pointsman-polciy",
                "cost",
                "pointsman.polciy: is not known",
            ),
            (
                "x-pointsman-explore",
                "maybe",
                "pointsman.explore: expected true or false",
            ),
            ("x-pointsman-max-cost-usd", "-1", "a number greater than 0"),
            ("x-pointsman-max-cost-usd", "NaN", "a number greater than 0"),
            ("x-pointsman-weights", "quality=0", "all weights are 0"),
            ("x-pointsman-weights", "speed=1", "numbers for quality"),
            ("x-pointsman-fan-out", "9:first", "2 to 8 arms"),
            ("x-pointsman-fan-out", "3:quorum=4", "2 to 8 arms"),
            ("x-pointsman-tags", "blue", "pairs such as"),
        ] {
            let error = read(&headers(&[(name, value)]), Map::new(), None).unwrap_err();
            assert!(error.to_string().contains(words), "{name}: {error}");
        }
    }
}
