//! A request -> what it may go to and how: policy, weights, strategy, eligible arms, and each arm
//! that was left out with its reason. Decides nothing.

use super::{
    api::{EngineError, RouteRequest},
    degrade,
    resolve::{self, shortened},
};
use crate::{
    config::{ArmSpec, Config, Policy, Tenant},
    domain::{ArmId, Capabilities, ChatRequest, Exclusion, Need, Routing, Weights},
    near,
    strategy::Strategy,
};

/// A request made ready for a decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prepared {
    /// The policy's name.
    pub policy: String,
    /// The trade-off in force.
    pub weights: Weights,
    /// How arms are put in order.
    pub strategy: Strategy,
    /// May arms that are not the best be tried?
    pub explore: bool,
    /// Estimated cost of one call at most, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// Estimated input tokens.
    pub input_tokens: u64,
    /// Eligible arms in the order of the configuration, as positions in `Config::arms`.
    pub arms: Vec<usize>,
    /// Arms left out.
    pub excluded: Vec<Exclusion>,
    /// What to try after the chosen arm, as asked by the caller.
    pub fallbacks: Vec<ArmId>,
    /// What is asked instead of the request as it came, because no arm can serve that.
    pub less: Option<ChatRequest>,
    /// What the request is served without.
    pub dropped: Vec<Need>,
}

/// Resolves names, filters arms.
///
/// # Errors
/// An unknown name, weights out of range, or no arm left.
pub(crate) fn prepare(config: &Config, request: &RouteRequest) -> Result<Prepared, EngineError> {
    let routing = &request.routing;
    let wish = resolve::model(config, routing.model.as_deref())?;
    let tenant = routing
        .tenant
        .as_ref()
        .and_then(|name| config.tenants.get(name));
    let policy_name = [
        routing.policy.as_ref(),
        wish.policy.as_ref(),
        tenant.and_then(|t| t.policy.as_ref()),
    ]
    .into_iter()
    .flatten()
    .next()
    .unwrap_or(&config.routing.policy);
    let policy = policy(config, policy_name)?;
    resolve::all_known(config, &routing.allow)?;
    resolve::all_known(config, &routing.deny)?;
    let filter = Filter::new(config, request, &wish.arms, tenant)?;
    let (mut arms, mut excluded) = filter.split(config, &request.chat);
    let (mut less, mut dropped) = (None, Vec::new());
    let degrade = routing.degrade.or(policy.degrade);
    if arms.is_empty()
        && degrade.unwrap_or(config.routing.degrade)
        && let Some((chat, needs)) = degrade::lessen(filter.wanted(config), &request.chat)
    {
        (arms, excluded) = filter.split(config, &chat);
        (less, dropped) = (Some(chat), needs);
    }
    if arms.is_empty() {
        return Err(EngineError::NoEligibleArm {
            exclusions: excluded,
        });
    }
    let input_tokens = less
        .as_ref()
        .unwrap_or(&request.chat)
        .estimated_input_tokens();
    Ok(Prepared {
        policy: policy_name.clone(),
        weights: weights(routing, policy)?,
        strategy: strategy(config, routing, wish.strategy)?,
        explore: policy.explore && routing.explore.unwrap_or(true),
        max_cost_usd: least([
            routing.max_cost_usd,
            policy.max_cost_usd,
            tenant.and_then(|t| t.max_cost_usd),
            config.routing.max_cost_usd,
        ]),
        input_tokens,
        arms,
        excluded,
        fallbacks: routing
            .fallbacks
            .iter()
            .map(|name| resolve::arm(config, name))
            .collect::<Result<_, _>>()?,
        less,
        dropped,
    })
}

/// Puts another policy in force, where the request has no weights of its own.
///
/// # Errors
/// There is no such policy.
pub(crate) fn take_policy(
    config: &Config,
    prepared: &mut Prepared,
    name: &str,
    routing: &Routing,
) -> Result<(), EngineError> {
    let policy = policy(config, name)?;
    prepared.weights = weights(routing, policy)?;
    prepared.explore &= policy.explore;
    prepared.max_cost_usd = least([prepared.max_cost_usd, policy.max_cost_usd, None, None]);
    name.clone_into(&mut prepared.policy);
    Ok(())
}

fn least(ceilings: [Option<f64>; 4]) -> Option<f64> {
    ceilings.into_iter().flatten().reduce(f64::min)
}

fn policy<'a>(config: &'a Config, name: &str) -> Result<&'a Policy, EngineError> {
    config
        .policies
        .get(name)
        .ok_or_else(|| EngineError::UnknownPolicy {
            name: shortened(name),
            near: near::matches(name, config.policies.keys().map(String::as_str))
                .into_iter()
                .map(str::to_owned)
                .collect(),
        })
}

fn weights(routing: &Routing, policy: &Policy) -> Result<Weights, EngineError> {
    routing
        .weights
        .unwrap_or(policy.weights)
        .checked()
        .map_err(|error| EngineError::InvalidRequest {
            field: "routing.weights".to_owned(),
            message: error.to_string(),
        })
}

fn strategy(
    config: &Config,
    routing: &Routing,
    wish: Option<Strategy>,
) -> Result<Strategy, EngineError> {
    match &routing.strategy {
        Some(name) => name
            .parse()
            .map_err(
                |error: crate::strategy::UnknownStrategy| EngineError::InvalidRequest {
                    field: "routing.strategy".to_owned(),
                    message: error.to_string(),
                },
            ),
        None => Ok(wish.unwrap_or(config.routing.strategy)),
    }
}

/// What leaves arms out. The first reason that holds is told.
struct Filter<'a> {
    routing: &'a Routing,
    /// From the model asked for; empty = the pool.
    wished: &'a [ArmId],
    pinned: Option<ArmId>,
    tenant: Option<&'a Tenant>,
}

impl<'a> Filter<'a> {
    fn new(
        config: &Config,
        request: &'a RouteRequest,
        wished: &'a [ArmId],
        tenant: Option<&'a Tenant>,
    ) -> Result<Self, EngineError> {
        let routing = &request.routing;
        let pinned = match &routing.arm {
            Some(name) => Some(resolve::arm(config, name.as_str())?),
            None => None,
        };
        if let Some(provider) = &routing.provider {
            let known = || config.providers.iter().map(|summary| summary.id.as_str());
            if !known().any(|name| name == provider.as_str()) {
                return Err(EngineError::UnknownProvider {
                    name: shortened(provider.as_str()),
                    near: near::matches(provider.as_str(), known())
                        .into_iter()
                        .map(str::to_owned)
                        .collect(),
                });
            }
        }
        Ok(Self {
            routing,
            wished,
            pinned,
            tenant,
        })
    }

    /// What the arms are able to do that nothing but their abilities leaves out.
    fn wanted<'c>(&'c self, config: &'c Config) -> impl Iterator<Item = &'c Capabilities> {
        let arms = config.arms.iter();
        arms.filter(|spec| self.unwanted(spec).is_none())
            .map(|spec| &spec.arm.capabilities)
    }

    fn split(&self, config: &Config, chat: &ChatRequest) -> (Vec<usize>, Vec<Exclusion>) {
        let (mut kept, mut excluded) = (Vec::with_capacity(config.arms.len()), Vec::new());
        for (position, spec) in config.arms.iter().enumerate() {
            match self.reason(spec, chat) {
                None => kept.push(position),
                Some(reason) => excluded.push(Exclusion {
                    arm: spec.arm.id.clone(),
                    reason,
                }),
            }
        }
        (kept, excluded)
    }

    fn reason(&self, spec: &ArmSpec, chat: &ChatRequest) -> Option<String> {
        let able = &spec.arm.capabilities;
        let incapable = || {
            let first = degrade::lacks(able, chat).into_iter().next_back()?;
            Some(degrade::reason(first, able, chat))
        };
        self.unwanted(spec).or_else(incapable)
    }

    fn unwanted(&self, spec: &ArmSpec) -> Option<String> {
        let routing = self.routing;
        let any = |entries: &[String]| entries.iter().any(|entry| resolve::means(entry, spec));
        let said = |reason: &str| Some(reason.to_owned());
        if self.pinned.as_ref().is_some_and(|pin| *pin != spec.arm.id) {
            return said("another arm was asked for");
        }
        if !self.wished.is_empty() && !self.wished.contains(&spec.arm.id) {
            return said("another model was asked for");
        }
        if self.wished.is_empty() && self.pinned.is_none() && !spec.pooled {
            return said("only served when asked for by name");
        }
        if routing
            .provider
            .as_ref()
            .is_some_and(|provider| *provider != spec.arm.provider)
        {
            return said("another provider was asked for");
        }
        if !routing.allow.is_empty() && !any(&routing.allow) {
            return said("not in the request's allow list");
        }
        if any(&routing.deny) {
            return said("in the request's deny list");
        }
        let tenant = self.tenant?;
        if !tenant.allow.is_empty() && !any(&tenant.allow) {
            return said("not in the tenant's allow list");
        }
        any(&tenant.deny).then(|| "in the tenant's deny list".to_owned())
    }
}
