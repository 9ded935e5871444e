//! The bars that the project has set itself, and whether a run holds them. A bar whose measures were
//! not taken is left out.

use super::{
    capacity, decide, decision, feedback,
    results::{Bar, Measure, value},
    route,
};

struct Found<'a>(&'a [Measure]);

impl Found<'_> {
    fn of(&self, suite: &str, what: &str, of: &str) -> Option<f64> {
        value(self.0, suite, what, of)
    }

    /// How many times the second the first is.
    fn ratio(&self, suite: &str, of: &str, [what, floor]: [&str; 2]) -> Option<f64> {
        Some(self.of(suite, what, of)? / self.of(suite, floor, of)?)
    }

    /// By how much the first is more than the second, in the unit of both.
    fn added(&self, suite: &str, of: &str, [what, floor]: [&str; 2]) -> Option<f64> {
        Some(self.of(suite, what, of)? - self.of(suite, floor, of)?)
    }
}

/// All bars that can be judged.
pub(super) fn held(measures: &[Measure]) -> Vec<Bar> {
    let found = Found(measures);
    let mut bars = of_decide(&found);
    bars.extend(of_decision(&found));
    bars.extend(of_route(&found));
    bars.extend(of_memory(&found));
    bars.into_iter().flatten().collect()
}

fn at_least(what: &str, found: Option<f64>, bar: f64, unit: &str) -> Option<Bar> {
    bar_of(what, found?, bar, unit, false)
}

fn at_most(what: &str, found: Option<f64>, bar: f64, unit: &str) -> Option<Bar> {
    bar_of(what, found?, bar, unit, true)
}

fn bar_of(what: &str, found: f64, bar: f64, unit: &str, at_most: bool) -> Option<Bar> {
    let held = if at_most { found <= bar } else { found >= bar };
    found.is_finite().then(|| Bar {
        what: what.to_owned(),
        found,
        bar,
        at_most,
        unit: unit.to_owned(),
        held,
    })
}

fn of_decide(found: &Found<'_>) -> Vec<Option<Bar>> {
    let suite = decide::SUITE;
    let share = |what| found.ratio(suite, "per_second", [what, "echo, 64 callers"]);
    let added_us = |of| {
        let ms = found.added(suite, of, ["static, 1 callers", "echo, 1 callers"]);
        ms.map(|ms| ms * 1e3)
    };
    let minilm = ["minilm, 16 callers", "bare fastembed"];
    vec![
        at_least(
            "`Decide`, embedding cached, 64 callers: share of the echo's rate",
            share("cached, 64 callers"),
            0.6,
            "",
        ),
        at_least(
            "`Decide`, static embedding of new prompts, 64 callers: share of the echo's rate",
            share("static, 64 callers"),
            0.3,
            "",
        ),
        at_most(
            "`Decide`, static, 1 caller: added over the echo, p50",
            added_us("p50_ms"),
            60.0,
            "us",
        ),
        at_most(
            "`Decide`, static, 1 caller: added over the echo, p99",
            added_us("p99_ms"),
            150.0,
            "us",
        ),
        at_least(
            "`Decide`, MiniLM, 16 callers: share of bare fastembed's rate",
            found.ratio(suite, "per_second", minilm),
            0.95,
            "",
        ),
    ]
}

fn of_decision(found: &Found<'_>) -> Vec<Option<Bar>> {
    let bars = [5.0, 10.0, 60.0];
    let each = decision::SHAPES.into_iter().zip(bars);
    each.map(|((classes, arms), bar)| {
        let shape = format!("{classes} classes, {arms} arms");
        let found = found.of(decision::SUITE, &shape, "us");
        at_most(
            &format!("decision without embedding, {shape}"),
            found,
            bar,
            "us",
        )
    })
    .collect()
}

fn of_route(found: &Found<'_>) -> Vec<Option<Bar>> {
    let suite = route::SUITE;
    let share = found.ratio(
        suite,
        "per_second",
        ["routed, 64 callers", "direct, 64 callers"],
    );
    let at_200 = [
        "routed, 0 ms upstream at 200 a second",
        "direct, 0 ms upstream at 200 a second",
    ];
    let streamed = [
        "routed, stream, 0 ms upstream at 200 a second",
        "direct, stream, 0 ms upstream at 200 a second",
    ];
    let minilm = [
        "routed, minilm at 200 a second",
        "direct, minilm at 200 a second",
    ];
    // One session's time for one embedding: bare, so many a second on all cores.
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let bare = found.of(decide::SUITE, "bare fastembed", "per_second");
    let embedding_ms = bare.map(|per_second| 1e3 * cores / per_second);
    let mut bars = vec![
        at_least(
            "`Route`, static, 64 callers, 0 ms upstream: share of a direct call's rate",
            share,
            0.175,
            "",
        ),
        at_most(
            "`Route`, static, 200 a second: added, p50",
            found.added(suite, "p50_ms", at_200),
            0.3,
            "ms",
        ),
        at_most(
            "`Route`, static, 200 a second: added, p99",
            found.added(suite, "p99_ms", at_200),
            0.6,
            "ms",
        ),
        at_most(
            "`RouteStream`, static: added time to first token, p50",
            found.added(suite, "first_p50_ms", streamed),
            0.3,
            "ms",
        ),
    ];
    if let Some(embedding_ms) = embedding_ms {
        let added = found.added(suite, "p50_ms", minilm);
        bars.push(at_most(
            "`Route`, MiniLM, 200 a second: added, p50",
            added,
            0.3 + 1.1 * embedding_ms,
            "ms",
        ));
    }
    bars
}

fn of_memory(found: &Found<'_>) -> Vec<Option<Bar>> {
    let many = found.of(feedback::SUITE, "durable, 64 clients", "per_second");
    let fsync = found.of(feedback::SUITE, "one fsync each", "per_second");
    let bar = fsync.map_or(20_000.0, |rate| (50.0 * rate).min(20_000.0));
    let of = |what: &str, unit| found.of(capacity::SUITE, what, unit);
    let growth =
        || Some(of("1000000 decisions waiting", "mib")? / of("100000 decisions waiting", "mib")?);
    vec![
        at_least("durable `Feedback`, 64 clients", many, bar, "a second"),
        at_most(
            "a memory of 1 million decisions: ready after a kill",
            of("start, 1000000 decisions, after a kill", "seconds"),
            3.0,
            "s",
        ),
        at_most(
            "resident memory, idle, static",
            of("idle, static", "mib"),
            60.0,
            "MiB",
        ),
        at_most(
            "resident memory, idle, MiniLM",
            of("idle, minilm", "mib"),
            160.0,
            "MiB",
        ),
        at_most(
            "resident memory after 1 million requests, as a multiple of that after 100 thousand",
            growth(),
            1.1,
            "",
        ),
    ]
}
