//! The tally of a fan-out: do enough answers agree, and which one speaks for them?
//!
//! Short answers agree where they are the same after normalisation; long ones where they are
//! similar enough, by a measure that the caller brings. A group gathers around one answer, its
//! medoid, so that a chain of half-similar answers is no agreement. Pure.

mod ballot;

pub use ballot::{Ballot, contradict, lexical_similarity};

/// What is known of one voter.
#[derive(Clone, Debug, PartialEq)]
pub enum Vote {
    /// It has not answered yet.
    Pending,
    /// It will not answer.
    Failed,
    /// Its answer.
    Answered(Ballot),
}

/// Where the tally stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Tally {
    /// Not decided; wait for more.
    Pending,
    /// Enough agree.
    Agreed(Verdict),
    /// Enough will not agree; this is the largest group.
    Split(Verdict),
    /// Nobody answered, and nobody will.
    Nobody,
}

/// The answer that speaks for a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Place of the answer that is most like the others of its group.
    pub winner: usize,
    /// Places of the group, the winner's among them, in order.
    pub group: Vec<usize>,
    /// Share of the answers that are in the group, in (0, 1]; where fewer answered than must
    /// agree, share of those that must.
    pub agreement: f64,
}

/// Counts votes. `needed` must agree. `alike` says how similar two long texts at these places are,
/// in [0, 1], symmetric; from `threshold` on they agree. Earlier places win ties: bring the best
/// arm first.
pub fn tally(
    votes: &[Vote],
    needed: usize,
    threshold: f64,
    alike: impl Fn(usize, usize) -> f64,
) -> Tally {
    let pending = votes.iter().filter(|vote| **vote == Vote::Pending).count();
    let groups = groups(votes, threshold, alike);
    let Some(best) = groups
        .iter()
        .reduce(|a, b| if better(b, a) { b } else { a })
    else {
        return if pending == 0 {
            Tally::Nobody
        } else {
            Tally::Pending
        };
    };
    let verdict = || Verdict {
        winner: best.centre,
        group: best.members.clone(),
        agreement: best.members.len() as f64 / groups.len().max(needed) as f64,
    };
    if best.members.len() >= needed.max(1) {
        return Tally::Agreed(verdict());
    }
    // Agreement is out of reach and no late answer can overtake: more waiting changes nothing.
    let others = groups
        .iter()
        .filter(|group| !best.members.contains(&group.centre));
    let second = others.map(|group| group.members.len()).max().unwrap_or(0);
    let out_of_reach = best.members.len() + pending < needed;
    if pending == 0 || out_of_reach && best.members.len() > second + pending {
        Tally::Split(verdict())
    } else {
        Tally::Pending
    }
}

/// An answer and those that agree with it.
struct Group {
    centre: usize,
    members: Vec<usize>,
    closeness: f64,
}

fn groups(votes: &[Vote], threshold: f64, alike: impl Fn(usize, usize) -> f64) -> Vec<Group> {
    let answers: Vec<(usize, &Ballot)> = votes
        .iter()
        .enumerate()
        .filter_map(|(place, vote)| match vote {
            Vote::Answered(ballot) => Some((place, ballot)),
            Vote::Pending | Vote::Failed => None,
        })
        .collect();
    let closeness = |(i, a): (usize, &Ballot), (j, b): (usize, &Ballot)| match (a, b) {
        _ if i == j => 1.0,
        (Ballot::Long, Ballot::Long) => alike(i, j),
        (a, b) => f64::from(u8::from(a == b)),
    };
    let group = |centre: &(usize, &Ballot)| {
        let near = answers
            .iter()
            .map(|other| (other.0, closeness(*centre, *other)));
        let near: Vec<(usize, f64)> = near.filter(|(_, value)| *value >= threshold).collect();
        Group {
            centre: centre.0,
            closeness: near.iter().map(|(_, value)| value).sum(),
            members: near.into_iter().map(|(place, _)| place).collect(),
        }
    };
    answers.iter().map(group).collect()
}

/// More members, then closer to each other.
fn better(a: &Group, b: &Group) -> bool {
    (a.members.len(), a.closeness) > (b.members.len(), b.closeness)
}

#[cfg(test)]
mod tests;
