//! One attempt of a course, and a second one beside it where the first is slow and the plan says so.

use super::attempt::Ticket;
use super::course::Course;
use super::deployment::Lease;
use super::open::{Opened, open};
use crate::domain::{Attempt, Fault};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::sync::atomic::Ordering;
use tokio::time::sleep_until;

impl Course {
    /// One call, and a second one beside it where the first is slow and the plan says so. The first
    /// token wins the race.
    pub(super) async fn race(&mut self, place: usize, lease: Lease) -> Option<Opened> {
        let first = self.start(place, &lease);
        let call = self.call_of(&first);
        let mut running = Box::pin(open(first.clone(), lease, call, self.streamed));
        let hedge = self.hedge_after.filter(|_| self.attempts_left > 0);
        let Some(after) = hedge else {
            let result = running.await;
            return self.conclude(place, &first, result).await;
        };
        let wait = pin!(sleep_until(first.started + after));
        if let Either::Left((result, _)) = select(running.as_mut(), wait).await {
            return self.conclude(place, &first, result).await;
        }
        let target = self.may_hedge().then(|| self.hedge_target(place));
        let Some((other_place, other_lease)) = target.flatten() else {
            let result = running.await;
            return self.conclude(place, &first, result).await;
        };
        self.shared.hedges.1.fetch_add(1, Ordering::Relaxed);
        let second = self.start(other_place, &other_lease);
        let call = self.call_of(&second);
        let beside = Box::pin(open(second.clone(), other_lease, call, self.streamed));
        let (first, second) = ((first, place), (second, other_place));
        let (result, won, lost, rest) = match select(running, beside).await {
            Either::Left((result, rest)) => (result, first, second, rest),
            Either::Right((result, rest)) => (result, second, first, rest),
        };
        if result.is_ok() {
            drop(rest);
            self.give_up(&lost.0);
            return self.conclude(won.1, &won.0, result).await;
        }
        self.ended(won.1, &won.0, result);
        if self.halted {
            self.give_up(&lost.0);
            return None;
        }
        let result = rest.await;
        self.conclude(lost.1, &lost.0, result).await
    }

    /// The end of a call, after the rest of its answer where the whole of it is wanted.
    async fn conclude(
        &mut self,
        place: usize,
        ticket: &Ticket,
        result: Result<Opened, Box<(Fault, Attempt)>>,
    ) -> Option<Opened> {
        let result = match result {
            Ok(opened) if !self.streamed => opened.whole().await.map(Opened::Whole),
            other => other,
        };
        self.ended(place, ticket, result)
    }

    /// Is the share of requests that may be hedged not used up?
    fn may_hedge(&self) -> bool {
        let (all, hedged) = &self.shared.hedges;
        let share = self.shared.settings.hedge_share;
        (hedged.load(Ordering::Relaxed) as f64) < share * all.load(Ordering::Relaxed) as f64
    }

    /// Records a call that was or will be dropped before its end.
    fn give_up(&mut self, ticket: &Ticket) {
        self.finished(ticket);
        self.attempts.push(ticket.cancelled(0));
    }

    /// The request is given up: whatever is under way was cancelled.
    pub fn give_up_all(&mut self) {
        for ticket in std::mem::take(&mut self.running) {
            self.attempts.push(ticket.cancelled(0));
        }
    }

    /// A deployment for the second call: another arm of the plan, else another deployment.
    fn hedge_target(&mut self, place: usize) -> Option<(usize, Lease)> {
        let now = self.shared.registry.now();
        let others = (0..self.steps.len()).filter(|other| *other != place);
        for other in others.chain([place]).collect::<Vec<_>>() {
            let stage = &self.steps[other];
            if stage.over || stage.until.is_some_and(|until| until > now) {
                continue;
            }
            let (arm, tried) = (stage.arm.clone(), stage.tried.clone());
            if let Ok(lease) = self.lease(&arm, &[], &tried) {
                return Some((other, lease));
            }
        }
        None
    }
}
