//! The tally against a naive count, and long answers that gather.

use super::*;
use crate::domain::{Completion, Part, StopReason, ToolCall, Usage};
use proptest::prelude::*;

fn answer(text: &str) -> Completion {
    Completion {
        parts: vec![Part::Text(text.into())],
        tool_calls: Vec::new(),
        stop: StopReason::Stop,
        usage: Usage::default(),
        model: String::new(),
        upstream_id: None,
        reported_cost_usd: None,
        extra: Default::default(),
    }
}

/// `42 . x` = answered 42, pending, failed.
fn votes(text: &str) -> Vec<Vote> {
    let vote = |word: &str| match word {
        "." => Vote::Pending,
        "x" => Vote::Failed,
        text => Vote::Answered(Ballot::of(&answer(text))),
    };
    text.split_whitespace().map(vote).collect()
}

fn shown(tally: &Tally) -> String {
    let verdict = |name: &str, verdict: &Verdict| {
        format!(
            "{name} {} {:?} {:.2}",
            verdict.winner, verdict.group, verdict.agreement
        )
    };
    match tally {
        Tally::Pending => "pending".into(),
        Tally::Nobody => "nobody".into(),
        Tally::Agreed(of) => verdict("agreed", of),
        Tally::Split(of) => verdict("split", of),
    }
}

#[test]
fn the_tally_of_short_answers() {
    let table = [
        ("42 42 .", 2, "agreed 0 [0, 1] 1.00"),
        ("42 . .", 2, "pending"),
        ("42 7 .", 2, "pending"),
        ("42 7 42", 2, "agreed 0 [0, 2] 0.67"),
        ("42 7 9", 2, "split 0 [0] 0.33"),
        ("x 7 9", 2, "split 1 [1] 0.50"),
        ("x x 9", 2, "split 2 [2] 0.50"),
        ("x x .", 2, "pending"),
        ("x x x", 2, "nobody"),
        ("1 1 2 x .", 4, "pending"),
        ("1 1 1 x x .", 5, "split 0 [0, 1, 2] 0.60"),
        ("9 1 1 .", 3, "pending"),
        ("42 42. **42** .", 3, "agreed 0 [0, 1, 2] 1.00"),
        ("1,000 1000 .", 2, "agreed 0 [0, 1] 1.00"),
        ("Yes! no yes", 2, "agreed 0 [0, 2] 0.67"),
    ];
    for (text, needed, expected) in table {
        let got = tally(&votes(text), needed, 0.8, |_, _| 0.0);
        assert_eq!(shown(&got), expected, "{text}, {needed} needed");
    }
}

#[test]
fn long_answers_gather_around_their_medoid_and_a_chain_is_no_agreement() {
    let long = vec![Vote::Answered(Ballot::Long); 4];
    let near = |a: usize, b: usize| match (a.min(b), a.max(b)) {
        (0, 1) | (1, 2) => 0.9,
        (1, 3) => 0.85,
        _ => 0.1,
    };
    assert_eq!(
        shown(&tally(&long, 3, 0.8, near)),
        "agreed 1 [0, 1, 2, 3] 1.00"
    );
    let chain = |a: usize, b: usize| if a.abs_diff(b) == 1 { 0.9 } else { 0.1 };
    assert_eq!(
        shown(&tally(&long, 4, 0.8, chain)),
        "split 1 [0, 1, 2] 0.75"
    );
    // A short answer is never like a long one.
    let mixed = [
        Vote::Answered(Ballot::Exact("42".into())),
        Vote::Answered(Ballot::Long),
    ];
    assert_eq!(
        shown(&tally(&mixed, 2, 0.8, |_, _| 1.0)),
        "split 0 [0] 0.50"
    );
}

#[test]
fn tool_calls_agree_by_name_and_arguments() {
    let call = |name: &str, arguments: &str| {
        let mut answer = answer("");
        answer.tool_calls.push(ToolCall {
            id: arguments.len().to_string(),
            name: name.into(),
            arguments: arguments.into(),
            signature: None,
        });
        Ballot::of(&answer)
    };
    assert_eq!(
        call("f", r#"{"a":1,"b":[2]}"#),
        call("f", r#"{ "b": [2], "a": 1 }"#)
    );
    assert_ne!(call("f", r#"{"a":1}"#), call("f", r#"{"a":2}"#));
    assert_ne!(call("f", "{}"), call("g", "{}"));
    assert_eq!(lexical_similarity("A b, c", "c B"), 2.0 / 3.0);
}

/// The same, by trying every way the pending votes could turn out.
fn naive(votes: &[Option<Option<u8>>], needed: usize) -> String {
    let answered: Vec<u8> = votes.iter().filter_map(|vote| vote.flatten()).collect();
    let count = |of: u8| answered.iter().filter(|answer| **answer == of).count();
    let pending = votes.iter().filter(|vote| vote.is_none()).count();
    let Some(most) = answered.iter().map(|answer| count(*answer)).max() else {
        return if pending == 0 { "nobody" } else { "pending" }.into();
    };
    if most >= needed {
        return format!("agreed {most}");
    }
    // Each late vote may be any of the answers so far, a new one, or none at all.
    let mut open = pending > 0;
    if open && most + pending < needed {
        let leaders: Vec<u8> = answered
            .iter()
            .copied()
            .filter(|a| count(*a) == most)
            .collect();
        let leader = leaders[0];
        open = answered
            .iter()
            .any(|other| *other != leader && count(*other) + pending >= most)
            || pending >= most;
    }
    if open {
        "pending".into()
    } else {
        format!("split {most}")
    }
}

proptest! {
    #[test]
    fn short_answers_are_counted_as_by_the_naive_twin(
        raw in prop::collection::vec(
            prop_oneof![2 => Just(None), 1 => Just(Some(None)), 6 => (0u8..4).prop_map(|a| Some(Some(a)))],
            0..9,
        ),
        needed in 1usize..6,
    ) {
        let votes: Vec<Vote> = raw
            .iter()
            .map(|vote| match vote {
                None => Vote::Pending,
                Some(None) => Vote::Failed,
                Some(Some(answer)) => Vote::Answered(Ballot::Exact(answer.to_string())),
            })
            .collect();
        let got = match tally(&votes, needed, 0.8, |_, _| 0.0) {
            Tally::Pending => "pending".into(),
            Tally::Nobody => "nobody".into(),
            Tally::Agreed(verdict) => format!("agreed {}", verdict.group.len()),
            Tally::Split(verdict) => format!("split {}", verdict.group.len()),
        };
        prop_assert_eq!(got, naive(&raw, needed));
    }

    #[test]
    fn more_answers_never_take_an_agreement_back(
        answers in prop::collection::vec(0u8..3, 1..8),
        needed in 1usize..5,
    ) {
        let mut agreed = false;
        for known in 0..=answers.len() {
            let votes: Vec<Vote> = answers
                .iter()
                .enumerate()
                .map(|(i, answer)| {
                    let ballot = Ballot::Exact(answer.to_string());
                    if i < known { Vote::Answered(ballot) } else { Vote::Pending }
                })
                .collect();
            let now = matches!(tally(&votes, needed, 0.8, |_, _| 0.0), Tally::Agreed(_));
            prop_assert!(now || !agreed);
            agreed = now;
        }
    }
}
