//! What the learner sees of a prompt: its embedding, rounded once, and surface features of its text.
//!
//! Surface features say what an embedding blurs: length, digits, answer options, code, formulas.
//! The text itself is not kept.

use crate::domain::Context;

/// How many surface features a context has.
pub const SURFACE_FEATURES: usize = 16;

/// Bytes of the text that the features look at; the rest says nothing new.
const SCANNED_BYTES: usize = 16 * 1024;

/// Makes the context of a prompt from its embedding (any length, need not be of unit norm) and its
/// text. Components that are not finite count as 0.
#[must_use]
pub fn build(embedding: &[f32], text: &str) -> Context {
    let finite = |x: f32| if x.is_finite() { x } else { 0.0 };
    let largest = embedding
        .iter()
        .fold(0.0f32, |m, &x| m.max(finite(x).abs()));
    let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let units: Vec<i8> = embedding
        .iter()
        .map(|&x| rounded((finite(x) / step).clamp(-127.0, 127.0)))
        .collect();
    let norm = units
        .iter()
        .map(|&u| f64::from(u) * f64::from(u))
        .sum::<f64>()
        .sqrt();
    Context {
        units: units.into(),
        scale: if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 },
        surface: surface(text).to_vec().into(),
    }
}

/// To the nearest, halves away from 0; without a call into the mathematical library.
fn rounded(x: f32) -> i8 {
    (x + 0.5f32.copysign(x)) as i8
}

/// Surface features of a text, each roughly of mean 0 and deviation 1 over mixed traffic, in [-3, 3].
#[must_use]
pub fn surface(text: &str) -> [f32; SURFACE_FEATURES] {
    let mut end = text.len().min(SCANNED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let counts = Counts::of(&text[..end]);
    let chars = counts.chars.max(1.0);
    let share = |n: f32| n / chars;
    let words = counts.words.max(1.0);
    let raw = [
        ((text.len() as f32 + 1.0).ln() - 5.6) / 1.1,
        (chars / words - 5.8) / 1.2,
        (share(counts.digits) - 0.02) / 0.04,
        if counts.options >= 3.0 { 1.6 } else { -0.6 },
        (counts.code.min(6.0) - 0.7) / 1.6,
        (counts.formula.min(6.0) - 0.6) / 1.6,
        if counts.ends_with_question { 1.0 } else { -1.0 },
        ((counts.lines + 1.0).ln() - 1.2) / 0.9,
        if counts.imperative { 1.6 } else { -0.6 },
        (share(counts.operators) - 0.008) / 0.015,
        (share(counts.upper) - 0.035) / 0.035,
        (share(counts.quotes) - 0.006) / 0.012,
        if counts.cloze { 2.2 } else { -0.3 },
        if counts.wh { 1.2 } else { -0.7 },
        (share(counts.foreign) - 0.01) / 0.06,
        ((counts.numbers + 1.0).ln() - 1.0) / 0.9,
    ];
    raw.map(|x| x.clamp(-3.0, 3.0))
}

/// What one pass over the text counts.
#[derive(Default)]
struct Counts {
    chars: f32,
    words: f32,
    lines: f32,
    digits: f32,
    numbers: f32,
    upper: f32,
    quotes: f32,
    foreign: f32,
    operators: f32,
    options: f32,
    code: f32,
    formula: f32,
    ends_with_question: bool,
    imperative: bool,
    cloze: bool,
    wh: bool,
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        let mut last = ' ';
        for c in text.chars() {
            counts.character(c, last);
            last = c;
        }
        for line in text.lines() {
            counts.line(line.trim());
        }
        counts.opening(text);
        counts
    }

    fn character(&mut self, c: char, last: char) {
        self.chars += 1.0;
        if !c.is_whitespace() && last.is_whitespace() {
            self.words += 1.0;
        }
        match c {
            '0'..='9' => {
                self.digits += 1.0;
                self.numbers += f32::from(u8::from(!last.is_ascii_digit()));
            }
            'A'..='Z' => self.upper += 1.0,
            '"' | '\'' | '`' => self.quotes += 1.0,
            '=' | '+' | '*' | '/' | '^' | '<' | '>' | '%' => self.operators += 1.0,
            '$' | '\\' => self.formula += 0.5,
            '{' | '}' | ';' => self.code += 0.5,
            c if !c.is_ascii() => self.foreign += 1.0,
            _ => {}
        }
        if last == '_' && c == '_' {
            self.cloze = true;
        }
    }

    /// Marks that stand at the start of a line, or anywhere in it.
    fn line(&mut self, line: &str) {
        self.lines += 1.0;
        let mut chars = line.trim_start_matches(['(', '[']).chars();
        let letter = chars
            .next()
            .is_some_and(|c| matches!(c, 'A'..='J' | 'a'..='j' | '1'..='9'));
        if letter
            && chars
                .next()
                .is_some_and(|c| matches!(c, '.' | ')' | ':' | ']'))
        {
            self.options += 1.0;
        }
        const CODE: [&str; 10] = [
            "```", "def ", "return ", "import ", "class ", "fn ", "assert", "SELECT ", "function",
            "->",
        ];
        self.code += CODE.iter().filter(|mark| line.contains(**mark)).count() as f32;
        self.cloze |= line
            .split(' ')
            .any(|word| word.trim_end_matches('.') == "_");
    }

    fn opening(&mut self, text: &str) {
        const COMMANDS: [&str; 26] = [
            "write",
            "explain",
            "give",
            "list",
            "create",
            "find",
            "solve",
            "compute",
            "calculate",
            "describe",
            "summarize",
            "translate",
            "implement",
            "generate",
            "make",
            "fix",
            "convert",
            "prove",
            "determine",
            "evaluate",
            "tell",
            "show",
            "build",
            "draft",
            "rewrite",
            "please",
        ];
        const ASKING: [&str; 9] = [
            "what", "which", "who", "where", "when", "why", "how", "whose", "whom",
        ];
        let first: String = text
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphabetic())
            .take(12)
            .flat_map(char::to_lowercase)
            .collect();
        self.imperative = COMMANDS.contains(&first.as_str());
        self.wh = ASKING.contains(&first.as_str());
        self.ends_with_question = text.trim_end().ends_with('?');
    }
}

/// Weight of one surface feature beside the unit-norm embedding.
pub const SURFACE_WEIGHT: f32 = 0.12;

/// The context as one vector of unit norm: embedding, then weighted surface features.
/// `into` is cleared first. An empty or absurd context gives a zero vector.
pub fn vector(context: &Context, into: &mut Vec<f32>) {
    into.clear();
    let scale = if context.scale.is_finite() {
        context.scale
    } else {
        0.0
    };
    into.extend(context.units.iter().map(|&u| f32::from(u) * scale));
    into.extend(context.surface.iter().map(|&s| {
        if s.is_finite() {
            s.clamp(-3.0, 3.0) * SURFACE_WEIGHT
        } else {
            0.0
        }
    }));
    let norm = dot(into, into).sqrt();
    if norm > 0.0 && norm.is_finite() {
        into.iter_mut().for_each(|x| *x /= norm);
    } else {
        into.iter_mut().for_each(|x| *x = 0.0);
    }
}

/// Inner product. The same on every machine: wider registers hold the same eight sums.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn wide(a: &[f32], b: &[f32]) -> f32 {
            in_eight_sums(a, b)
        }
        // SAFETY: the processor has what the function was compiled for.
        #[allow(unsafe_code)]
        return unsafe { wide(a, b) };
    }
    in_eight_sums(a, b)
}

/// Independent sums, so that the compiler can use vector registers.
#[inline(always)]
fn in_eight_sums(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (x, y) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
