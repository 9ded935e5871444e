//! Several arms at once: first, best, quorum, majority, all. As soon as the answer is decided the
//! others are cancelled, and what they cost is shown.

use super::ArmAnswer;
use super::attempt::Ticket;
use super::course::Course;
use super::open::open;
use crate::consensus::{Ballot, Tally, Vote, tally};
use crate::domain::{Attempt, AttemptResult, Completion, FanOut, FanOutMode, Fault, Judging};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;

/// What a fan-out leaves beside the answer.
#[derive(Default)]
pub(super) struct Voted {
    pub agreement: Option<f64>,
    /// In the plan's order; `None` = cancelled.
    pub answers: Vec<Option<ArmAnswer>>,
    /// What the judge said, where one was asked.
    pub judging: Option<Judging>,
}

/// Calls all arms and waits until the answer is decided. Failures are written down in the course at
/// once, answers in `voted`.
pub(super) async fn run(
    course: &mut Course,
    fan_out: &FanOut,
    voted: &mut Voted,
    mut told: impl FnMut(&Attempt),
) -> Option<(Completion, Attempt)> {
    let count = fan_out.arms.len();
    voted.answers = vec![None; count];
    let mut votes = vec![Vote::Pending; count];
    let mut tickets: Vec<Option<Ticket>> = vec![None; count];
    let mut calls = FuturesUnordered::new();
    for (place, arm) in fan_out.arms.iter().enumerate() {
        match course.lease(arm, &[], &[]) {
            Ok(lease) => {
                let ticket = course.begin(&lease);
                tickets[place] = Some(ticket.clone());
                let call = course.call_of(&ticket);
                calls.push(async move {
                    let result = match open(ticket, lease, call, false).await {
                        Ok(opened) => opened.whole().await,
                        Err(failed) => Err(failed),
                    };
                    (place, result)
                });
            }
            Err(refusal) => {
                let attempt = course.refusal(arm, &refusal);
                votes[place] = Vote::Failed;
                voted.answers[place] = refused(&attempt);
                told(&attempt);
                course.attempts.push(attempt);
            }
        }
    }
    let mut alike = HashMap::new();
    let mut winner = decide(fan_out.mode, &votes, &alike, course, voted);
    while winner == Decided::NotYet {
        let Some((place, result)) = calls.next().await else {
            break;
        };
        if let Some(ticket) = tickets[place].take() {
            course.finished(&ticket);
        }
        votes[place] = take_in(course, voted, place, result, &mut told);
        compare(course, voted, &votes, place, &mut alike).await;
        winner = decide(fan_out.mode, &votes, &alike, course, voted);
    }
    drop(calls);
    course.give_up_all();
    let winner = match (winner, &fan_out.judge) {
        (Decided::Winner(place), _) | (Decided::Split(place), None) => place,
        (Decided::Split(place), Some(judge)) => super::judge::ask(course, judge, voted)
            .await
            .unwrap_or(place),
        (Decided::NotYet | Decided::Nobody, _) => return None,
    };
    let answer = voted.answers[winner].as_ref()?;
    let completion = answer.result.as_ref().ok()?.clone();
    Some((completion, answer.attempt.clone()))
}

#[derive(Clone, Copy, PartialEq)]
enum Decided {
    NotYet,
    Winner(usize),
    /// Too few agree; this answer speaks for the largest group.
    Split(usize),
    Nobody,
}

fn refused(attempt: &Attempt) -> Option<ArmAnswer> {
    let AttemptResult::Failed(fault) = &attempt.result else {
        return None;
    };
    Some(ArmAnswer {
        arm: attempt.arm.clone(),
        result: Err(fault.clone()),
        attempt: attempt.clone(),
    })
}

fn take_in(
    course: &mut Course,
    voted: &mut Voted,
    place: usize,
    result: Result<Box<(Completion, Attempt)>, Box<(Fault, Attempt)>>,
    told: &mut impl FnMut(&Attempt),
) -> Vote {
    let (result, attempt) = match result {
        Ok(whole) => (Ok(whole.0), whole.1),
        Err(failed) => {
            course.tell(&failed.0);
            told(&failed.1);
            course.attempts.push(failed.1.clone());
            (Err(failed.0), failed.1)
        }
    };
    let vote = match &result {
        Ok(answer) => Vote::Answered(Ballot::of(answer)),
        Err(_) => Vote::Failed,
    };
    let arm = attempt.arm.clone();
    voted.answers[place] = Some(ArmAnswer {
        arm,
        result,
        attempt,
    });
    vote
}

/// Measures a new long answer against the long ones before it.
async fn compare(
    course: &Course,
    voted: &Voted,
    votes: &[Vote],
    new: usize,
    alike: &mut HashMap<(usize, usize), f64>,
) {
    let text = |place: usize| {
        let answer = voted.answers[place].as_ref()?.result.as_ref().ok()?;
        (votes[place] == Vote::Answered(Ballot::Long)).then(|| answer.text())
    };
    let Some(new_text) = text(new) else { return };
    for old in (0..votes.len()).filter(|old| *old != new) {
        if let Some(old_text) = text(old) {
            let measure = &course.shared.similarity;
            let value = measure.similarity(&new_text, &old_text).await;
            alike.insert((old.min(new), old.max(new)), value);
        }
    }
}

fn decide(
    mode: FanOutMode,
    votes: &[Vote],
    alike: &HashMap<(usize, usize), f64>,
    course: &Course,
    voted: &mut Voted,
) -> Decided {
    let answered = votes
        .iter()
        .position(|vote| matches!(vote, Vote::Answered(_)));
    let pending = votes.iter().position(|vote| *vote == Vote::Pending);
    let needed = match mode {
        FanOutMode::Quorum(count) => (count as usize).clamp(1, votes.len().max(1)),
        FanOutMode::Majority => votes.len() / 2 + 1,
        FanOutMode::First | FanOutMode::Best | FanOutMode::All => {
            let wait = match mode {
                FanOutMode::First => answered.is_none() && pending.is_some(),
                FanOutMode::Best => pending < answered.or(Some(usize::MAX)) && pending.is_some(),
                _ => pending.is_some(),
            };
            return match answered {
                _ if wait => Decided::NotYet,
                Some(place) => Decided::Winner(place),
                None => Decided::Nobody,
            };
        }
    };
    let measure = |a: usize, b: usize| alike.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0);
    match tally(
        votes,
        needed,
        course.shared.settings.agreement_threshold,
        measure,
    ) {
        Tally::Pending => Decided::NotYet,
        Tally::Nobody => Decided::Nobody,
        Tally::Agreed(verdict) => {
            voted.agreement = Some(verdict.agreement);
            Decided::Winner(verdict.winner)
        }
        Tally::Split(verdict) => {
            voted.agreement = Some(verdict.agreement);
            Decided::Split(verdict.winner)
        }
    }
}
