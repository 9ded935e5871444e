//! Prompts made up from numbers: the same number gives the same text in each run.

/// Common words, one token each; eight to a subject, so that prompts have kinds to be learned.
const SUBJECTS: [[&str; 8]; 12] = [
    [
        "function", "code", "python", "class", "loop", "error", "array", "compile",
    ],
    [
        "proof", "number", "equation", "theorem", "sum", "prime", "integral", "matrix",
    ],
    [
        "poem",
        "story",
        "verse",
        "character",
        "novel",
        "rhyme",
        "chapter",
        "hero",
    ],
    [
        "translate",
        "french",
        "german",
        "sentence",
        "grammar",
        "spanish",
        "phrase",
        "language",
    ],
    [
        "doctor",
        "patient",
        "disease",
        "heart",
        "blood",
        "medicine",
        "treatment",
        "pain",
    ],
    [
        "law", "court", "contract", "judge", "rights", "crime", "appeal", "property",
    ],
    [
        "market", "price", "stock", "bank", "profit", "trade", "tax", "money",
    ],
    [
        "war",
        "king",
        "empire",
        "century",
        "revolution",
        "treaty",
        "battle",
        "queen",
    ],
    [
        "planet", "star", "energy", "light", "gravity", "atom", "orbit", "wave",
    ],
    [
        "recipe", "bread", "sugar", "kitchen", "oven", "butter", "meal", "salt",
    ],
    [
        "river", "mountain", "island", "city", "ocean", "desert", "border", "map",
    ],
    [
        "team", "game", "player", "season", "coach", "league", "score", "match",
    ],
];
const COMMON: [&str; 16] = [
    "the", "what", "of", "write", "about", "and", "how", "with", "explain", "in", "for", "why",
    "that", "between", "short", "is",
];

/// Which texts are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompts {
    /// Number of the first text: runs that shall share no text begin far apart.
    pub from: u64,
    /// Different texts before they come again; `None` = each is new.
    pub different: Option<u64>,
    /// Length of each text in words; each of them is one token.
    pub words: usize,
}

impl Prompts {
    /// The text of call `n`.
    #[must_use]
    pub fn text(&self, n: u64) -> String {
        let n = self.different.map_or(n, |different| n % different.max(1));
        let n = n.wrapping_add(self.from);
        let subject = &SUBJECTS[(mixed(n) % SUBJECTS.len() as u64) as usize];
        let mut text = String::with_capacity(self.words * 8);
        for place in 0..self.words as u64 {
            let draw = mixed(n.wrapping_mul(0x1_0000_01b3) ^ place.wrapping_add(1));
            let word = match draw % 8 {
                0..4 => subject[(draw >> 8) as usize % subject.len()],
                4..7 => COMMON[(draw >> 8) as usize % COMMON.len()],
                _ => SUBJECTS[(draw >> 16) as usize % SUBJECTS.len()][(draw >> 8) as usize % 8],
            };
            if place > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }
}

/// SplitMix64's finaliser.
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
