//! One attempt of a course, and a second one beside it where the first is slow and the plan says so.

use super::attempt::Ticket;
use super::course::Course;
use super::deployment::Lease;
use super::open::{Opened, open};
use futures_util::future::{Either, select};
use std::pin::pin;
use tokio::time::sleep_until;

impl Course {
    /// One call, and a second one beside it where the first is slow and the plan says so.
    pub(super) async fn race(&mut self, place: usize, lease: Lease) -> Option<Opened> {
        let first = self.start(place, &lease);
        let mut running = pin!(open(
            first.clone(),
            lease,
            self.call_of(&first),
            self.streamed
        ));
        let hedge = self.hedge_after.filter(|_| self.attempts_left > 0);
        let Some(after) = hedge else {
            let result = running.await;
            return self.ended(place, &first, result);
        };
        let wait = pin!(sleep_until(first.started + after));
        if let Either::Left((result, _)) = select(running.as_mut(), wait).await {
            return self.ended(place, &first, result);
        }
        let Some((other_place, other_lease)) = self.hedge_target(place) else {
            let result = running.await;
            return self.ended(place, &first, result);
        };
        let second = self.start(other_place, &other_lease);
        let beside = open(
            second.clone(),
            other_lease,
            self.call_of(&second),
            self.streamed,
        );
        let beside = pin!(beside);
        let (first, second) = ((first, place), (second, other_place));
        let (result, won, lost, rest) = match select(running, beside).await {
            Either::Left((result, rest)) => (result, first, second, rest),
            Either::Right((result, rest)) => (result, second, first, rest),
        };
        let opened = self.ended(won.1, &won.0, result);
        if opened.is_some() || self.halted {
            self.give_up(&lost.0);
            return opened;
        }
        let result = rest.await;
        self.ended(lost.1, &lost.0, result)
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
