//! Near matches: "did you mean" for names that people type. Pure; knows no other module.

/// Names offered at most.
const OFFERED: usize = 3;
/// Characters of a name that are compared at most; longer ones are cut, so that a hostile name
/// costs nothing.
const COMPARED_CHARS: usize = 64;

/// The known names nearest to what was written, nearest first, three at most; empty where none is
/// near. Case and the marks `-`, `_`, `.` and space do not count.
#[must_use]
pub fn matches<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = folded(written);
    let allowed = 1 + wanted.len() / 4;
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let candidate = folded(name);
            let distance = distance(&wanted, &candidate);
            if distance <= allowed {
                return Some((distance, name));
            }
            let inside = wanted.len() >= 3 && contains(&candidate, &wanted)
                || candidate.len() >= 3 && contains(&wanted, &candidate);
            inside.then_some((allowed + distance, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup_by(|a, b| a.1 == b.1);
    found
        .into_iter()
        .take(OFFERED)
        .map(|(_, name)| name)
        .collect()
}

/// `" (did you mean "a" or "b"?)"`, or nothing where no name is near.
#[must_use]
pub fn hint<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = matches(written, known)
        .iter()
        .map(|name| format!("{name:?}"))
        .collect();
    if quoted.is_empty() {
        return String::new();
    }
    format!(" (did you mean {}?)", quoted.join(" or "))
}

fn folded(name: &str) -> Vec<char> {
    name.chars()
        .take(COMPARED_CHARS)
        .filter(|c| !matches!(c, '-' | '_' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

fn contains(long: &[char], short: &[char]) -> bool {
    long.windows(short.len()).any(|window| window == short)
}

/// Edits (insert, delete, replace, swap of neighbours) from one to the other: the restricted
/// Damerau-Levenshtein distance, in three rows.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let known = ["providers", "routing", "policies", "gpt-4o", "gpt-4o-mini"];
        for (written, expected) in [
            ("provider", "providers"),
            ("provdiers", "providers"),
            ("Routing", "routing"),
            ("gpt4o", "gpt-4o gpt-4o-mini"),
            ("gpt_4o_mini", "gpt-4o-mini gpt-4o"),
            ("weather", ""),
            ("", ""),
        ] {
            assert_eq!(matches(written, known).join(" "), expected, "{written}");
        }
        assert_eq!(hint("routng", known), " (did you mean \"routing\"?)");
        assert_eq!(hint("zzz", known), "");
    }

    proptest! {
        #[test]
        fn any_two_texts_compare(a: String, b: String) {
            let (x, y) = (folded(&a), folded(&b));
            prop_assert_eq!(distance(&x, &y), distance(&y, &x));
            prop_assert_eq!(distance(&x, &x), 0);
        }
    }
}
