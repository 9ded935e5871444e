//! Do two prompts ask the same? Embeddings do not see negation, numbers or names ("enable 2FA" and
//! "disable 2FA" have a cosine of .82, more than many paraphrases), so a near embedding is only where
//! this begins. Pure.
//!
//! Two prompts ask the same where they say the same words in the same order, apart from articles and
//! possessives, ways to begin a question, the plural's ending, case, punctuation, and a short list of
//! synonyms. That is strict on purpose: what it refuses costs a call, what it lets through is a wrong
//! answer. English; in other languages few words are light, so it is stricter there.

/// Words that may be there or not.
const LIGHT: &str = "a an the please kindly my our your this that thank thanks just";

/// Ways to begin that ask for the same.
const BEGINNINGS: [&str; 20] = [
    "hi",
    "hello",
    "hey",
    "please",
    "can you",
    "could you",
    "would you",
    "will you",
    "tell me",
    "show me",
    "give me",
    "help me",
    "explain",
    "describe",
    "what is",
    "what are",
    "i need",
    "i want",
    "i would like",
    "i d like",
];

/// Auxiliaries that say no more than `how` alone.
const AFTER_HOW: [&str; 4] = ["do", "does", "can", "could"];

/// Words that mean the same; the first of a line stands for the others.
const SAME: &str = "fix repair correct
    build create make write generate produce compose
    list enumerate
    big large
    quick fast rapid
    begin start
    buy purchase
    mistake error
    function func method
    picture image photo
    email e-mail mail
    summary summarise summarize
    translate translation
    colour color";

/// Says the same.
pub(super) fn same_meaning(a: &str, b: &str) -> bool {
    let (a, b) = (words(a), words(b));
    !a.is_empty() && a == b
}

/// The words that count, each in its plain form.
fn words(text: &str) -> Vec<String> {
    let text = text.replace(['\u{2019}', '\u{2018}'], "'");
    let text = text.replace("n't", " not").replace("hat's", "hat is");
    let pieces = text.split(|c: char| c.is_whitespace() || ",;:!?()[]\"'".contains(c));
    let pieces = pieces.map(|word| word.trim_matches('.'));
    let words: Vec<&str> = pieces.filter(|word| !word.is_empty()).collect();
    let mut words = without_beginnings(&words).to_vec();
    let follows = |words: &[&str]| {
        let how = words
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case("how"));
        how && words.get(1).is_some_and(|word| {
            AFTER_HOW
                .iter()
                .any(|other| word.eq_ignore_ascii_case(other))
        })
    };
    if follows(&words) {
        words.remove(1);
    }
    words.into_iter().filter_map(plain).collect()
}

fn without_beginnings<'w, 't>(mut words: &'w [&'t str]) -> &'w [&'t str] {
    let begins = |words: &[&str], beginning: &str| {
        let count = beginning.split(' ').count();
        let mut pairs = words.iter().zip(beginning.split(' '));
        let same = pairs.all(|(word, other)| word.eq_ignore_ascii_case(other));
        (same && words.len() > count).then_some(count)
    };
    while let Some(count) = BEGINNINGS.iter().find_map(|one| begins(words, one)) {
        words = &words[count..];
    }
    words
}

fn plain(word: &str) -> Option<String> {
    // Anything but a word (a number, an operator, a path, a name in code) stays as it is written.
    if !word.chars().all(|c| c.is_alphabetic() || c == '-') {
        return Some(word.to_owned());
    }
    // A word in capitals is a name or an abbreviation ("IT", "US") and stays one.
    if word.chars().count() > 1 && word.chars().all(char::is_uppercase) {
        return Some(word.to_owned());
    }
    let lower = word.to_lowercase();
    if LIGHT.split_whitespace().any(|light| light == lower) {
        return None;
    }
    let stem = stem(&lower);
    let same = SAME.lines().find(|line| {
        line.split_whitespace()
            .any(|one| one == lower || self::stem(one) == stem)
    });
    let first = same.and_then(|line| line.split_whitespace().next());
    Some(first.map_or(stem, ToOwned::to_owned))
}

/// Without the ending of a plural. Other endings may change the meaning ("painted", "painting").
fn stem(word: &str) -> String {
    let short = |stem: &str| stem.chars().count() >= 3;
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| short(stem)) {
        return format!("{stem}y");
    }
    match word.strip_suffix('s').filter(|stem| short(stem)) {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::same_meaning;

    #[test]
    fn what_differs_in_meaning_is_told_apart() {
        let pairs = include_str!("../../../tests/data/cache_traps.tsv");
        let mut count = 0;
        for line in pairs.lines().filter(|line| !line.starts_with('#')) {
            let (a, b) = line.split_once('\t').unwrap();
            assert!(!same_meaning(a, b), "{line}");
            assert!(!same_meaning(b, a), "{line}");
            count += 1;
        }
        assert!(count >= 60, "{count}");
    }

    #[test]
    fn what_differs_in_dress_only_is_the_same() {
        for (a, b) in [
            (
                "How do I reset my password?",
                "how can i reset the password",
            ),
            (
                "Please write a haiku about rain.",
                "Create a haiku about rain",
            ),
            (
                "What is the capital of France?",
                "Tell me the capital of France",
            ),
            ("Don't use recursion.", "do not use recursion"),
            ("List three rivers", "list three rivers, please!"),
            (
                "Fix this error in my function",
                "correct the mistake in this method",
            ),
            ("What's 12 * 13?", "what is 12 * 13"),
            (
                "Hi, can you tell me the opening hours?",
                "What are your opening hours?",
            ),
            ("Explain how vaccines work", "How do vaccines work?"),
        ] {
            assert!(same_meaning(a, b), "{a} | {b}");
        }
    }
}
