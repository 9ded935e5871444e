//! Spend by hour, arm, class and tenant. Pure: rows in, sums out; the recorder keeps the rows in
//! the memory, one small record each, written with the outcome that changed it.

use super::api::{Statistics, StatisticsRow};
use crate::domain::{ArmId, AttemptResult, ClassId, Decision, Outcome, OutcomeStatus, ProviderId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Milliseconds of one row's span.
pub(crate) const SPAN_MS: u64 = 3_600_000;
/// Rows kept at most; beyond it the oldest go. At 50 arms, 64 classes and a busy tenant this is
/// weeks.
const ROWS_MAX: usize = 200_000;

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RowKey {
    /// Start of the hour, in hours since 1970.
    pub hour: u64,
    /// The arm that served; else the chosen one.
    pub arm: ArmId,
    /// The prompt's class.
    pub class: Option<ClassId>,
    /// Who asked.
    pub tenant: Option<String>,
}

/// Sums of one row.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Requests.
    pub requests: u64,
    /// With a whole answer.
    pub completed: u64,
    /// Failed or truncated.
    pub failed: u64,
    /// Known cost in US dollars, all attempts.
    pub cost_usd: f64,
    /// Requests whose cost is not known.
    pub cost_unknown: u64,
    /// Sum of judged qualities.
    pub quality: f64,
    /// Judgements.
    pub judged: u64,
    /// Sum of latencies in milliseconds, of whole answers.
    pub latency_ms: f64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Answered from a cache. Kept apart on disk, so that older rows are still read.
    #[serde(skip)]
    pub cache_hits: u64,
    /// What those answers cost when they were made, in US dollars, where that is known.
    #[serde(skip)]
    pub cache_saved_usd: f64,
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    rows: BTreeMap<RowKey, Row>,
}

impl Ledger {
    /// Rows as they were kept.
    pub(crate) fn from_rows(rows: impl IntoIterator<Item = (RowKey, Row)>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
        }
    }

    /// Counts an outcome; the changed row, and the keys of rows that had to go.
    pub(crate) fn count(
        &mut self,
        decision: &Decision,
        outcome: &Outcome,
    ) -> (RowKey, Vec<RowKey>) {
        let key = key(decision, Some(outcome));
        let row = self.rows.entry(key.clone()).or_default();
        row.requests += 1;
        match outcome.status {
            OutcomeStatus::Completed => {
                row.completed += 1;
                row.latency_ms += outcome.latency_ms;
            }
            OutcomeStatus::Failed | OutcomeStatus::Truncated => row.failed += 1,
            OutcomeStatus::Cancelled => {}
        }
        for attempt in outcome.calls() {
            row.cost_usd += attempt.cost_usd.unwrap_or(0.0);
            row.input_tokens += attempt.usage.input();
            row.output_tokens += attempt.usage.output();
        }
        let unknown = |a: &crate::domain::Attempt| {
            a.result == AttemptResult::Completed && a.cost_usd.is_none()
        };
        if let Some(hit) = decision.cached {
            row.cache_hits += 1;
            row.cache_saved_usd += hit.saved_usd.unwrap_or(0.0);
        }
        row.cost_unknown += u64::from(outcome.calls().any(unknown));
        (key, self.trim())
    }

    /// Counts a judgement; a correction replaces. The changed row.
    pub(crate) fn judge(
        &mut self,
        decision: &Decision,
        outcome: Option<&Outcome>,
        quality: f64,
        replaces: Option<f64>,
    ) -> RowKey {
        let key = key(decision, outcome);
        let row = self.rows.entry(key.clone()).or_default();
        row.quality += quality - replaces.unwrap_or(0.0);
        row.judged += u64::from(replaces.is_none());
        key
    }

    /// The row of a key.
    pub(crate) fn row(&self, key: &RowKey) -> Option<&Row> {
        self.rows.get(key)
    }

    fn trim(&mut self) -> Vec<RowKey> {
        let mut gone = Vec::new();
        while self.rows.len() > ROWS_MAX {
            match self.rows.pop_first() {
                Some((key, _)) => gone.push(key),
                None => break,
            }
        }
        gone
    }

    /// Requests by (class, arm) in the range: what savings are counted from.
    pub(crate) fn requests_by_class(
        &self,
        from_ms: u64,
        to_ms: u64,
    ) -> BTreeMap<Option<ClassId>, u64> {
        let mut sums = BTreeMap::new();
        for (key, row) in self.within(from_ms, to_ms) {
            *sums.entry(key.class).or_default() += row.completed;
        }
        sums
    }

    /// Known cost in US dollars since the hour of this moment, of a tenant or of all.
    pub(crate) fn spent_usd(&self, from_ms: u64, tenant: Option<&str>) -> f64 {
        let from = from_ms.div_ceil(SPAN_MS);
        let rows = self.rows.iter().filter(|(key, _)| key.hour >= from);
        let rows = rows.filter(|(key, _)| tenant.is_none() || key.tenant.as_deref() == tenant);
        rows.map(|(_, row)| row.cost_usd).sum()
    }

    fn within(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = (&RowKey, &Row)> {
        let (from, to) = (from_ms / SPAN_MS, to_ms.div_ceil(SPAN_MS));
        self.rows
            .iter()
            .filter(move |(key, _)| key.hour >= from && key.hour < to)
    }

    /// The sums in a range, whole hours. `provider` and `label` name arms' providers and classes.
    pub(crate) fn statistics(
        &self,
        (from_ms, to_ms): (u64, u64),
        provider: impl Fn(&ArmId) -> ProviderId,
        label: impl Fn(ClassId) -> String,
    ) -> Statistics {
        let mut total = Row::default();
        let mut groups: [BTreeMap<String, Row>; 4] = Default::default();
        let mut judgements = 0;
        let mut first_ms = to_ms;
        for (key, row) in self.within(from_ms, to_ms) {
            first_ms = first_ms.min(key.hour * SPAN_MS);
            judgements += row.judged;
            let class = key.class.map_or_else(|| "unclassified".to_owned(), &label);
            let tenant = key.tenant.clone().unwrap_or_default();
            let names = [
                key.arm.to_string(),
                class,
                provider(&key.arm).to_string(),
                tenant,
            ];
            total.add(row);
            for (group, name) in groups.iter_mut().zip(names) {
                group.entry(name).or_default().add(row);
            }
        }
        let [by_arm, by_class, by_provider, by_tenant] = groups;
        Statistics {
            from_ms: from_ms.max(first_ms),
            to_ms,
            total: total.shown(String::new()),
            by_arm: dearest_first(by_arm),
            by_class: largest_first(by_class),
            by_provider: dearest_first(by_provider),
            by_tenant: dearest_first(by_tenant),
            savings: None,
            classes: 0,
            judgements,
        }
    }
}

fn key(decision: &Decision, outcome: Option<&Outcome>) -> RowKey {
    let served = outcome.and_then(|outcome| outcome.served_by.clone());
    RowKey {
        hour: decision.id.at_ms() / SPAN_MS,
        arm: served.unwrap_or_else(|| decision.ranking.chosen.clone()),
        class: decision.ranking.class,
        tenant: decision.tenant.clone(),
    }
}

fn dearest_first(group: BTreeMap<String, Row>) -> Vec<StatisticsRow> {
    let mut rows: Vec<_> = group
        .into_iter()
        .map(|(name, row)| row.shown(name))
        .collect();
    rows.sort_by(|a, b| b.cost_usd.total_cmp(&a.cost_usd).then(a.name.cmp(&b.name)));
    rows
}

fn largest_first(group: BTreeMap<String, Row>) -> Vec<StatisticsRow> {
    let mut rows: Vec<_> = group
        .into_iter()
        .map(|(name, row)| row.shown(name))
        .collect();
    rows.sort_by(|a, b| b.requests.cmp(&a.requests).then(a.name.cmp(&b.name)));
    rows
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cost_usd += other.cost_usd;
        self.cost_unknown += other.cost_unknown;
        self.quality += other.quality;
        self.judged += other.judged;
        self.latency_ms += other.latency_ms;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_hits += other.cache_hits;
        self.cache_saved_usd += other.cache_saved_usd;
    }

    fn shown(&self, name: String) -> StatisticsRow {
        let mean = |sum: f64, n: u64| (n > 0).then(|| sum / n as f64);
        StatisticsRow {
            name,
            requests: self.requests,
            completed: self.completed,
            failed: self.failed,
            cost_usd: self.cost_usd,
            cost_unknown: self.cost_unknown,
            quality: mean(self.quality, self.judged),
            judged: self.judged,
            latency_ms: mean(self.latency_ms, self.completed),
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_hits: self.cache_hits,
            cache_saved_usd: self.cache_saved_usd,
        }
    }
}

const NOTE: &str = "ledger/";

/// A row as the memory keeps it: (name, bytes); no bytes where the row is gone. The name begins
/// with the hour, so that rows lie in the order of time.
pub(crate) fn note(key: &RowKey, row: Option<&Row>) -> (String, Option<Vec<u8>>) {
    let name = format!(
        "{NOTE}{:010}/{}/{}/{}",
        key.hour,
        key.arm,
        key.class
            .map_or_else(|| "-".to_owned(), |class| class.to_string()),
        key.tenant.as_deref().unwrap_or_default(),
    );
    let bytes = row.and_then(|row| {
        let cached = (row.cache_hits, row.cache_saved_usd);
        postcard::to_stdvec(&(key, row, cached)).ok()
    });
    (name, bytes)
}

/// The ledger that the memory keeps. A row that cannot be read is passed over with a warning.
pub(crate) fn load(memory: &crate::memory::Memory) -> Result<Ledger, crate::memory::ReadError> {
    let rows = memory.notes(NOTE)?.into_iter().filter_map(|(name, bytes)| {
        let row = row(&bytes);
        row.inspect_err(|error| tracing::warn!(%name, %error, "a row of the spend cannot be read"))
            .ok()
    });
    Ok(Ledger::from_rows(rows))
}

/// A row as it is kept; older ones know no caches.
fn row(bytes: &[u8]) -> postcard::Result<(RowKey, Row)> {
    let ((key, row), rest) = postcard::take_from_bytes::<(RowKey, Row)>(bytes)?;
    if rest.is_empty() {
        return Ok((key, row));
    }
    let (cache_hits, cache_saved_usd) = postcard::from_bytes(rest)?;
    let row = Row {
        cache_hits,
        cache_saved_usd,
        ..row
    };
    Ok((key, row))
}
