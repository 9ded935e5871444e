//! What the words of a prompt say it is: the map that many routers are, in a few lines.

/// Kinds of prompts that words can tell apart.
pub const CLASSES: usize = 6;

/// 0 code, 1 mathematics, 2 choice between options, 3 short question, 4 writing, 5 anything else.
#[must_use]
pub fn class(prompt: &str) -> usize {
    let text = prompt.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "```", "def ", "function", "python", "code", "class ", "sql", "bug",
    ]) {
        0
    } else if has(&[
        "solve",
        "calculate",
        "how many",
        "equation",
        "\\frac",
        "$",
        "sum of",
        "percent",
    ]) {
        1
    } else if has(&["\nb)", "\nb.", "(b)", "b: ", "options"]) {
        2
    } else if has(&[
        "write",
        "story",
        "poem",
        "essay",
        "email",
        "summar",
        "translate",
    ]) {
        4
    } else if text.len() < 200 && text.contains('?') {
        3
    } else {
        5
    }
}

use crate::replay::{Ask, Router, Taught, World};

/// The static map: code and mathematics to the dearest arm, options and writing to the middle one,
/// the rest to the cheapest, by list price.
pub struct Map {
    by_price: Vec<usize>,
}

impl Map {
    /// The map for these arms.
    pub fn new(world: &World) -> Self {
        let price = |a: usize| world.prices[a].map_or(0.0, |p| p.blended_per_mtok());
        let mut by_price: Vec<usize> = (0..world.arms.len()).collect();
        by_price.sort_by(|a, b| price(*a).total_cmp(&price(*b)));
        Self { by_price }
    }
}

impl Router for Map {
    fn choose(&mut self, world: &World, ask: &Ask) -> usize {
        let open: Vec<usize> = self
            .by_price
            .iter()
            .copied()
            .filter(|a| Some(*a) != ask.closed)
            .collect();
        match world.prompts[ask.prompt].keyword {
            0 | 1 => open[open.len() - 1],
            2 | 4 => open[open.len() / 2],
            _ => open[0],
        }
    }

    fn learn(&mut self, _: &World, _: &Taught) {}
}
