//! The replay from file to figures, on a small dataset made here: what it promises, and what it
//! makes of bad files.

use pointsman::{
    embed::{Embedder, fake::Fake},
    replay::{self, Embedding, Options, Regime, Report},
};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

struct Embed;

impl Embedding for Embed {
    fn fingerprint(&self) -> String {
        Fake.fingerprint().to_owned()
    }

    fn embed(&self, text: &str) -> Result<Vec<f32>, String> {
        Fake.embed(text).map_err(|error| error.to_string())
    }
}

const KINDS: [&str; 3] = [
    "sort list code function bug",
    "poem verse rhyme love moon",
    "integral sum root proof number",
];

/// A row in which arm `k` is good at kind `k`, and the last one is cheap and poor at all.
fn row(i: usize) -> String {
    let kind = i % KINDS.len();
    let mut words = KINDS[kind].split(' ').cycle().skip(i / KINDS.len() % 5);
    let prompt: Vec<&str> = words.by_ref().take(4).collect();
    let answer = |arm: usize| {
        // A number that looks random, for coarse judgements.
        let draw = (i * 7919 + arm * 104_729) % 100;
        let good = if arm == kind { 90 } else { 45 };
        let quality = u8::from(draw < if arm == 3 { 30 } else { good });
        let cost = if arm == 3 { 0.0002 } else { 0.002 };
        format!("\"arm {arm}\": [{quality}, {cost}, 50, 100]")
    };
    let answers: Vec<String> = (0..4).map(answer).collect();
    format!(
        "{{\"id\": \"{i}\", \"task\": \"t{kind}\", \"prompt\": \"{} {i}\", \"m\": {{{}}}}}",
        prompt.join(" "),
        answers.join(", ")
    )
}

fn rows(n: usize) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        writeln!(text, "{}", row(i)).unwrap();
        text
    })
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn small() -> Options {
    Options {
        seeds: 2,
        lambdas: vec![0.0, 0.2],
        ..Options::default()
    }
}

fn run(path: PathBuf, options: &Options) -> Result<Report, String> {
    replay::run(&[path], &Embed, None, options).map_err(|error| error.to_string())
}

#[test]
fn the_same_seed_prints_the_same_figures_and_json_has_the_promised_keys() {
    let folder = tempfile::tempdir().unwrap();
    let plain = file(folder.path(), "tiny.jsonl", &rows(120));
    let packed = folder.path().join("tiny.jsonl.zst");
    std::fs::write(&packed, zstd::encode_all(rows(120).as_bytes(), 3).unwrap()).unwrap();
    let regimes = vec![
        Regime::Cold,
        Regime::Warm,
        Regime::Drift,
        Regime::Newcomer,
        Regime::Sparse,
    ];
    let options = |threads| Options {
        regimes: regimes.clone(),
        threads,
        ..small()
    };
    let report = run(plain, &options(1)).unwrap();
    let twin = run(packed, &options(3)).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json, serde_json::to_value(&twin).unwrap());
    assert_eq!(report.to_string(), twin.to_string());
    assert_eq!(report.datasets.len(), regimes.len());
    for dataset in json["datasets"].as_array().unwrap() {
        for key in [
            "aiq_router",
            "aiq_hull",
            "aiq_offline",
            "g_second_half",
            "g_whole",
            "seeds",
            "n",
            "arms",
        ] {
            assert!(dataset[key].is_number(), "{key}");
        }
        assert!(dataset["points"][0]["cost"].is_number());
        assert!(dataset["points"][0]["quality"].is_number());
        for name in replay::baselines::NAMES.iter().chain(&["zero_router"]) {
            assert!(dataset["baselines"][name]["aiq"].is_number(), "{name}");
        }
        assert_eq!(dataset["baselines"]["zero_router"]["g_whole"], 0.0);
    }
    let by = |regime: usize, key: &str| json["datasets"][regime][key].is_number();
    assert!(by(2, "drift_share_first_150") && by(2, "never_in_use"));
    assert!(by(3, "never_in_use") && by(4, "sparse_costs_whole"));
}

#[test]
fn a_long_file_is_sampled_and_parts_are_taken_out_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "long.jsonl", &rows(400));
    let options = Options {
        limit: 60,
        ablate: true,
        baselines: false,
        ..small()
    };
    let report = run(path, &options).unwrap();
    let dataset = &report.datasets[0];
    assert_eq!((dataset.rows, dataset.n), (400, 60));
    assert!(dataset.ablation.len() > 8);
    assert!(dataset.ablation.iter().all(|part| part.g_whole.is_finite()));
    assert!(report.to_string().contains("price prior"));
}

/// What is wrong with a file, the file, and a part of what is said. `fine` = it is replayed all the
/// same.
fn bad_files() -> Vec<(&'static str, String, &'static str)> {
    let with = |from: &str, to: &str| rows(60).replacen(from, to, 1);
    let every = |from: &str, to: &str| rows(60).replace(from, to);
    vec![
        ("sound", rows(60), "fine"),
        (
            "one answer missing",
            with("\"arm 2\": [", "\"nobody\": ["),
            "fine",
        ),
        (
            "one answer not graded",
            with("\"arm 2\": [1", "\"arm 2\": [null"),
            "fine",
        ),
        (
            "no costs at all",
            every("0.002", "null").replace("0.0002", "null"),
            "fine",
        ),
        ("some costs missing", with("0.002", "null"), "fine"),
        ("no tokens", every(", 50, 100]", "]"), "fine"),
        ("empty prompts", every("sort", ""), "fine"),
        ("blank lines", every("\n", "\n\n"), "fine"),
        (
            "NaN",
            with("[1, 0.002", "[NaN, 0.002"),
            "line 1: expected value",
        ),
        (
            "infinite cost",
            with("0.002", "1e999"),
            "line 1: number out of range",
        ),
        (
            "negative cost",
            with("0.002", "-1"),
            "the cost is -1: expected a number of at least 0",
        ),
        (
            "quality over 1",
            with("[1, ", "[7, "),
            "the quality is 7: expected a number in [0, 1]",
        ),
        (
            "quality as words",
            with("[1, ", "[\"good\", "),
            "the quality is \"good\"",
        ),
        (
            "an id twice",
            with("\"id\": \"7\"", "\"id\": \"3\""),
            "line 8: the id \"3\" came before",
        ),
        (
            "ten rows",
            rows(10),
            "10 of 10 prompts have answers of all 4 arms: expected at least 20",
        ),
        ("no rows", String::new(), "0 arm(s)"),
        (
            "another format",
            "{\"question\": 1}\n".repeat(30),
            "line 1: missing field `id`",
        ),
    ]
}

#[test]
fn bad_datasets_are_refused_in_clear_words_or_played_rightly() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (what, text, said)) in bad_files().iter().enumerate() {
        let path = file(folder.path(), &format!("{at}.jsonl"), text);
        match run(path, &small()) {
            Ok(report) => {
                assert_eq!(*said, "fine", "{what}");
                let own = &report.datasets[0].own;
                assert!(own.aiq.is_finite() && own.g_whole.is_finite(), "{what}");
            }
            Err(error) => assert!(error.contains(said), "{what}: {error}"),
        }
    }
}

#[test]
fn one_arm_leaves_nothing_to_choose() {
    let line = |i| format!("{{\"id\":\"{i}\",\"prompt\":\"word {i}\",\"m\":{{\"a\":[1]}}}}\n");
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..40).map(line).collect();
    let error = run(file(folder.path(), "one.jsonl", &text), &small()).unwrap_err();
    assert!(error.contains("nothing to choose between"), "{error}");
}

#[test]
fn an_arm_that_seldom_answers_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = rows(60).replacen("{\"arm 0\"", "{\"seldom\": [1], \"arm 0\"", 1);
    let report = run(file(folder.path(), "seldom.jsonl", &text), &small()).unwrap();
    assert_eq!(report.datasets[0].sparse_arms, ["seldom"]);
    assert_eq!((report.datasets[0].arms, report.datasets[0].n), (4, 60));
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(folder.path().join("none.jsonl"), &small()).unwrap_err();
    assert!(missing.contains("none.jsonl"), "{missing}");
    let packed = file(folder.path(), "bad.jsonl.zst", "this is not zstd");
    let error = run(packed, &small()).unwrap_err();
    assert!(error.contains("cannot read"), "{error}");
}
