//! The decision itself: classification, estimates, distribution, draw; and the plan made of it.

use crate::sample::{self, NOW_MS, Size};
use divan::{Bencher, black_box};
use pointsman::decide::{self, Candidate, Inputs, plan};

pub fn candidates(arms: usize) -> Vec<Candidate> {
    (0..arms)
        .map(|number| Candidate::new(sample::arm(number), Some(sample::price(number))))
        .collect()
}

#[divan::bench(args = [Size::of(64, 2), Size::of(64, 10), Size::of(64, 50), Size::of(1000, 50)])]
fn rank(bencher: Bencher<'_, '_>, size: Size) {
    let knowledge = sample::learner(size).knowledge();
    let candidates = candidates(size.arms);
    let prompts: Vec<_> = (0..size.classes).map(sample::prompt).collect();
    let mut seed = 0;
    bencher.bench_local(|| {
        seed += 1;
        let inputs = Inputs {
            context: Some(&prompts[seed as usize % prompts.len()]),
            seed,
            now_ms: NOW_MS,
            input_tokens: 200,
            ..Inputs::new(&knowledge, &candidates)
        };
        decide::rank(black_box(&inputs)).unwrap()
    });
}

#[divan::bench(args = [2, 10, 50])]
fn plan(bencher: Bencher<'_, '_>, arms: usize) {
    let knowledge = sample::learner(Size::of(64, arms)).knowledge();
    let candidates = candidates(arms);
    let ranking = decide::rank(&Inputs::new(&knowledge, &candidates)).unwrap();
    let options = plan::Options::default();
    bencher.bench(|| plan::build(black_box(&ranking), black_box(&options)));
}
