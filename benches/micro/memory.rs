//! Remembering decisions among ten arms, one by one and as the recorder groups them.

use crate::{
    decide::candidates,
    sample::{self, NOW_MS, Size},
};
use divan::{Bencher, counter::ItemsCount};
use pointsman::{
    decide::{Inputs, plan, rank},
    domain::{Decision, DecisionId, Weights},
    memory::{Batch, Identity, Memory, Settings},
};
use std::sync::Arc;

/// The largest share is sled's log, written on to the operating system; no fsync.
#[divan::bench(args = [1, 16], max_time = 2)]
fn append(bencher: Bencher<'_, '_>, decisions: usize) {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity {
        embedder: "benchmark@00000000".to_owned(),
        dimensions: 384,
    };
    let (memory, _) = Memory::open(folder.path(), Settings::default(), &identity, NOW_MS).unwrap();
    let template = decision();
    let mut number = 0;
    let batch = || {
        let mut next = || {
            number += 1;
            let id = DecisionId::from_parts(NOW_MS + number, u128::from(number));
            Arc::new(Decision {
                id,
                ..template.clone()
            })
        };
        Batch {
            decisions: (0..decisions).map(|_| next()).collect(),
            ..Batch::default()
        }
    };
    bencher
        .counter(ItemsCount::new(decisions))
        .with_inputs(batch)
        .bench_local_values(|batch| {
            let appended = memory.append(&batch).unwrap();
            assert!(appended.refused.is_empty());
            batch
        });
}

fn decision() -> Decision {
    let knowledge = sample::learner(Size::of(64, 10)).knowledge();
    let (prompt, candidates) = (sample::prompt(0), candidates(10));
    let inputs = Inputs {
        context: Some(&prompt),
        ..Inputs::new(&knowledge, &candidates)
    };
    let ranking = rank(&inputs).unwrap();
    let plan = plan::build(&ranking, &plan::Options::default());
    Decision {
        id: DecisionId::from_parts(NOW_MS, 0),
        request_id: Some("request".to_owned()),
        tenant: Some("tenant".to_owned()),
        session: None,
        tags: vec![("team".to_owned(), "search".to_owned())],
        requested: Some("auto".to_owned()),
        policy: "balanced".to_owned(),
        strategy: "adaptive".to_owned(),
        weights: Weights::BALANCED,
        input_tokens: 200,
        context: Some(prompt),
        degradation: None,
        dropped: Vec::new(),
        cached: None,
        seed: 0,
        ranking,
        excluded: Vec::new(),
        plan,
        decide_only: false,
        prompt: None,
    }
}
