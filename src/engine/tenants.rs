//! What a tenant may ask for at once and within a minute: reserve before a request is decided,
//! settle with what its calls used, give back when it is dropped.
//!
//! The counting is that of the deployments (`dispatch::Meter`). A tenant that is not configured has
//! no limits.

use super::api::EngineError;
use crate::{
    config::{Config, Tenant},
    dispatch::{CallLimits, Meter, Reserved},
    domain::Attempt,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The meters of all tenants that have a limit.
pub(crate) struct Tenants {
    meters: HashMap<String, Arc<Mutex<Meter>>>,
}

impl Tenants {
    /// Empty meters.
    pub(crate) fn new(config: &Config) -> Self {
        let limited = config.tenants.iter().filter_map(|(name, tenant)| {
            let meter = Meter::new(limits(tenant)?);
            Some((name.clone(), Arc::new(Mutex::new(meter))))
        });
        Self {
            meters: limited.collect(),
        }
    }

    /// Lets a request in that is expected to use so many tokens; `None` where nothing limits it.
    /// `now` is monotonic time.
    ///
    /// # Errors
    /// `LimitReached` with the limit's name as in the configuration, and when there may be room.
    pub(crate) fn admit(
        &self,
        tenant: Option<&str>,
        tokens: u64,
        now: Duration,
    ) -> Result<Option<Admitted>, EngineError> {
        let Some((name, meter)) = tenant.and_then(|name| self.meters.get_key_value(name)) else {
            return Ok(None);
        };
        let mut counted = meter.lock().unwrap_or_else(PoisonError::into_inner);
        let reserved = counted
            .reserve(tokens, now)
            .map_err(|full| EngineError::LimitReached {
                limit: format!("tenants.{name}.{}", full.what.replace(' ', "_")),
                retry_after_ms: Some(millis(full.until.saturating_sub(now))),
            })?;
        drop(counted);
        Ok(Some(Admitted {
            meter: Arc::clone(meter),
            reserved,
            used: Some(0),
        }))
    }
}

fn limits(tenant: &Tenant) -> Option<CallLimits> {
    let limits = CallLimits {
        requests_per_minute: tenant.requests_per_minute,
        tokens_per_minute: tenant.tokens_per_minute,
        concurrent: tenant.concurrent_requests,
    };
    (limits != CallLimits::default()).then_some(limits)
}

/// At least 1: a caller that is told to come back in 0 ms comes back too early.
fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Leave to be in work. Dropping it gives the place back and settles the tokens.
pub(crate) struct Admitted {
    meter: Arc<Mutex<Meter>>,
    reserved: Reserved,
    used: Option<u64>,
}

impl Admitted {
    /// Calls may begin: until more is known, what was reserved counts as used.
    pub(crate) fn begin(&mut self) {
        self.used = None;
    }

    /// What the calls used, as far as the upstreams told.
    pub(crate) fn settle<'a>(&mut self, calls: impl Iterator<Item = &'a Attempt>) {
        let known = calls.filter(|attempt| attempt.usage.known);
        let used = known.map(|attempt| attempt.usage.input() + attempt.usage.output());
        self.used = used.reduce(u64::saturating_add);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.settle(self.reserved, self.used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants(tenant: Tenant) -> Tenants {
        let mut config = crate::config::discover(&|_| None, None);
        config.tenants.insert("blue".to_owned(), tenant);
        Tenants::new(&config)
    }

    fn limit(tenants: &Tenants, tokens: u64, at_s: u64) -> String {
        match tenants.admit(Some("blue"), tokens, Duration::from_secs(at_s)) {
            Ok(_) => "let in".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_place_comes_back_when_it_is_dropped() {
        let tenants = tenants(Tenant {
            concurrent_requests: Some(1),
            ..Tenant::default()
        });
        let first = tenants.admit(Some("blue"), 1, Duration::ZERO).unwrap();
        assert!(first.is_some());
        assert_eq!(
            limit(&tenants, 1, 0),
            r#"limit "tenants.blue.concurrent_requests" is reached; try again in 0.1 s"#
        );
        let others = tenants.admit(Some("red"), 1, Duration::ZERO).unwrap();
        assert!(others.is_none(), "no limit, no meter");
        drop(first);
        assert_eq!(limit(&tenants, 1, 0), "let in");
    }

    #[test]
    fn a_request_that_calls_nobody_uses_no_tokens() {
        let tenants = tenants(Tenant {
            tokens_per_minute: Some(100),
            ..Tenant::default()
        });
        let mut admitted = tenants.admit(Some("blue"), 100, Duration::ZERO).unwrap();
        assert_eq!(
            limit(&tenants, 1, 12),
            r#"limit "tenants.blue.tokens_per_minute" is reached; try again in 48.0 s"#
        );
        drop(admitted.take());
        let mut admitted = tenants.admit(Some("blue"), 100, Duration::ZERO).unwrap();
        admitted.as_mut().unwrap().begin();
        drop(admitted);
        assert_ne!(limit(&tenants, 1, 12), "let in", "unknown use stands");
        assert_eq!(limit(&tenants, 1, 60), "let in");
    }
}
