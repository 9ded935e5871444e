//! Several keys of one account, used in turn. A key that is refused (dead) or throttled (used up)
//! is passed over for a while, and the call goes on with the next key: what is wrong with one key
//! says nothing of the deployment. Only when no key is left does the fault come out.

use super::{Call, DeltaStream, Probe, Provider, Told};
use crate::domain::{Completion, Fault, FaultKind};
use futures_util::future::BoxFuture;
use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// A key that was refused is tried again after this long: somebody may have mended it.
const DEAD_FOR: Duration = Duration::from_secs(600);
/// A key that was throttled without a hint is tried again after this long.
const USED_UP_FOR: Duration = Duration::from_secs(10);

/// One dialect with several keys.
pub struct Rotation {
    keys: Vec<Key>,
    next: AtomicUsize,
}

struct Key {
    provider: Arc<dyn Provider>,
    /// Not to be used before.
    until: Mutex<Option<Instant>>,
}

impl Rotation {
    /// The same dialect once for each key; at least one.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        let keys = providers.into_iter().map(|provider| Key {
            provider,
            until: Mutex::new(None),
        });
        Self {
            keys: keys.collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Calls with one key after another until one is not at fault.
    async fn turn<'a, T, F>(&'a self, call: impl Fn(&'a Key) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + 'a,
    {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.keys.len();
        let order: Vec<&Key> = (0..count)
            .map(|i| &self.keys[(start + i) % count])
            .collect();
        let (ready, resting): (Vec<&Key>, Vec<&Key>) =
            order.into_iter().partition(|key| key.is_ready());
        // Where all rest, the first is asked all the same: its answer says when to come back.
        let tried = if ready.is_empty() {
            &resting[..resting.len().min(1)]
        } else {
            &ready[..]
        };
        let mut last = Fault::new(FaultKind::Internal, "a provider without keys");
        for key in tried {
            match call(key).await {
                Err(fault) if key.is_at_fault(&fault) => last = fault,
                other => return other,
            }
        }
        Err(last)
    }
}

impl Key {
    fn is_ready(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| until <= Instant::now())
    }

    /// One call with this key. What the upstream tells of its limits is true of the key alone: one
    /// that is used up rests, and the deployment does not hear of it.
    fn call<'a, T: 'a>(
        &'a self,
        call: &Call,
        make: impl FnOnce(Call) -> BoxFuture<'a, Result<T, Fault>>,
    ) -> BoxFuture<'a, Result<T, Fault>> {
        let told = Told::default();
        let made = make(Call {
            told: told.clone(),
            ..call.clone()
        });
        Box::pin(async move {
            let result = made.await;
            let used_up = told.limits().and_then(|limits| limits.used_up_for_ms());
            if let Some(ms) = used_up {
                self.rest(Duration::from_millis(ms).min(DEAD_FOR));
            }
            result
        })
    }

    fn rest(&self, rest: Duration) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + rest);
    }

    /// Notes a fault of the key itself; false where it is another's.
    fn is_at_fault(&self, fault: &Fault) -> bool {
        let rest = match fault.kind {
            FaultKind::Credentials | FaultKind::QuotaExhausted => DEAD_FOR,
            FaultKind::RateLimited => fault
                .retry_after_ms
                .map_or(USED_UP_FOR, Duration::from_millis),
            _ => return false,
        };
        self.rest(rest);
        true
    }
}

impl Provider for Rotation {
    fn dialect(&self) -> &'static str {
        self.keys
            .first()
            .map_or("none", |key| key.provider.dialect())
    }

    fn streams(&self, call: &Call) -> bool {
        self.keys.iter().all(|key| key.provider.streams(call))
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        Box::pin(self.turn(move |key| key.call(&call, |call| key.provider.complete(call))))
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        Box::pin(self.turn(move |key| key.call(&call, |call| key.provider.stream(call))))
    }

    fn probe(&self, probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.turn(move |key| key.provider.probe(probe.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ChatRequest;
    use crate::provider::scripted::{Scripted, Turn};

    fn call() -> Call {
        Call::new(Arc::new(ChatRequest::default()), "m")
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_key_costs_one_call_and_the_others_go_on() {
        let dead = Scripted::new((0..9).map(|_| Turn::fault(FaultKind::Credentials)));
        let good = Scripted::new((0..9).map(|_| Turn::answer(["yes"])));
        let rotation = Rotation::new(vec![dead.clone(), good.clone()]);
        for _ in 0..6 {
            assert_eq!(rotation.complete(call()).await.unwrap().text(), "yes");
        }
        assert_eq!((dead.calls(), good.calls()), (1, 6));
        tokio::time::advance(DEAD_FOR + Duration::from_secs(1)).await;
        for _ in 0..2 {
            assert!(rotation.complete(call()).await.is_ok());
        }
        assert_eq!(dead.calls(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn faults_of_others_come_out_at_once() {
        let first = Scripted::new([Turn::fault(FaultKind::ServerError)]);
        let second = Scripted::new([Turn::answer(["yes"])]);
        let rotation = Rotation::new(vec![first, second.clone()]);
        assert_eq!(
            rotation.complete(call()).await.unwrap_err().kind,
            FaultKind::ServerError
        );
        assert_eq!(second.calls(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn with_no_key_left_the_fault_comes_out() {
        let keys = [FaultKind::QuotaExhausted, FaultKind::Credentials];
        let keys = keys.map(|kind| Scripted::new([Turn::fault(kind)]) as Arc<dyn Provider>);
        let rotation = Rotation::new(keys.to_vec());
        assert_eq!(
            rotation.complete(call()).await.unwrap_err().kind,
            FaultKind::Credentials
        );
    }
}
