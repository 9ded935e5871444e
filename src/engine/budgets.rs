//! Money over time: reserve before a call, settle after it, pace in between.
//!
//! Each budget has windows that begin at multiples of their length since 1970. A reservation holds
//! the expected cost, so that many requests at once cannot all pass the same check. After a restart
//! the spend of the current window is read from the ledger, which counts in whole hours: of a
//! window shorter than an hour up to one window's spend may be forgotten.

use super::{api::EngineError, ledger::Ledger};
use crate::{
    config::{Budget, Config},
    decide::budget::Pacer,
    domain::Weights,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All budgets and their state.
pub(crate) struct Budgets {
    accounts: Mutex<Vec<Account>>,
}

/// One budget of everybody (`tenant` = `None`) or of a tenant.
struct Account {
    name: String,
    tenant: Option<String>,
    budget: Budget,
    /// Number of the current window since 1970.
    window: u64,
    spent_usd: f64,
    reserved_usd: f64,
    requests: u64,
    pacer: Option<Pacer>,
}

/// What the budgets allow a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Allowance {
    /// The weights under the budgets' prices.
    pub weights: Weights,
    /// Estimated cost of one call at most, in US dollars.
    pub max_cost_usd: Option<f64>,
}

impl Budgets {
    /// The configuration's budgets, with what the ledger knows of their current windows.
    pub(crate) fn new(config: &Config, ledger: &Ledger, now_ms: u64) -> Self {
        let everybody = config
            .learning
            .budget
            .iter()
            .map(|budget| ("learning.budget".to_owned(), None, *budget));
        let tenants = config.tenants.iter().flat_map(|(tenant, known)| {
            let named = known.budgets.iter().enumerate();
            named.map(move |(i, budget)| {
                (
                    format!("tenants.{tenant}.budgets[{i}]"),
                    Some(tenant.clone()),
                    *budget,
                )
            })
        });
        let accounts = everybody.chain(tenants).map(|(name, tenant, budget)| {
            let window = now_ms / window_ms(&budget);
            let spent_usd = ledger.spent_usd(window * window_ms(&budget), tenant.as_deref());
            Account {
                name,
                tenant,
                window,
                spent_usd,
                reserved_usd: 0.0,
                requests: 0,
                pacer: Pacer::new(budget.usd),
                budget,
            }
        });
        Self {
            accounts: Mutex::new(accounts.collect()),
        }
    }

    /// What a request of this tenant may do now.
    ///
    /// # Errors
    /// A hard budget is used up.
    pub(crate) fn allow(
        &self,
        tenant: Option<&str>,
        weights: Weights,
        now_ms: u64,
    ) -> Result<Allowance, EngineError> {
        let mut allowance = Allowance {
            weights,
            max_cost_usd: None,
        };
        for account in self.of(&mut self.lock(), tenant) {
            account.turn(now_ms);
            account.spread(now_ms);
            let left_usd = account.left_usd();
            if account.budget.hard && left_usd <= 0.0 {
                return Err(account.used_up(now_ms));
            }
            let paced = account.pacer.and_then(|pacer| pacer.hard_ceiling_usd());
            let ceilings = [
                allowance.max_cost_usd,
                paced,
                account.budget.hard.then_some(left_usd),
            ];
            allowance.max_cost_usd = ceilings.into_iter().flatten().reduce(f64::min);
            if let Some(pacer) = &account.pacer {
                allowance.weights.cost = allowance.weights.cost.max(pacer.weigh(weights).cost);
            }
        }
        Ok(allowance)
    }

    /// Holds the expected cost of a request.
    pub(crate) fn reserve(&self, tenant: Option<&str>, expected_usd: f64) {
        for account in self.of(&mut self.lock(), tenant) {
            account.reserved_usd += expected_usd;
            account.requests += 1;
        }
    }

    /// Gives the reservation back and counts what was spent.
    pub(crate) fn settle(&self, tenant: Option<&str>, expected_usd: f64, spent_usd: f64) {
        for account in self.of(&mut self.lock(), tenant) {
            account.reserved_usd = (account.reserved_usd - expected_usd).max(0.0);
            account.spent_usd += spent_usd;
            if let Some(pacer) = &mut account.pacer {
                pacer.spent(spent_usd);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of<'a>(
        &self,
        accounts: &'a mut [Account],
        tenant: Option<&'a str>,
    ) -> impl Iterator<Item = &'a mut Account> {
        accounts
            .iter_mut()
            .filter(move |account| account.tenant.is_none() || account.tenant.as_deref() == tenant)
    }
}

impl Account {
    /// Begins a new window where one is due.
    fn turn(&mut self, now_ms: u64) {
        let window = now_ms / window_ms(&self.budget);
        if window != self.window {
            self.window = window;
            self.spent_usd = 0.0;
            self.requests = 0;
        }
    }

    /// Spreads what is left over the requests that are still to come at the rate so far.
    fn spread(&mut self, now_ms: u64) {
        let length = window_ms(&self.budget);
        let passed = (now_ms % length) as f64 / length as f64;
        let expected = self.requests as f64 * (1.0 - passed) / passed.max(0.01);
        let left = self.left_usd().max(0.0);
        if let Some(pacer) = &mut self.pacer {
            pacer.spread(left, expected);
        }
    }

    fn left_usd(&self) -> f64 {
        self.budget.usd - self.spent_usd - self.reserved_usd
    }

    fn used_up(&self, now_ms: u64) -> EngineError {
        let length = window_ms(&self.budget);
        EngineError::BudgetExceeded {
            budget: self.name.clone(),
            spent_usd: self.spent_usd + self.reserved_usd,
            limit_usd: self.budget.usd,
            resets_after_ms: Some(length - now_ms % length),
        }
    }
}

fn window_ms(budget: &Budget) -> u64 {
    u64::try_from(budget.window.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOUR_MS: u64 = 3_600_000;

    fn budgets(hard: bool) -> Budgets {
        let mut config = crate::config::discover(&|_| None, None);
        config.learning.budget = Some(Budget {
            usd: 1.0,
            window: Duration::from_secs(3600),
            hard,
        });
        Budgets::new(&config, &Ledger::default(), 0)
    }

    #[test]
    fn reservations_hold_and_a_new_window_starts_anew() {
        let budgets = budgets(true);
        let allow = |now_ms| budgets.allow(None, Weights::BALANCED, now_ms);
        assert!(allow(0).is_ok());
        budgets.reserve(None, 0.7);
        let left = allow(1).unwrap().max_cost_usd.unwrap();
        assert!((left - 0.3).abs() < 1e-9, "{left}");
        budgets.reserve(None, 0.3);
        let error = allow(2).unwrap_err();
        let EngineError::BudgetExceeded {
            resets_after_ms, ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(resets_after_ms, Some(HOUR_MS - 2));
        budgets.settle(None, 0.7, 0.1);
        budgets.settle(None, 0.3, 0.1);
        assert!(allow(3).is_ok());
        budgets.settle(None, 0.0, 5.0);
        assert!(allow(4).is_err());
        assert!(allow(HOUR_MS).is_ok());
        assert!(budgets.lock()[0].spent_usd < 1e-9);
    }

    #[test]
    fn a_soft_budget_makes_cost_dearer_and_refuses_nothing() {
        let budgets = budgets(false);
        for now_ms in 0..200 {
            budgets
                .allow(None, Weights::BALANCED, HOUR_MS / 2 + now_ms)
                .unwrap();
            budgets.reserve(None, 0.0);
            budgets.settle(None, 0.0, 0.05);
        }
        let allowance = budgets
            .allow(None, Weights::BALANCED, HOUR_MS / 2 + 200)
            .unwrap();
        assert!(
            allowance.weights.cost > Weights::BALANCED.cost + 0.5,
            "{allowance:?}"
        );
    }
}
