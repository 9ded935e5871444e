//! How to route: wire -> domain.

use super::check::{Check, Path, present};
use crate::{
    domain::{ArmId, CacheWish, FanOutMode, FanOutWish, ProviderId, Routing, Weights},
    proto,
};

/// Bytes of an id or name at most.
pub const MAX_ID_BYTES: usize = 256;
/// Names in `allow` or `deny` at most.
const MAX_NAMES: usize = 256;
/// Fallbacks at most.
const MAX_FALLBACKS: usize = 16;
/// Tags at most.
const MAX_TAGS: usize = 32;
/// Arms of a fan-out.
pub const FAN_OUT_ARMS: std::ops::RangeInclusive<u32> = 2..=8;

/// Checked wishes; absent = none.
pub fn routing(check: &mut Check, path: Path<'_>, wire: Option<proto::Routing>) -> Routing {
    let Some(mut wire) = wire else {
        return Routing::default();
    };
    bounded(check, path, &wire);
    let judge = wire
        .fan_out
        .as_mut()
        .and_then(|fan_out| fan_out.judge.take());
    Routing {
        weights: wire
            .weights
            .and_then(|wire| weights(check, path.field("weights"), wire)),
        fan_out: wire
            .fan_out
            .and_then(|wire| fan_out(check, path.field("fan_out"), &wire)),
        policy: present(wire.policy),
        strategy: present(wire.strategy),
        arm: present(wire.arm).map(ArmId::from),
        model: present(wire.model),
        provider: present(wire.provider).map(ProviderId::from),
        allow: wire.allow,
        deny: wire.deny,
        fallbacks: wire.fallbacks,
        disable_fallbacks: wire.disable_fallbacks,
        max_cost_usd: wire.max_cost_usd,
        session: present(wire.session),
        tenant: present(wire.tenant),
        tags: wire.tags.into_iter().collect(),
        explore: wire.explore,
        restart_stream: wire.restart_stream,
        degrade: wire.degrade,
        judge: present(judge).map(ArmId::from),
        cache: cache(check, path.field("cache"), wire.cache),
    }
}

fn bounded(check: &mut Check, path: Path<'_>, wire: &proto::Routing) {
    for (name, text) in [
        ("policy", &wire.policy),
        ("strategy", &wire.strategy),
        ("arm", &wire.arm),
        ("model", &wire.model),
        ("provider", &wire.provider),
        ("session", &wire.session),
        ("tenant", &wire.tenant),
    ] {
        if let Some(text) = text {
            check.at_most_bytes(path.field(name), text, MAX_ID_BYTES);
        }
    }
    for (name, names, limit) in [
        ("allow", &wire.allow, MAX_NAMES),
        ("deny", &wire.deny, MAX_NAMES),
        ("fallbacks", &wire.fallbacks, MAX_FALLBACKS),
    ] {
        check.at_most_items(path.field(name), names, limit);
        for (i, text) in names.iter().take(limit).enumerate() {
            if text.is_empty() {
                check.fail(path.field(name).index(i), "is empty");
            }
            check.at_most_bytes(path.field(name).index(i), text, MAX_ID_BYTES);
        }
    }
    if let Some(usd) = wire.max_cost_usd
        && !(usd.is_finite() && usd > 0.0)
    {
        let what = format!("is {usd}: expected a finite number over 0, in US dollars");
        check.fail(path.field("max_cost_usd"), what);
    }
    if let Some(judge) = wire.fan_out.as_ref().and_then(|one| one.judge.as_ref()) {
        let place = path.field("fan_out");
        check.at_most_bytes(place.field("judge"), judge, MAX_ID_BYTES);
    }
    tags(check, path.field("tags"), &wire.tags);
}

fn tags(check: &mut Check, path: Path<'_>, tags: &std::collections::BTreeMap<String, String>) {
    if tags.len() > MAX_TAGS {
        let what = format!(
            "has {} entries: at most {MAX_TAGS} are accepted",
            tags.len()
        );
        check.fail(path, what);
    }
    for (name, value) in tags.iter().take(MAX_TAGS) {
        check.at_most_bytes(path, name, MAX_ID_BYTES);
        check.at_most_bytes(path, value, MAX_ID_BYTES);
    }
}

fn weights(check: &mut Check, path: Path<'_>, wire: proto::Weights) -> Option<Weights> {
    let weights = Weights {
        quality: wire.quality,
        cost: wire.cost,
        latency: wire.latency,
    };
    match weights.checked() {
        Ok(weights) => Some(weights),
        Err(error) => {
            check.fail(path, error.to_string());
            None
        }
    }
}

fn fan_out(check: &mut Check, path: Path<'_>, wire: &proto::FanOut) -> Option<FanOutWish> {
    if !FAN_OUT_ARMS.contains(&wire.arms) {
        let what = format!("is {}: expected 2 to 8", wire.arms);
        check.fail(path.field("arms"), what);
    }
    if wire.quorum.is_some() && wire.mode != proto::FanOutMode::Quorum as i32 {
        check.fail(path.field("quorum"), "goes with FAN_OUT_MODE_QUORUM only");
    }
    let mode = match proto::FanOutMode::try_from(wire.mode) {
        Ok(proto::FanOutMode::First) => FanOutMode::First,
        Ok(proto::FanOutMode::Best) => FanOutMode::Best,
        Ok(proto::FanOutMode::Majority) => FanOutMode::Majority,
        Ok(proto::FanOutMode::Quorum) => FanOutMode::Quorum(quorum(check, path, wire)),
        Ok(proto::FanOutMode::All) => {
            check.fail(
                path.field("mode"),
                "FAN_OUT_MODE_ALL: call Compare for all answers",
            );
            return None;
        }
        Ok(proto::FanOutMode::Unspecified) | Err(_) => {
            let what = format!(
                "is {}: expected 1 to 4 (first, best, quorum, majority)",
                wire.mode
            );
            check.fail(path.field("mode"), what);
            return None;
        }
    };
    Some(FanOutWish {
        arms: wire.arms,
        mode,
    })
}

fn quorum(check: &mut Check, path: Path<'_>, wire: &proto::FanOut) -> u32 {
    let quorum = wire.quorum.unwrap_or(0);
    if !(2..=wire.arms.max(2)).contains(&quorum) {
        let what = format!(
            "is {quorum}: expected 2 to the number of arms ({})",
            wire.arms
        );
        check.fail(path.field("quorum"), what);
    }
    quorum
}

fn cache(check: &mut Check, path: Path<'_>, wire: i32) -> Option<CacheWish> {
    match proto::CacheMode::try_from(wire) {
        Ok(proto::CacheMode::Unspecified) => None,
        Ok(proto::CacheMode::Off) => Some(CacheWish::Off),
        Ok(proto::CacheMode::On) => Some(CacheWish::On),
        Ok(proto::CacheMode::Refresh) => Some(CacheWish::Refresh),
        Err(_) => {
            check.fail(
                path,
                format!("is {wire}: expected 1 to 3 (off, on, refresh)"),
            );
            None
        }
    }
}
