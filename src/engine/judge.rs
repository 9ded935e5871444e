//! Who judges a fan-out whose answers split: as the request says, else as configured. Pure.

use super::{api::EngineError, resolve};
use crate::{
    config::{ArmSpec, Config},
    domain::{ArmId, FanOutMode, Routing},
};

/// Output tokens of a verdict, for the estimate of its cost.
const VERDICT_TOKENS: f64 = 300.0;
/// Output tokens of an answer that the judge reads, for the same.
const ANSWER_TOKENS: f64 = 500.0;

/// The judge, where the request's fan-out has one. A configured judge that the tenant may not use or
/// that is over the ceiling is passed over; one that the request names is an error then.
///
/// # Errors
/// There is no such arm, it may not be used, or there is nothing to judge.
pub(crate) fn of(
    config: &Config,
    routing: &Routing,
    (input_tokens, max_cost_usd): (u64, Option<f64>),
) -> Result<Option<ArmId>, EngineError> {
    let consensus = matches!(
        routing.fan_out.map(|wish| wish.mode),
        Some(FanOutMode::Majority | FanOutMode::Quorum(_))
    );
    let invalid = |message: String| EngineError::InvalidRequest {
        field: "routing.judge".to_owned(),
        message,
    };
    if let Some(name) = &routing.judge {
        if !consensus {
            let message = "goes with a fan-out by majority or quorum only";
            return Err(invalid(message.to_owned()));
        }
        let judge = resolve::arm(config, name.as_str())?;
        return match refused(config, routing, &judge, (input_tokens, max_cost_usd)) {
            Some(why) => Err(invalid(format!("{judge} {why}"))),
            None => Ok(Some(judge)),
        };
    }
    let judge = config.routing.judge.clone().filter(|_| consensus);
    let amounts = (input_tokens, max_cost_usd);
    Ok(judge.filter(|judge| refused(config, routing, judge, amounts).is_none()))
}

/// Why this arm may not judge.
fn refused(
    config: &Config,
    routing: &Routing,
    judge: &ArmId,
    (input_tokens, max_cost_usd): (u64, Option<f64>),
) -> Option<&'static str> {
    let spec = config.arm(judge)?;
    let any = |entries: &[String]| entries.iter().any(|entry| resolve::means(entry, spec));
    if any(&routing.deny) {
        return Some("is in the request's deny list");
    }
    let tenant = routing.tenant.as_ref();
    if let Some(tenant) = tenant.and_then(|name| config.tenants.get(name))
        && (any(&tenant.deny) || !tenant.allow.is_empty() && !any(&tenant.allow))
    {
        return Some("may not be used by this tenant");
    }
    let arms = routing.fan_out.map_or(2, |wish| wish.arms);
    let cost = cost_usd(spec, input_tokens as f64 + f64::from(arms) * ANSWER_TOKENS);
    match (cost, max_cost_usd) {
        (_, None) => None,
        (Some(cost), Some(ceiling)) if cost <= ceiling => None,
        _ => Some("is over the ceiling of the request's cost"),
    }
}

fn cost_usd(spec: &ArmSpec, input_tokens: f64) -> Option<f64> {
    let price = spec.arm.price?;
    Some(price.estimate_usd(input_tokens, VERDICT_TOKENS))
}
