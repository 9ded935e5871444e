//! A dataset made ready for replay: every prompt as the learner sees it, every arm's graded answer.

use super::baselines::keywords;
use super::dataset::{DatasetError, Graded, MIN_ROWS, Row, rows};
use super::progress::Progress;
use super::sample::{Chosen, Sample};
use super::vectors::{EmbedError, VectorCache};
use crate::domain::{ArmId, Context, Price};
use crate::learn::context;
use std::collections::BTreeMap;
use std::path::Path;

/// A dataset in memory, arms in columns.
#[derive(Clone, Debug)]
pub struct World {
    /// The file's name without its endings.
    pub name: String,
    /// Real names of the arms, for the report; routers see `arm-0`, `arm-1` ...
    pub arms: Vec<String>,
    /// List prices, from the file's costs and tokens; what a live router would be told.
    pub prices: Vec<Option<Price>>,
    /// Rows of the file.
    pub seen: usize,
    /// Rows that not all arms answered; left out.
    pub incomplete: usize,
    /// Arms that answered less than half of the prompts; left out.
    pub sparse_arms: Vec<String>,
    /// The prompts.
    pub prompts: Vec<Prompt>,
    /// Answers by prompt and arm, row-major.
    pub answers: Vec<Graded>,
}

/// One prompt.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// As the product's learner sees it.
    pub context: Context,
    /// The same as one vector of unit norm, for baselines.
    pub vector: Vec<f32>,
    /// What the words say it is.
    pub keyword: usize,
    /// Task by number; only for the cheating baseline.
    pub task: usize,
}

impl Prompt {
    fn new(context: Context, keyword: usize, task: usize) -> Self {
        let mut vector = Vec::new();
        context::vector(&context, &mut vector);
        Self {
            context,
            vector,
            keyword,
            task,
        }
    }
}

impl World {
    /// Reads and embeds a dataset, at most `limit` of its prompts (a fixed sample of a longer one).
    ///
    /// # Errors
    /// Where it cannot be read, a line is wrong, or it is too small to replay.
    pub fn read(
        path: &Path,
        cache: &mut VectorCache<'_>,
        limit: usize,
    ) -> Result<Self, WorldError> {
        let mut sample = Sample::new(limit);
        rows(path, |row| sample.take(row))?;
        let Chosen {
            rows: kept,
            arms,
            seen,
            sparse_arms,
            incomplete,
        } = sample.choose();
        check(path, &kept, &arms, seen - incomplete)?;
        let mut world = Self {
            name: stem(path),
            prices: Vec::new(),
            seen,
            incomplete,
            sparse_arms,
            prompts: Vec::with_capacity(kept.len()),
            answers: kept
                .iter()
                .flat_map(|row| row.answers.values().copied())
                .collect(),
            arms,
        };
        world.default_costs();
        world.prices = (0..world.arms.len()).map(|a| world.price(a)).collect();
        world.embed(&kept, cache)?;
        Ok(world)
    }

    fn embed(&mut self, kept: &[Row], cache: &mut VectorCache<'_>) -> Result<(), EmbedError> {
        let fresh = kept.iter().filter(|row| !cache.knows(&row.prompt)).count();
        let progress = Progress::new(format!("embedding {}", self.name), fresh);
        let mut tasks = BTreeMap::new();
        for row in kept {
            if !cache.knows(&row.prompt) {
                progress.step();
            }
            let embedding = cache.embedding(&row.prompt)?;
            let context = context::build(&embedding, &row.prompt);
            let next = tasks.len();
            let task = *tasks.entry(row.task.clone()).or_insert(next);
            self.prompts
                .push(Prompt::new(context, keywords::class(&row.prompt), task));
        }
        cache.save()
    }

    /// The same world as a learner without surface features sees it.
    #[must_use]
    pub fn without_surface(&self) -> Self {
        let mut world = self.clone();
        for prompt in &mut world.prompts {
            let context = Context {
                surface: [].into(),
                ..prompt.context.clone()
            };
            *prompt = Prompt::new(context, prompt.keyword, prompt.task);
        }
        world
    }

    /// The answer of an arm to a prompt.
    #[must_use]
    pub fn answer(&self, prompt: usize, arm: usize) -> &Graded {
        &self.answers[prompt * self.arms.len() + arm]
    }

    /// Its cost in US dollars.
    #[must_use]
    pub fn cost(&self, prompt: usize, arm: usize) -> f64 {
        self.answer(prompt, arm).cost_usd.unwrap_or(0.0)
    }

    /// Name of an arm as routers see it.
    #[must_use]
    pub fn alias(arm: usize) -> ArmId {
        ArmId::from(format!("arm-{arm}"))
    }

    /// Mean quality and cost of an arm over some prompts.
    #[must_use]
    pub fn means(&self, arm: usize, prompts: &[usize]) -> (f64, f64) {
        let n = prompts.len().max(1) as f64;
        let sum = prompts.iter().fold((0.0, 0.0), |(q, c), &i| {
            (q + self.answer(i, arm).quality, c + self.cost(i, arm))
        });
        (sum.0 / n, sum.1 / n)
    }

    /// Where a file has no costs at all, all arms cost the same; where some are missing, the mean of
    /// the arm's others stands in.
    fn default_costs(&mut self) {
        let arms = self.arms.len();
        for a in 0..arms {
            let column = || (a..self.answers.len()).step_by(arms);
            let known: Vec<f64> = column()
                .filter_map(|at| self.answers[at].cost_usd)
                .collect();
            let mean = if known.is_empty() {
                0.001
            } else {
                known.iter().sum::<f64>() / known.len() as f64
            };
            for at in (a..self.answers.len()).step_by(arms) {
                self.answers[at].cost_usd.get_or_insert(mean);
            }
        }
    }

    /// The list price that explains an arm's costs: from tokens by least squares where the file has
    /// them; else such that a typical call costs what this arm's calls cost on average.
    fn price(&self, arm: usize) -> Option<Price> {
        let mut sums = [0.0f64; 5];
        let mut total = 0.0;
        for i in 0..self.answers.len() / self.arms.len() {
            let graded = self.answer(i, arm);
            total += graded.cost_usd?;
            if let (Some(x), Some(y)) = (graded.input_tokens, graded.output_tokens) {
                let cost = graded.cost_usd?;
                for (sum, term) in sums
                    .iter_mut()
                    .zip([x * x, x * y, y * y, x * cost, y * cost])
                {
                    *sum += term;
                }
            }
        }
        let [xx, xy, yy, xc, yc] = sums;
        let determinant = xx * yy - xy * xy;
        let per_mtok = |input: f64, output: f64| Price {
            input_per_mtok: input * 1e6,
            output_per_mtok: output * 1e6,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None,
        };
        if determinant > 1e-6 * xx * yy {
            let input = (xc * yy - yc * xy) / determinant;
            let output = (yc * xx - xc * xy) / determinant;
            if input >= 0.0 && output >= 0.0 {
                return Some(per_mtok(input, output));
            }
        }
        if xx + yy > 0.0 {
            let flat = (xc + yc) / (xx + 2.0 * xy + yy).max(1e-9);
            return Some(per_mtok(flat, flat));
        }
        let each = total / (self.answers.len() / self.arms.len()) as f64 / 800.0;
        Some(per_mtok(each, each))
    }
}

/// Why a dataset cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The file.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The embedding.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

fn check(path: &Path, kept: &[Row], names: &[String], seen: usize) -> Result<(), DatasetError> {
    let unfit = |what: String| {
        Err(DatasetError::Unfit {
            path: path.to_owned(),
            what,
        })
    };
    if names.len() < 2 {
        return unfit(format!(
            "{} arm(s): nothing to choose between; expected two or more",
            names.len()
        ));
    }
    if kept.len() < MIN_ROWS {
        return unfit(format!(
            "{} of {seen} prompts have answers of all {} arms: expected at least {MIN_ROWS}",
            kept.len(),
            names.len()
        ));
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    name.split(".jsonl").next().unwrap_or(&name).to_owned()
}
