//! Puts variables in: `${NAME}`, `${NAME:-what else}`; `$${` stands for `${` itself.
//!
//! Only values are expanded, never keys or comments. The environment comes in as a function, from
//! one place.

use super::super::problem::{Problem, Trail};
use super::tree::{Node, Value};
use zeroize::Zeroizing;

/// Puts variables into all values; what is wrong is added to `problems`.
pub fn expand(
    node: &mut Node,
    trail: &Trail,
    env: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Problem>,
) {
    match &mut node.value {
        Value::Null => {}
        Value::Scalar { text, expanded, .. } => {
            if text.contains("${") {
                match expanded_text(text, env) {
                    Ok(put_in) => {
                        *text = put_in;
                        *expanded = true;
                    }
                    Err((what, remedy)) => problems.push(Problem {
                        position: Some(node.position),
                        ..Problem::new(trail, what, remedy)
                    }),
                }
            }
        }
        Value::Seq(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                expand(item, &trail.index(i), env, problems);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                expand(&mut entry.node, &trail.key(&entry.key), env, problems);
            }
        }
    }
}

type Wrong = (String, String);

fn expanded_text(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Zeroizing<String>, Wrong> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(escaped) = before.strip_suffix('$') {
            out.push_str(escaped);
            out.push_str("${");
            rest = &from[2..];
            continue;
        }
        out.push_str(before);
        let end = from.find('}').ok_or_else(|| {
            let what = "\"${\" without \"}\"".to_owned();
            (
                what,
                "close it, or write \"$${\" for the two characters".to_owned(),
            )
        })?;
        out.push_str(&value(&from[2..end], env)?);
        rest = &from[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn value(inside: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Zeroizing<String>, Wrong> {
    let (name, otherwise) = match inside.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (inside, None),
    };
    let sound = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !sound {
        return Err((
            format!("{name:?} is not a variable's name"),
            "write ${NAME} or ${NAME:-otherwise}, with letters, digits and _ in the name"
                .to_owned(),
        ));
    }
    let found = env(name).map(Zeroizing::new);
    match (found, otherwise) {
        (Some(found), None) => Ok(found),
        (Some(found), Some(_)) if !found.is_empty() => Ok(found),
        (_, Some(otherwise)) => Ok(Zeroizing::new(otherwise.to_owned())),
        (None, None) => Err((
            format!("the environment variable {name} is not set"),
            format!("set {name}, or write ${{{name}:-otherwise}} to say what holds without it"),
        )),
    }
}
