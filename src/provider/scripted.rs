//! An upstream that does what a test tells it, in tokio's time. Answers come from a queue, then
//! from the last turn over and over.

use super::{Call, DeltaStream, Probe, Provider, assemble::Assembler};
use crate::domain::{Completion, Delta, Fault, FaultKind, StopReason, Usage};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens in one call: pieces, each after a wait.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    items: VecDeque<(Duration, Item)>,
}

#[derive(Clone, Debug)]
enum Item {
    Piece(Result<Delta, Fault>),
    Hang,
}

impl Turn {
    /// These texts one after another, then the end with 10 input tokens and one output token a text.
    #[must_use]
    pub fn answer<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let turn = Self::texts(texts);
        let usage = Usage {
            input_uncached: 10,
            output_visible: turn.items.len() as u64,
            known: true,
            ..Usage::default()
        };
        turn.then(Ok(Delta::Done {
            stop: StopReason::Stop,
            usage,
            model: "scripted".into(),
            upstream_id: None,
            reported_cost_usd: None,
            extra: Default::default(),
        }))
    }

    /// These texts and no end: the stream is cut after them.
    #[must_use]
    pub fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let pieces = texts.into_iter().map(|text| Delta::Text(text.to_owned()));
        pieces.fold(Self::default(), |turn, piece| turn.then(Ok(piece)))
    }

    /// A fault at once.
    #[must_use]
    pub fn fault(kind: FaultKind) -> Self {
        Self::default().then(Err(Fault::new(kind, kind.as_str())))
    }

    /// Nothing ever.
    #[must_use]
    pub fn hang() -> Self {
        Self::default().then_hang()
    }

    /// Then this piece.
    #[must_use]
    pub fn then(mut self, piece: Result<Delta, Fault>) -> Self {
        self.items.push_back((Duration::ZERO, Item::Piece(piece)));
        self
    }

    /// Then nothing ever.
    #[must_use]
    pub fn then_hang(mut self) -> Self {
        self.items.push_back((Duration::ZERO, Item::Hang));
        self
    }

    /// The first piece comes after so many milliseconds.
    #[must_use]
    pub fn after_ms(mut self, ms: u64) -> Self {
        if let Some((wait, _)) = self.items.front_mut() {
            *wait = Duration::from_millis(ms);
        }
        self
    }

    /// Every piece takes so many milliseconds.
    #[must_use]
    pub fn every_ms(mut self, ms: u64) -> Self {
        for (wait, _) in &mut self.items {
            *wait = Duration::from_millis(ms);
        }
        self
    }
}

/// The upstream, and what it saw.
#[derive(Debug, Default)]
pub struct Scripted {
    turns: Mutex<VecDeque<Turn>>,
    probes: Mutex<VecDeque<Result<(), Fault>>>,
    calls: AtomicUsize,
    probed: AtomicUsize,
    abandoned: Arc<AtomicUsize>,
}

impl Scripted {
    /// An upstream that plays these turns; the last one again and again.
    #[must_use]
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Arc<Self> {
        let scripted = Self::default();
        scripted.play(turns);
        Arc::new(scripted)
    }

    /// Plays other turns from now on.
    pub fn play(&self, turns: impl IntoIterator<Item = Turn>) {
        *lock(&self.turns) = turns.into_iter().collect();
    }

    /// Answers the next active checks; the last answer again and again.
    pub fn answer_probes(&self, results: impl IntoIterator<Item = Result<(), Fault>>) {
        *lock(&self.probes) = results.into_iter().collect();
    }

    /// Calls so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Active checks so far.
    #[must_use]
    pub fn probed(&self) -> usize {
        self.probed.load(Ordering::SeqCst)
    }

    /// Calls that were dropped before their end.
    #[must_use]
    pub fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::SeqCst)
    }

    fn start(&self) -> DeltaStream {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let turn = next(&self.turns).unwrap_or_else(|| Turn::fault(FaultKind::Internal));
        let playing = Playing {
            items: turn.items,
            abandoned: Arc::clone(&self.abandoned),
        };
        stream::unfold(playing, |mut playing| async {
            let (wait, item) = playing.items.front().cloned()?;
            tokio::time::sleep(wait).await;
            let Item::Piece(piece) = item else {
                return std::future::pending().await;
            };
            playing.items.pop_front();
            Some((piece, playing))
        })
        .boxed()
    }
}

impl Provider for Scripted {
    fn dialect(&self) -> &'static str {
        "scripted"
    }

    fn complete(&self, _call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        let mut pieces = self.start();
        async move {
            let mut assembler = Assembler::default();
            while let Some(delta) = pieces.try_next().await? {
                if let Some(completion) = assembler.push(&delta) {
                    return Ok(completion);
                }
            }
            Err(Fault::new(FaultKind::Cut, "the answer was cut"))
        }
        .boxed()
    }

    fn stream(&self, _call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        let pieces = self.start();
        let cut = stream::once(async { Err(Fault::new(FaultKind::Cut, "the stream was cut")) });
        let mut over = false;
        let pieces = pieces.chain(cut).take_while(move |piece| {
            let before = over;
            over |= matches!(piece, Err(_) | Ok(Delta::Done { .. }));
            futures_util::future::ready(!before)
        });
        futures_util::future::ready(Ok(pieces.boxed())).boxed()
    }

    fn probe(&self, _probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        self.probed.fetch_add(1, Ordering::SeqCst);
        futures_util::future::ready(next(&self.probes).unwrap_or(Ok(()))).boxed()
    }
}

/// A turn in progress; knows when it is dropped before its end.
struct Playing {
    items: VecDeque<(Duration, Item)>,
    abandoned: Arc<AtomicUsize>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        if !self.items.is_empty() {
            self.abandoned.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn next<T: Clone>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    let mut queue = lock(queue);
    if queue.len() > 1 {
        queue.pop_front()
    } else {
        queue.front().cloned()
    }
}
