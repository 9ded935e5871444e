//! Which arms a request may go to, before they are put in order: class pins, category overrides,
//! model routes and custom rules.

use super::{Condition, Signals, Strategy};
use crate::domain::ArmId;

/// The configured tables, compiled.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Custom rules, in order.
    pub rules: Vec<Rule>,
    /// Model (a `*` at the end matches any rest) to arms.
    pub model_routes: Vec<(String, Vec<ArmId>)>,
    /// For models in no route.
    pub model_default: Vec<ArmId>,
    /// Class label to the only arms for it.
    pub class_pins: Vec<(String, Vec<ArmId>)>,
    /// Class label to the arms to try first.
    pub category_overrides: Vec<(String, Vec<ArmId>)>,
}

/// A custom rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name in explanations.
    pub name: String,
    /// When it holds.
    pub when: Condition,
    /// Arms in order of preference; empty = all.
    pub arms: Vec<ArmId>,
    /// How to order the arms; `None` = as listed, or adaptive where none is.
    pub strategy: Option<Strategy>,
    /// Policy in force.
    pub policy: Option<String>,
}

/// What the tables say about one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Only these arms; `None` = all.
    pub only: Option<Vec<ArmId>>,
    /// How to order them; `None` = as `only` lists them.
    pub strategy: Option<Strategy>,
    /// These first, in this order, whatever the strategy says.
    pub first: Vec<ArmId>,
    /// Policy in force; `None` = as the request or the configuration says.
    pub policy: Option<String>,
    /// Why, for the explanation; empty where no table had a say.
    pub because: String,
}

/// What the tables say. A rule that cannot be evaluated counts as not holding.
#[must_use]
pub fn select(tables: &Tables, strategy: Strategy, signals: &Signals) -> Selection {
    let mut selection = Selection {
        only: None,
        strategy: Some(strategy),
        first: Vec::new(),
        policy: None,
        because: String::new(),
    };
    if let Some((class, arms)) = of_class(&tables.class_pins, &signals.class) {
        selection.only = Some(arms.to_vec());
        selection.strategy = None;
        selection.because = format!("class {class:?} is pinned");
        return selection;
    }
    match strategy {
        Strategy::Model => route(tables, signals, &mut selection),
        Strategy::Custom => rules(tables, signals, &mut selection),
        _ => {}
    }
    if let Some((class, arms)) = of_class(&tables.category_overrides, &signals.class) {
        selection.first = arms.to_vec();
        selection.because = format!("class {class:?} prefers these arms");
    }
    selection
}

fn of_class<'t>(table: &'t [(String, Vec<ArmId>)], class: &str) -> Option<(&'t str, &'t [ArmId])> {
    let found = table
        .iter()
        .find(|(label, _)| !class.is_empty() && label == class)?;
    Some((&found.0, &found.1))
}

/// The longest route that matches, else the default; an unknown model without a default gets no arm.
fn route(tables: &Tables, signals: &Signals, selection: &mut Selection) {
    let model = signals.model.as_str();
    let matching =
        tables
            .model_routes
            .iter()
            .filter(|(pattern, _)| match pattern.strip_suffix('*') {
                Some(stem) => model.starts_with(stem),
                None => pattern == model,
            });
    let found = matching.max_by_key(|(pattern, _)| (!pattern.ends_with('*'), pattern.len()));
    selection.strategy = Some(Strategy::Adaptive);
    match found {
        Some((pattern, arms)) => {
            selection.only = Some(arms.clone());
            selection.because = format!("route of model {pattern:?}");
        }
        None => {
            selection.only = Some(tables.model_default.clone());
            "default route".clone_into(&mut selection.because);
        }
    }
}

fn rules(tables: &Tables, signals: &Signals, selection: &mut Selection) {
    selection.strategy = Some(Strategy::Adaptive);
    let holds = |rule: &&Rule| rule.when.holds(signals).unwrap_or(false);
    let Some(rule) = tables.rules.iter().find(holds) else {
        "no rule held".clone_into(&mut selection.because);
        return;
    };
    if !rule.arms.is_empty() {
        selection.only = Some(rule.arms.clone());
        selection.strategy = None;
    }
    if rule.strategy.is_some() {
        selection.strategy = rule.strategy;
    }
    selection.policy.clone_from(&rule.policy);
    selection.because = format!("rule {:?}", rule.name);
}
