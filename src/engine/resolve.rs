//! Names that callers write -> arms. Unknown names are errors with near matches.

use super::api::{ClassShown, EngineError, ProfileFilter};
use crate::{
    config::{Alias, ArmSpec, Config},
    domain::ArmId,
    near,
    strategy::Strategy,
};

/// What a caller's `model` stands for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wish {
    /// Only these arms; empty = the whole pool.
    pub arms: Vec<ArmId>,
    /// Under this policy.
    pub policy: Option<String>,
    /// By this strategy.
    pub strategy: Option<Strategy>,
}

/// Resolves a model name, an alias, an arm or nothing.
///
/// # Errors
/// The name is none of them.
pub(crate) fn model(config: &Config, name: Option<&str>) -> Result<Wish, EngineError> {
    let name = match name.map(str::trim) {
        None | Some("" | "auto" | "pointsman" | "pointsman/auto") => return Ok(Wish::default()),
        Some(name) => name,
    };
    if let Some(alias) = config.aliases.get(name) {
        return Ok(from_alias(alias));
    }
    let arms = named(config, name);
    if !arms.is_empty() {
        return Ok(Wish {
            arms,
            ..Wish::default()
        });
    }
    if config.policies.contains_key(name) {
        return Ok(Wish {
            policy: Some(name.to_owned()),
            ..Wish::default()
        });
    }
    if config.routing.strategy == Strategy::Model && routed(config, name) {
        return Ok(Wish::default());
    }
    Err(EngineError::UnknownModel {
        name: shortened(name),
        near: near_models(config, name),
    })
}

fn from_alias(alias: &Alias) -> Wish {
    Wish {
        arms: alias.arms.clone(),
        policy: alias.policy.clone(),
        strategy: alias.strategy,
    }
}

/// Does `strategy: model` know where to send this name?
fn routed(config: &Config, name: &str) -> bool {
    let routes = &config.routing.model_routes;
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(stem) => name.starts_with(stem),
        None => name == pattern,
    };
    !routes.default.is_empty() || routes.routes.iter().any(|(pattern, _)| matches(pattern))
}

/// Arms of that id, else of that model name, else those whose ids the pattern matches.
fn named(config: &Config, name: &str) -> Vec<ArmId> {
    let of = |keep: &dyn Fn(&ArmSpec) -> bool| -> Vec<ArmId> {
        config
            .arms
            .iter()
            .filter(|spec| keep(spec))
            .map(|spec| spec.arm.id.clone())
            .collect()
    };
    let exact = of(&|spec| spec.arm.id.as_str() == name);
    if exact.is_empty() {
        return of(&|spec| spec.arm.model == name);
    }
    exact
}

/// The arm of that id, model name or alias of one arm.
///
/// # Errors
/// There is none.
pub(crate) fn arm(config: &Config, name: &str) -> Result<ArmId, EngineError> {
    let found = match named(config, name).into_iter().next() {
        Some(arm) => Some(arm),
        None => config
            .aliases
            .get(name)
            .and_then(|alias| alias.arms.first().cloned()),
    };
    found.ok_or_else(|| unknown_arm(config, name))
}

fn unknown_arm(config: &Config, name: &str) -> EngineError {
    EngineError::UnknownArm {
        name: shortened(name),
        near: near::matches(name, config.arms.iter().map(|spec| spec.arm.id.as_str()))
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

/// Does each entry of an allow or deny list mean something? A name misspelt must not let pass what
/// was to be kept out. A pattern may mean nothing.
///
/// # Errors
/// An entry means no arm.
pub(crate) fn all_known(config: &Config, entries: &[String]) -> Result<(), EngineError> {
    let known = |entry: &str| config.arms.iter().any(|spec| means(entry, spec));
    match entries
        .iter()
        .find(|entry| !entry.ends_with('*') && !known(entry))
    {
        None => Ok(()),
        Some(entry) => Err(unknown_arm(config, entry)),
    }
}

/// Is there what the filter names? Nothing known of a thing is an answer; no such thing is none.
///
/// # Errors
/// The class or the arm is unknown.
pub(crate) fn filter(
    config: &Config,
    classes: &[ClassShown],
    filter: &ProfileFilter,
) -> Result<(), EngineError> {
    if let Some(class) = filter.class
        && !classes.iter().any(|shown| shown.id == class)
    {
        return Err(EngineError::UnknownClass {
            name: class.to_string(),
        });
    }
    match &filter.arm {
        Some(name) => arm(config, name.as_str()).map(|_| ()),
        None => Ok(()),
    }
}

/// Does an entry of an allow or deny list mean this arm? An entry is an arm, a provider, a model, a
/// tag or a pattern with `*` at its end.
pub(crate) fn means(entry: &str, spec: &ArmSpec) -> bool {
    let names = [
        spec.arm.id.as_str(),
        spec.arm.provider.as_str(),
        spec.arm.model.as_str(),
    ];
    match entry.strip_suffix('*') {
        Some(start) => names.iter().any(|name| name.starts_with(start)),
        None => names.contains(&entry) || spec.arm.tags.iter().any(|tag| tag == entry),
    }
}

fn near_models(config: &Config, name: &str) -> Vec<String> {
    let known = config
        .arms
        .iter()
        .flat_map(|spec| [spec.arm.id.as_str(), spec.arm.model.as_str()])
        .chain(config.aliases.keys().map(String::as_str))
        .chain(config.policies.keys().map(String::as_str));
    near::matches(name, known)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

pub(crate) fn shortened(name: &str) -> String {
    name.chars().take(128).collect()
}
