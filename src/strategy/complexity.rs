//! How demanding a prompt looks, 0 to 100, from its surface alone.
//!
//! A documented sum, for rules that people write and read; the learner does not use it. It differs
//! from a plain list of keywords in that it counts what is asked for, not words that occur: several
//! steps, constraints, code and formulas, and the verb that opens the task.

/// Words that ask for thought when they open a sentence or a clause.
const DEMANDING: [&str; 18] = [
    "analyze",
    "analyse",
    "architect",
    "assess",
    "compare",
    "critique",
    "debug",
    "derive",
    "design",
    "diagnose",
    "evaluate",
    "explain",
    "implement",
    "justify",
    "optimize",
    "plan",
    "prove",
    "refactor",
];
/// Words that bind the answer.
const CONSTRAINTS: [&str; 12] = [
    "must",
    "should",
    "without",
    "exactly",
    "least",
    "most",
    "except",
    "only",
    "constraint",
    "trade",
    "why",
    "step",
];

/// Complexity of a prompt: length (up to 30), demanding verbs (up to 30), constraints (up to 15),
/// code (15), mathematics (15), several questions or listed parts (up to 15); 100 at most.
#[must_use]
pub fn complexity(prompt: &str) -> f64 {
    let lower = prompt.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let count = |list: &[&str]| words.iter().filter(|word| list.contains(word)).count() as f64;
    let length = (words.len() as f64 / 4.0).min(30.0);
    let verbs = (15.0 * count(&DEMANDING)).min(30.0);
    let constraints = (5.0 * count(&CONSTRAINTS)).min(15.0);
    let code = if has_code(prompt) { 15.0 } else { 0.0 };
    let mathematics = if has_mathematics(prompt) { 15.0 } else { 0.0 };
    let parts = (5.0 * extra_parts(prompt) as f64).min(15.0);
    (length + verbs + constraints + code + mathematics + parts).min(100.0)
}

fn has_code(prompt: &str) -> bool {
    let marks = [
        "```", "();", " => ", "==", "fn ", "def ", "#include", "SELECT ",
    ];
    marks.iter().any(|mark| prompt.contains(mark))
}

/// A digit, an operator and another digit; or LaTeX.
fn has_mathematics(prompt: &str) -> bool {
    let dense: Vec<char> = prompt.chars().filter(|c| !c.is_whitespace()).collect();
    let sum = dense.windows(3).any(|w| {
        w[0].is_ascii_digit()
            && matches!(w[1], '+' | '*' | '/' | '^' | '=')
            && w[2].is_ascii_digit()
    });
    sum || ["\\frac", "\\int", "\\sum", "$$"]
        .iter()
        .any(|mark| prompt.contains(mark))
}

/// Questions after the first, and lines that open like the parts of a list.
fn extra_parts(prompt: &str) -> usize {
    let questions = prompt.matches('?').count().saturating_sub(1);
    let listed = prompt
        .lines()
        .map(str::trim_start)
        .filter(|line| {
            line.starts_with(['-', '*'])
                || line.split_once(['.', ')']).is_some_and(|(number, _)| {
                    (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
                })
        })
        .count();
    questions + listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_put_in_order() {
        let order = [
            "What is 2+2?",
            "Write a haiku about debugging",
            "Compare quicksort and mergesort",
            "Design a distributed rate limiter that must handle 10K requests/sec without a single point of failure, and explain why each part is needed",
        ];
        let scores: Vec<f64> = order.iter().map(|prompt| complexity(prompt)).collect();
        assert!(scores[1] < 25.0 && scores[0] < 25.0, "{scores:?}");
        assert!(scores[2] > scores[1] && scores[3] > scores[2], "{scores:?}");
        assert!(scores[3] >= 50.0, "{scores:?}");
    }

    #[test]
    fn it_stays_in_range() {
        assert!(complexity("").abs() < f64::EPSILON);
        assert!(complexity(&"analyze why? ".repeat(10_000)) <= 100.0);
    }
}
