//! Chance that depends on nothing but a seed and words: the same question gets the same draw, in
//! whatever order and on whatever thread it is asked.

/// A uniform number in [0, 1).
pub(super) fn unit(seed: u64, words: &[&str]) -> f64 {
    (word(seed, words) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number of mean 0 and standard deviation 1, within ±3.5: the sum of twelve uniform ones, bounded.
pub(super) fn normal(seed: u64, words: &[&str]) -> f64 {
    let mut state = word(seed, words);
    let sum: f64 = (0..12)
        .map(|_| {
            state = mix(state);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
        .sum();
    (sum - 6.0).clamp(-3.5, 3.5)
}

/// One of `n` (at least 1) choices.
pub(super) fn choice(seed: u64, words: &[&str], n: usize) -> usize {
    ((unit(seed, words) * n as f64) as usize).min(n.saturating_sub(1))
}

/// 64 bits of a hash.
pub(super) fn word(seed: u64, words: &[&str]) -> u64 {
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes());
    for word in words {
        hash.update(&(word.len() as u64).to_le_bytes());
        hash.update(word.as_bytes());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// One step of splitmix64 (Steele, Lea and Flood 2014).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_their_mean_and_spread_and_depend_on_every_word() {
        let names: Vec<String> = (0..2000).map(|i| i.to_string()).collect();
        let draws: Vec<f64> = names.iter().map(|n| normal(7, &[n])).collect();
        let mean = draws.iter().sum::<f64>() / 2000.0;
        let sd = (draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
        assert!(mean.abs() < 0.1 && (sd - 1.0).abs() < 0.1, "{mean} {sd}");
        assert_ne!(word(1, &["ab", "c"]), word(1, &["a", "bc"]));
        assert_ne!(word(1, &["a"]), word(2, &["a"]));
    }
}
