//! A vote that splits, and a judge.

use super::*;

/// Three arms that answer 1, 2 and 3 (a split), and what the judge replies; its letters stand for
/// the arms in the order of the plan, because the seed is 0.
async fn ran(judge: Turn) -> Ran {
    let answers = ["1", "2", "3"].map(|text| vec![Turn::answer([text])]);
    let names = ["a", "b", "c"];
    let mut scripts: Vec<(&str, Vec<Turn>)> = names.into_iter().zip(answers).collect();
    scripts.push(("j", vec![judge]));
    let stage = stage(&scripts, CallLimits::default(), Settings::default());
    let mut plan = plan(&[("a", 1), ("b", 1), ("c", 1)], 3);
    plan.fan_out = Some(FanOut {
        arms: names.map(Into::into).to_vec(),
        mode: FanOutMode::Majority,
        judge: Some("j".into()),
    });
    let cancel = CancellationToken::new();
    let limits = Limits::default();
    stage
        .dispatcher
        .run(&plan, &request(), limits, &cancel)
        .await
}

#[tokio::test(start_paused = true)]
async fn the_judge_chooses_where_too_few_agree() {
    let ran = ran(Turn::answer([
        "{\"scores\": {\"A\": 0.1, \"B\": 0.3, \"C\": 0.9}}",
    ]))
    .await;
    assert_eq!(ran.completion.unwrap().text(), "3");
    assert_eq!(ran.served_by, Some("c".into()));
    let judging = ran.judging.unwrap();
    let scores: Vec<String> = judging
        .scores
        .iter()
        .map(|(arm, quality)| format!("{arm} {quality}"))
        .collect();
    assert_eq!(scores, ["a 0.1", "b 0.3", "c 0.9"]);
    assert!(judging.attempt.unwrap().cost_usd.is_some());
    let mut arms: Vec<&str> = ran.attempts.iter().map(|one| one.arm.as_str()).collect();
    arms.sort_unstable();
    assert_eq!(
        arms,
        ["a", "b", "c"],
        "the judge's call is none of the attempts"
    );
}

#[tokio::test(start_paused = true)]
async fn where_the_judge_fails_the_largest_group_stands() {
    for turn in [
        Turn::fault(FaultKind::ServerError),
        Turn::answer(["I like all of them."]),
        Turn::hang(),
    ] {
        let ran = ran(turn).await;
        assert_eq!(ran.completion.unwrap().text(), "1");
        let judging = ran.judging.unwrap();
        assert!(judging.failure.is_some() && judging.scores.is_empty());
        assert!(judging.attempt.is_some());
    }
}
