//! Vectors against a slow reading of the table by other people's crates.

use super::*;

/// The table's vector by way of other people's crates only.
fn slow_vector(text: &str) -> Vec<f32> {
    let tokenizer = tokenizers::Tokenizer::from_bytes(TOKENIZER).unwrap();
    let tensors = SafeTensors::deserialize(TABLE).unwrap();
    let data = tensors.tensor("embeddings").unwrap().data();
    let mut sum = vec![0f64; 256];
    for &id in tokenizer.encode_fast(text, false).unwrap().get_ids() {
        let row = &data[id as usize * 512..][..512];
        for (sum, half) in sum.iter_mut().zip(row.chunks_exact(2)) {
            *sum += slow_half(u16::from_le_bytes([half[0], half[1]]));
        }
    }
    let norm = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    sum.iter().map(|x| (x / norm) as f32).collect()
}

/// By the definition: sign, exponent of bias 15, ten bits of fraction.
fn slow_half(half: u16) -> f64 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 31), f64::from(half & 1023) / 1024.0);
    match exponent {
        0 => sign * fraction * 2f64.powi(-14),
        _ => sign * (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

#[test]
fn every_finite_half_widens_exactly() {
    for half in (0..=u16::MAX).filter(|half| half >> 10 & 31 != 31) {
        assert_eq!(f64::from(widened(half)), slow_half(half), "{half:#06x}");
    }
}

#[test]
fn vectors_are_those_of_the_table() {
    let table = StaticTable::built_in();
    for text in [
        "Hello, World!",
        "def f(x): return x ** 2",
        "Was ist die Hauptstadt von Österreich?",
    ] {
        let (fast, slow) = (table.vector(text).unwrap(), slow_vector(text));
        let worst = fast
            .iter()
            .zip(&slow)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(worst < 1e-6, "{text}: {worst}");
    }
}

#[test]
fn the_table_is_finite() {
    let table = StaticTable::built_in();
    let infinite = |half: &[u8]| u16::from_le_bytes([half[0], half[1]]) >> 10 & 31 == 31;
    assert!(!table.rows.chunks_exact(2).any(infinite));
    assert_eq!(table.dimensions(), 256);
}

#[test]
fn the_fingerprint_is_that_of_the_files() {
    let found = crate::embed::minilm::fingerprint("static-256", [TABLE, TOKENIZER]);
    assert_eq!(found, STATIC_FINGERPRINT);
}

#[test]
fn a_text_of_no_known_word_fails_in_plain_words() {
    let table = StaticTable::built_in();
    for text in ["", " \n\t ", "🦀🦀", "[PAD]", "\u{0}"] {
        let error = table.vector(text).unwrap_err();
        assert!(
            error.to_string().contains("knows no word"),
            "{text:?}: {error}"
        );
    }
}

#[test]
fn a_table_of_another_shape_is_refused() {
    let one = [0u8; 8];
    let view = safetensors::tensor::TensorView::new(Dtype::F32, vec![1, 2], &one).unwrap();
    let bytes = safetensors::serialize([("embeddings", view)], None).unwrap();
    let error = StaticTable::parse(bytes.leak(), TOKENIZER)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("F32") && error.contains("30522"), "{error}");
}
