//! The service over scripted embedders, which work when the test lets them.

use super::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Embeds one prompt a permit, and notes what it embedded.
struct Gated {
    permits: Receiver<()>,
    started: Sender<String>,
    done: Arc<Mutex<Vec<String>>>,
}

struct Rig {
    service: Arc<EmbedService>,
    permits: Sender<()>,
    started: Receiver<String>,
    done: Arc<Mutex<Vec<String>>>,
}

fn rig(queue_limit: usize) -> Rig {
    let (permits, permitted) = channel();
    let (starting, started) = channel();
    let done = Arc::<Mutex<Vec<String>>>::default();
    let gated = Gated {
        permits: permitted,
        started: starting,
        done: Arc::clone(&done),
    };
    let service = EmbedService::pooled(vec![Box::new(gated)], queue_limit, 100).unwrap();
    Rig {
        service: Arc::new(service),
        permits,
        started,
        done,
    }
}

type Asked = tokio::task::JoinHandle<Result<Embedded, EmbedError>>;

impl Rig {
    fn ask(&self, text: &str, wait: Duration) -> Asked {
        let (service, text) = (Arc::clone(&self.service), text.to_owned());
        tokio::spawn(async move { service.embed(&text, wait).await })
    }

    /// Asks, and waits until the worker has it.
    async fn occupy(&self, text: &str, wait: Duration) -> Asked {
        let asked = self.ask(text, wait);
        tokio::task::yield_now().await;
        assert_eq!(self.started.recv().unwrap(), text);
        asked
    }

    fn allow(&self, prompts: usize) {
        (0..prompts).for_each(|_| self.permits.send(()).unwrap());
    }
}

impl Embedder for Gated {
    fn fingerprint(&self) -> &str {
        "gated@00000000"
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.started.send(text.to_owned()).unwrap();
        self.permits
            .recv()
            .map_err(|_| EmbedError::Failed("test over".to_owned()))?;
        self.done.lock().unwrap().push(text.to_owned());
        match text {
            "panic" => panic!("as told"),
            "fail" => Err(EmbedError::Failed("as told".to_owned())),
            _ => Ok(vec![1.0, 0.0]),
        }
    }
}

#[tokio::test]
async fn the_second_time_comes_from_the_cache() {
    let rig = rig(4);
    rig.allow(1);
    let first = rig.service.embed("a", LONG).await.unwrap();
    let second = rig.service.embed("a", LONG).await.unwrap();
    assert!(!first.cached && second.cached);
    assert_eq!(first.vector, second.vector);
    assert_eq!(
        rig.service.stats(),
        Stats {
            embedded: 1,
            cached: 1,
            ..Stats::default()
        }
    );
}

#[tokio::test]
async fn prompts_asked_for_at_once_are_embedded_once() {
    let rig = rig(1);
    let mut asked = vec![rig.occupy("a", LONG).await];
    asked.extend((0..20).map(|_| rig.ask("a", LONG)));
    tokio::task::yield_now().await;
    rig.allow(1);
    for one in asked {
        one.await.unwrap().unwrap();
    }
    assert_eq!(*rig.done.lock().unwrap(), ["a"]);
}

#[tokio::test]
async fn a_full_queue_turns_away_at_once() {
    let rig = rig(1);
    let first = rig.occupy("a", LONG).await;
    let second = rig.ask("b", LONG);
    tokio::task::yield_now().await;
    assert_eq!(
        rig.service.embed("c", LONG).await,
        Err(EmbedError::QueueFull)
    );
    rig.allow(2);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(rig.service.stats().queue_full, 1);
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_is_there_for_the_next() {
    let rig = rig(4);
    let late = rig.occupy("a", Duration::from_millis(20)).await;
    assert_eq!(late.await.unwrap(), Err(EmbedError::Late(20)));
    tokio::time::resume();
    rig.allow(2);
    // First come, first served: once this one is through, the late one is too.
    rig.service.embed("b", LONG).await.unwrap();
    assert!(rig.service.embed("a", LONG).await.unwrap().cached);
    assert_eq!(rig.service.stats().late, 1);
}

#[tokio::test]
async fn what_nobody_waits_for_is_skipped() {
    let rig = rig(4);
    let first = rig.occupy("a", LONG).await;
    let given_up = rig.service.embed("b", Duration::from_millis(1)).await;
    assert_eq!(given_up, Err(EmbedError::Late(1)));
    let third = rig.ask("c", LONG);
    tokio::task::yield_now().await;
    rig.allow(2);
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(*rig.done.lock().unwrap(), ["a", "c"]);
    rig.allow(1);
    assert!(
        !rig.service.embed("b", LONG).await.unwrap().cached,
        "asked anew, it is embedded"
    );
}

#[tokio::test]
async fn failures_and_panics_are_told_and_not_kept() {
    let rig = rig(4);
    rig.allow(4);
    for (text, words) in [("fail", "as told"), ("panic", "panicked")] {
        let error = rig.service.embed(text, LONG).await.unwrap_err();
        assert!(
            matches!(&error, EmbedError::Failed(told) if told.contains(words)),
            "{error}"
        );
    }
    assert_eq!(
        rig.service
            .embed("fail", LONG)
            .await
            .map(|_| ())
            .unwrap_err(),
        EmbedError::Failed("as told".into())
    );
    rig.service
        .embed("the worker lives on", LONG)
        .await
        .unwrap();
    assert_eq!(rig.service.stats().failed, 3);
}

#[tokio::test]
async fn the_fake_serves_tests_elsewhere() {
    let service = EmbedService::pooled(vec![Box::new(fake::Fake)], 4, 4).unwrap();
    let [a, b, c] = ["red apple", "red pear", "fast car"].map(|text| service.embed(text, LONG));
    let (a, b, c) = (a.await.unwrap(), b.await.unwrap(), c.await.unwrap());
    assert!(cosine(&a.vector, &b.vector) > cosine(&a.vector, &c.vector));
    assert!(service.embed("FAIL", LONG).await.is_err());
}
