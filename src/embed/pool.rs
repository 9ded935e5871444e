//! Embedders on threads of their own, fed first come, first served by a bounded queue.
//!
//! A prompt that is asked for twice at once is embedded once. One that nobody waits for any more
//! (every caller gave up) is skipped, so that a burst does not keep the workers busy with the past;
//! one that is under way when its callers give up is finished and kept.

use super::cache::{Cache, Key};
use super::{EmbedError, Embedder};
use futures_util::future::{FutureExt, Shared, WeakShared};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

type Reply = Result<Arc<[f32]>, EmbedError>;
/// A reply on its way. It fails where the worker ended without one.
pub(super) type Flight = Shared<oneshot::Receiver<Reply>>;
type Flights = Mutex<HashMap<Key, WeakShared<oneshot::Receiver<Reply>>>>;

struct Job {
    key: Key,
    text: Box<str>,
    reply: oneshot::Sender<Reply>,
}

/// The threads and what is asked of them. They end when it is dropped.
pub(super) struct Pool {
    queue: SyncSender<Job>,
    flights: Arc<Flights>,
}

impl Pool {
    /// A thread for each embedder, and a queue of so many prompts.
    pub(super) fn start(
        embedders: Vec<Box<dyn Embedder>>,
        queue_limit: usize,
        cache: &Arc<Cache>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(queue_limit);
        let jobs = Arc::new(Mutex::new(jobs));
        let flights = Arc::new(Flights::default());
        for (n, embedder) in embedders.into_iter().enumerate() {
            let (jobs, flights, cache) = (jobs.clone(), flights.clone(), cache.clone());
            let worker = Worker {
                embedder,
                flights,
                cache,
            };
            std::thread::Builder::new()
                .name(format!("embed-{n}"))
                .spawn(move || worker.run(&jobs))?;
        }
        Ok(Self { queue, flights })
    }

    /// Joins the flight of this text, or starts one.
    ///
    /// # Errors
    /// `QueueFull`.
    pub(super) fn ask(&self, key: Key, text: &str) -> Result<Flight, EmbedError> {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(&key).and_then(WeakShared::upgrade) {
            return Ok(flight);
        }
        let (reply, flight) = oneshot::channel();
        match self.queue.try_send(Job {
            key,
            text: text.into(),
            reply,
        }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(EmbedError::QueueFull),
            Err(TrySendError::Disconnected(_)) => return Err(gone()),
        }
        let flight = flight.shared();
        flights.extend(flight.downgrade().map(|weak| (key, weak)));
        Ok(flight)
    }
}

/// The reply of a flight whose worker is gone.
pub(super) fn gone() -> EmbedError {
    EmbedError::Failed("the embedding threads have ended".to_owned())
}

struct Worker {
    embedder: Box<dyn Embedder>,
    flights: Arc<Flights>,
    cache: Arc<Cache>,
}

impl Worker {
    fn run(mut self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            // The lock is held while waiting: the other workers then wait for it instead.
            let job = lock(jobs).recv();
            match job {
                Ok(job) if job.reply.is_closed() => self.forget(&job.key),
                Ok(job) => self.work(job),
                Err(_) => return,
            }
        }
    }

    fn work(&mut self, job: Job) {
        let embedder = &mut self.embedder;
        let vector = catch_unwind(AssertUnwindSafe(|| embedder.embed(&job.text)));
        let reply = match vector {
            Ok(vector) => vector.map(Arc::from),
            Err(_) => Err(EmbedError::Failed("the embedder panicked".to_owned())),
        };
        if let Ok(vector) = &reply {
            // Before the flight is forgotten, so that there is always one of the two to find.
            self.cache.insert(job.key, Arc::clone(vector));
        }
        lock(&self.flights).remove(&job.key);
        let _nobody_waits = job.reply.send(reply);
    }

    /// Drops an abandoned flight, unless somebody has started another for the same text.
    fn forget(&self, key: &Key) {
        let mut flights = lock(&self.flights);
        if flights
            .get(key)
            .is_some_and(|flight| flight.upgrade().is_none())
        {
            flights.remove(key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
