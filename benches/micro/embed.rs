//! From text to a vector: the tokeniser, the table within the binary, the cache before it.

use crate::sample;
use divan::{Bencher, black_box};
use futures_util::FutureExt as _;
use pointsman::embed::{EmbedService, StaticTable};
use std::time::Duration;

const TOKENS: [usize; 4] = [8, 32, 128, 256];

#[divan::bench(args = TOKENS)]
fn tokenise(bencher: Bencher<'_, '_>, tokens: usize) {
    let (table, text) = (StaticTable::built_in(), sample::text(tokens));
    let words = table.words();
    assert_eq!(words.encode(&text).len(), tokens);
    bencher.bench(|| words.encode(black_box(&text)));
}

#[divan::bench(args = TOKENS)]
fn static_table(bencher: Bencher<'_, '_>, tokens: usize) {
    let (table, text) = (StaticTable::built_in(), sample::text(tokens));
    bencher.bench(|| table.vector(black_box(&text)).unwrap());
}

#[divan::bench(args = TOKENS)]
fn cached(bencher: Bencher<'_, '_>, tokens: usize) {
    let (service, text) = (EmbedService::built_in(1000), sample::text(tokens));
    let ask = |text: &str| {
        let asked = service.embed(text, Duration::from_secs(1)).now_or_never();
        asked.unwrap().unwrap()
    };
    ask(&text);
    assert!(ask(&text).cached);
    bencher.bench_local(|| ask(black_box(&text)));
}
