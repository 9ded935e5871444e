//! Conditions of custom rules, in CEL over variables of the request.

use super::Signals;
use cel::{Context, Program, Value};
use std::{collections::HashMap, fmt, sync::Arc};

/// Variables that a condition may use, with what they hold.
pub const VARIABLES: [(&str, &str); 11] = [
    ("tokens", "estimated input tokens, int"),
    ("messages", "messages in the conversation, int"),
    (
        "max_tokens",
        "output tokens asked for, int; 0 where not said",
    ),
    ("complexity", "complexity of the prompt, 0 to 100, double"),
    (
        "class",
        "the prompt's class: its label, or c and its number; empty where unknown",
    ),
    ("model", "the model asked for; empty where none"),
    ("tenant", "who asks; empty where nobody said"),
    ("tags", "labels of the request, map of text to text"),
    ("tools", "does the request bring tools? bool"),
    ("images", "does it bring images? bool"),
    ("stream", "is a stream asked for? bool"),
];

/// A compiled condition.
#[derive(Clone)]
pub struct Condition {
    source: String,
    program: Option<Arc<Program>>,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

/// A condition that does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column} of the rule: {message}")]
pub struct InvalidCondition {
    /// Line in the condition, from 1.
    pub line: usize,
    /// Column in the condition, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Condition {
    /// Compiles a condition; an empty one always holds.
    ///
    /// # Errors
    /// The first place that is not CEL, or a name that is not a variable.
    pub fn compile(source: &str) -> Result<Self, InvalidCondition> {
        let source = source.trim();
        let program = if source.is_empty() {
            None
        } else {
            let program = Program::compile(source).map_err(|errors| first(&errors))?;
            check_names(&program, source)?;
            Some(Arc::new(program))
        };
        Ok(Self {
            source: source.to_owned(),
            program,
        })
    }

    /// The condition as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Does it hold?
    ///
    /// # Errors
    /// In words, where it cannot be evaluated on this request (a tag that is not there) or does
    /// not yield true or false. Such a rule counts as not holding.
    pub fn holds(&self, signals: &Signals) -> Result<bool, String> {
        let Some(program) = &self.program else {
            return Ok(true);
        };
        match program.execute(&context(signals)) {
            Ok(Value::Bool(truth)) => Ok(truth),
            Ok(_) => Err("it yields neither true nor false".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn first(errors: &cel::ParseErrors) -> InvalidCondition {
    let error = errors.errors.first();
    let place = |value: Option<isize>| usize::try_from(value.unwrap_or(1)).unwrap_or(1).max(1);
    InvalidCondition {
        line: place(error.map(|e| e.pos.0)),
        column: place(error.map(|e| e.pos.1)),
        message: error.map_or_else(|| "not CEL".to_owned(), |e| e.msg.clone()),
    }
}

fn check_names(program: &Program, source: &str) -> Result<(), InvalidCondition> {
    let references = program.references();
    let known = || VARIABLES.map(|(name, _)| name);
    let Some(stranger) = references
        .variables()
        .into_iter()
        .find(|name| !known().contains(name))
    else {
        return Ok(());
    };
    let at = source.find(stranger).unwrap_or(0);
    let before = &source[..at];
    Err(InvalidCondition {
        line: before.matches('\n').count() + 1,
        column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
        message: format!(
            "{stranger:?} is not a variable{}; known: {}",
            crate::near::hint(stranger, known()),
            known().join(", ")
        ),
    })
}

fn context(signals: &Signals) -> Context<'_, '_> {
    let mut context = Context::default();
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let tags: HashMap<String, String> = signals.tags.iter().cloned().collect();
    context.add_variable_from_value("tokens", number(signals.tokens));
    context.add_variable_from_value("messages", number(signals.messages));
    context.add_variable_from_value("max_tokens", number(signals.max_tokens));
    context.add_variable_from_value("complexity", signals.complexity);
    context.add_variable_from_value("class", signals.class.clone());
    context.add_variable_from_value("model", signals.model.clone());
    context.add_variable_from_value("tenant", signals.tenant.clone());
    context.add_variable_from_value("tags", tags);
    context.add_variable_from_value("tools", signals.tools);
    context.add_variable_from_value("images", signals.images);
    context.add_variable_from_value("stream", signals.stream);
    context
}
