//! A stream that drives the work behind it: the work runs only while somebody asks for more, and
//! ends when nobody can ask any more. No task, no channel, no unbounded queue.

use super::Progress;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Where the work puts what it has.
#[derive(Clone, Default)]
pub(super) struct Feed(Arc<Mutex<VecDeque<Progress>>>);

impl Feed {
    /// Puts one thing; for the few that must not wait.
    pub fn put(&self, progress: Progress) {
        self.queue().push_back(progress);
    }

    /// Puts one thing and waits until all has been taken: this is the backpressure.
    pub async fn hand_over(&self, progress: Progress) {
        self.put(progress);
        // No wake-up is needed: the stream polls the work again as soon as the queue is empty.
        poll_fn(|_| {
            if self.queue().is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream.
pub(super) struct Driven {
    feed: Feed,
    work: Option<BoxFuture<'static, ()>>,
}

impl Driven {
    pub fn new<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(Feed) -> F) -> Self {
        let feed = Feed::default();
        let work = Some(Box::pin(work(feed.clone())) as BoxFuture<'static, ()>);
        Self { feed, work }
    }
}

impl Stream for Driven {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Progress>> {
        loop {
            if let Some(progress) = self.feed.queue().pop_front() {
                return Poll::Ready(Some(progress));
            }
            let Some(work) = self.work.as_mut() else {
                return Poll::Ready(None);
            };
            let over = work.as_mut().poll(context).is_ready();
            if over {
                self.work = None;
            } else if self.feed.queue().is_empty() {
                return Poll::Pending;
            }
        }
    }
}
