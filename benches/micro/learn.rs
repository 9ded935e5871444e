//! What the learner sees of a prompt, which class it is, and what a judgement costs.

use crate::sample::{self, Size};
use divan::{Bencher, black_box};
use pointsman::learn;

#[divan::bench(args = [8, 32, 128, 256])]
fn context_build(bencher: Bencher<'_, '_>, tokens: usize) {
    let (embedding, text) = (sample::embedding(0), sample::text(tokens));
    bencher.bench(|| learn::context::build(black_box(&embedding), black_box(&text)));
}

#[divan::bench(args = [64, 1000])]
fn classify(bencher: Bencher<'_, '_>, classes: usize) {
    let knowledge = sample::learner(Size::of(classes, 2)).knowledge();
    let prompt = sample::prompt(classes / 2);
    bencher.bench(|| knowledge.classify(black_box(&prompt)).unwrap());
}

/// Samples are as long as the learner's longest usual pause between two refreshes of the
/// knowledge, so that each judgement bears its share of one.
#[divan::bench(args = [Size::of(64, 10), Size::of(64, 50)], sample_size = 20)]
fn apply_judgement(bencher: Bencher<'_, '_>, size: Size) {
    let mut learner = sample::learner(size);
    let facts: Vec<_> = (0..1000).map(|round| sample::judged(round, size)).collect();
    let mut facts = facts.iter().cycle();
    bencher.bench_local(|| learner.apply(black_box(facts.next().unwrap())));
}

/// Working all knowledge out anew. Declaring the arms that there are does that and little else.
#[divan::bench(args = [Size::of(64, 10), Size::of(64, 50), Size::of(1000, 50)])]
fn publish(bencher: Bencher<'_, '_>, size: Size) {
    let mut learner = sample::learner(size);
    let priors = sample::priors(size.arms);
    bencher.bench_local(|| {
        learner.declare(black_box(&priors));
        learner.knowledge()
    });
}
