//! Where commands are queued and served: by the caller itself where the writer is free and little is
//! going on, so that a request needs no other thread to become durable; under load by the thread,
//! whose groups cost one write for many. Whoever holds the writer serves all that is queued before
//! letting it be.

use super::{
    command::Command,
    group::Lesson,
    student::Student,
    writer::{Left, Server, Writer},
};
use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicIsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};

/// Groups that a caller writes for others at most, before the thread goes on.
const TURNS: usize = 4;
/// A caller writes where no other has within this time; a write is some ten microseconds.
const QUIET: Duration = Duration::from_micros(250);

pub(super) struct Desk {
    commands: mpsc::Sender<Command>,
    /// Commands in the queue. Raised after a command is queued, lowered when one is taken: below 0
    /// in between.
    waiting: AtomicIsize,
    writer: Mutex<Writer>,
    lessons: Mutex<Vec<Lesson>>,
    thread: OnceLock<Thread>,
    /// When a caller wrote last; `None` where callers must not, because a write waits for the disk.
    by_callers: Option<Mutex<Instant>>,
}

impl Desk {
    pub(super) fn new(commands: mpsc::Sender<Command>, writer: Writer, by_callers: bool) -> Self {
        Self {
            commands,
            waiting: AtomicIsize::new(0),
            writer: Mutex::new(writer),
            lessons: Mutex::default(),
            thread: OnceLock::new(),
            by_callers: by_callers.then(|| Mutex::new(Instant::now())),
        }
    }

    /// Queues a command, and serves the queue where that can be done here; waits only where the queue
    /// is full. A command that comes after the end is dropped, and with it its acknowledgement.
    pub(super) async fn bring(&self, command: Command) {
        let light = command.is_light();
        if self.commands.send(command).await.is_ok() {
            self.brought(light);
        }
    }

    /// As `bring`, without waiting; false where the queue is full.
    pub(super) fn bring_now(&self, command: Command) -> bool {
        let light = command.is_light();
        let queued = self.commands.try_send(command).is_ok();
        if queued {
            self.brought(light);
        }
        queued
    }

    fn brought(&self, light: bool) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if light && self.is_quiet() {
            self.serve_here();
        } else {
            self.ring();
        }
    }

    fn is_quiet(&self) -> bool {
        let Some(Ok(mut last)) = self.by_callers.as_ref().map(Mutex::try_lock) else {
            return false;
        };
        let quiet = last.elapsed() >= QUIET;
        if quiet {
            *last = Instant::now();
        }
        quiet
    }

    /// Serves the queue if nobody else does. Who does looks at the queue again after letting go of
    /// the writer, so nothing is left lying.
    fn serve_here(&self) {
        for _ in 0..TURNS {
            if self.waiting.load(Ordering::SeqCst) <= 0 {
                return;
            }
            let mut writer = match self.writer.try_lock() {
                Ok(writer) => writer,
                Err(TryLockError::WouldBlock) => return,
                Err(TryLockError::Poisoned(writer)) => writer.into_inner(),
            };
            let left = self.serve(&mut writer, Server::Caller);
            drop(writer);
            if matches!(left, Left::ForThread) {
                return self.ring();
            }
        }
        self.ring();
    }

    /// One group. Its lesson is put down before the next group can be written: lessons lie in the
    /// order of their facts.
    fn serve(&self, writer: &mut Writer, server: Server) -> Left {
        let (lesson, left) = writer.serve(server, &self.waiting);
        if let Some(lesson) = lesson {
            self.lessons().push(lesson);
            if server == Server::Caller {
                self.ring();
            }
        }
        left
    }

    fn lessons(&self) -> MutexGuard<'_, Vec<Lesson>> {
        self.lessons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// The thread: learns, and serves what callers leave.
    pub(super) fn run(&self, mut student: Student) {
        let _ = self.thread.set(thread::current());
        loop {
            if self.serve_all(&mut student) {
                return;
            }
            let lessons = std::mem::take(&mut *self.lessons());
            if !lessons.is_empty() {
                student.learn(lessons);
            } else if self.waiting.load(Ordering::SeqCst) <= 0 {
                thread::park();
            }
        }
    }

    /// Serves until the queue is empty; true after a stop.
    fn serve_all(&self, student: &mut Student) -> bool {
        loop {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            match self.serve(&mut writer, Server::Thread) {
                Left::Exclusive(work, ack) => {
                    student.learn(std::mem::take(&mut *self.lessons()));
                    let result = work(&student.memory);
                    writer.restore();
                    student.restore();
                    let _ = ack.send(result);
                }
                Left::Stop => {
                    student.learn(std::mem::take(&mut *self.lessons()));
                    return true;
                }
                Left::Nothing | Left::ForThread => {}
            }
            drop(writer);
            if self.waiting.load(Ordering::SeqCst) <= 0 {
                return false;
            }
        }
    }
}
