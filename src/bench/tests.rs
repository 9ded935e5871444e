//! Bars and rendering, on results made up by hand.

use super::{
    bars, into_markdown,
    results::{Measure, Results},
};

fn measure(suite: &str, what: &str, of: &str, value: f64) -> Measure {
    Measure {
        suite: suite.to_owned(),
        what: what.to_owned(),
        of: of.to_owned(),
        value,
        range: (value * 0.9, value * 1.1),
    }
}

#[test]
fn bars_are_judged_by_their_floors_and_left_out_where_one_is_missing() {
    let measures = [
        measure("decide", "echo, 64 callers", "per_second", 100_000.0),
        measure("decide", "cached, 64 callers", "per_second", 61_000.0),
        measure("decide", "static, 64 callers", "per_second", 29_000.0),
        measure("feedback", "durable, 64 clients", "per_second", 9_000.0),
        measure("feedback", "one fsync each", "per_second", 100.0),
        measure("capacity", "idle, static", "mib", 61.0),
    ];
    let judged: Vec<(String, bool)> = bars::held(&measures)
        .into_iter()
        .map(|bar| (bar.what, bar.held))
        .collect();
    insta::assert_debug_snapshot!(judged, @r#"
    [
        (
            "`Decide`, embedding cached, 64 callers: share of the echo's rate",
            true,
        ),
        (
            "`Decide`, static embedding of new prompts, 64 callers: share of the echo's rate",
            false,
        ),
        (
            "durable `Feedback`, 64 clients",
            true,
        ),
        (
            "resident memory, idle, static",
            false,
        ),
    ]
    "#);
}

#[test]
fn results_go_between_the_marks_and_come_back_from_their_file() {
    let measures = vec![
        measure("decide", "echo, 64 callers", "per_second", 108_600.0),
        measure("decide", "static, 64 callers", "per_second", 40_000.0),
        measure("decide", "static, 1 callers", "p50_ms", 0.0912),
        measure("capacity", "idle, static", "mib", 41.7),
    ];
    let results = Results {
        machine: "a machine".to_owned(),
        version: "0.1.0".to_owned(),
        at_ms: 1,
        rounds: 5,
        seconds: 2.0,
        bars: bars::held(&measures),
        measures,
    };
    let kept = serde_json::to_string(&results).unwrap();
    assert_eq!(serde_json::from_str::<Results>(&kept).unwrap(), results);
    let document = "before\n<!-- results: written by `pointsman bench --render`, do not edit -->\nold\n<!-- end of results -->\nafter\n";
    let rendered = into_markdown(document, &results).unwrap();
    assert_eq!(into_markdown(&rendered, &results).as_ref(), Some(&rendered));
    insta::assert_snapshot!(rendered, @r"
    before
    <!-- results: written by `pointsman bench --render`, do not edit -->

    Measured on: a machine. 5 rounds of 2 s, medians; version 0.1.0.

    | bar | at least / at most | found | held |
    |---|---|---|---|
    | `Decide`, static embedding of new prompts, 64 callers: share of the echo's rate | at least 0.300  | 0.368  | yes |
    | resident memory, idle, static | at most 60.0 MiB | 41.7 MiB | yes |

    ### decide

    | what | of | median | least to greatest |
    |---|---|---|---|
    | echo, 64 callers | per_second | 108600 | 97740 to 119460 |
    | static, 64 callers | per_second | 40000 | 36000 to 44000 |
    | static, 1 callers | p50_ms | 0.091 | 0.082 to 0.100 |

    ### capacity

    | what | of | median | least to greatest |
    |---|---|---|---|
    | idle, static | mib | 41.7 | 37.5 to 45.9 |

    <!-- end of results -->
    after
    ");
    assert_eq!(into_markdown("no marks", &results), None);
}
