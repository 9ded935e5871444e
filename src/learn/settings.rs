//! What an operator may set about learning. The defaults are what the replays were tuned to.

/// Settings of the learner. Bounds hold for its memory; strengths are standard deviations of
/// quality in [0, 1], absolute, so that they mean the same whatever the noise of the judgements.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Prompt classes at most, 1 to 4096.
    pub max_classes: usize,
    /// Coarse groups of classes at most.
    pub max_groups: usize,
    /// Arms remembered at most (those of the configuration and those that left).
    pub max_arms: usize,
    /// Named callers whose share of the evidence is tracked, at most.
    pub max_callers: usize,
    /// Cosine below which a prompt founds a class of its own while there is room.
    pub found_below: f32,
    /// How far arms differ in quality before anything is known.
    pub spread_level: f64,
    /// How far groups of classes differ in difficulty.
    pub spread_difficulty: f64,
    /// How far an arm's strength differs between groups of classes.
    pub spread_group: f64,
    /// How far an arm's strength differs between classes of one group.
    pub spread_class: f64,
    /// Quality expected for each doubling of the list price over the median.
    pub price_slope: f64,
    /// Share of the posterior deviation of an arm's level that exploration uses.
    pub explore_level: f64,
    /// Share of the posterior deviation of an arm's strength in a class that exploration uses.
    pub explore_class: f64,
    /// Draw alike for all prompts of a class for a few choices, so that a paraphrase keeps its
    /// arm. Each choice is as probable as without; neighbouring draws are not independent.
    pub steady: bool,
    /// Makes the steady draws of one router differ from another's.
    pub root: u64,
    /// Look for changes of an arm's quality. Off only to measure what that is worth.
    pub detect_drift: bool,
    /// Try a demoted arm again now and then. Off only to measure what that is worth.
    pub probes: bool,
    /// Share of an arm's evidence that is kept when it became better than it was, or worse for good.
    pub keep_on_drift: f64,
    /// Share of an arm's evidence that outlives each further judgement of it, in [0.5, 1]: 0.998
    /// remembers about 500 judgements, 1 all of them.
    pub forgetting: f64,
    /// Weight of one judgement by each kind of source.
    pub sources: SourceWeights,
    /// Share of the evidence that one of several named callers may hold, in (0, 1].
    pub max_caller_share: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_classes: 64,
            max_groups: 16,
            max_arms: 256,
            max_callers: 256,
            found_below: 0.7,
            spread_level: 0.10,
            spread_difficulty: 0.20,
            spread_group: 0.10,
            spread_class: 0.07,
            price_slope: 0.03,
            explore_level: 0.3,
            explore_class: 0.15,
            steady: true,
            root: 0,
            detect_drift: true,
            probes: true,
            keep_on_drift: 0.1,
            forgetting: 1.0,
            sources: SourceWeights::default(),
            max_caller_share: 0.5,
        }
    }
}

/// Weight of one judgement by its source, 0 (switched off) to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceWeights {
    /// A caller's feedback.
    pub caller: f64,
    /// Agreement in a fan-out.
    pub agreement: f64,
    /// A broken JSON schema.
    pub schema: f64,
    /// An empty or cut answer.
    pub truncation: f64,
    /// The same prompt again at once.
    pub quick_retry: f64,
    /// Another arm's judgement.
    pub judge: f64,
}

impl Default for SourceWeights {
    fn default() -> Self {
        Self {
            caller: 1.0,
            agreement: 0.3,
            schema: 0.5,
            truncation: 0.5,
            quick_retry: 0.3,
            judge: 0.7,
        }
    }
}

impl Settings {
    /// With every value in its range; what is not a number becomes the default.
    #[must_use]
    pub fn bounded(self) -> Self {
        let d = Self::default();
        let within = |value: f64, low: f64, high: f64, default: f64| {
            if value.is_finite() {
                value.clamp(low, high)
            } else {
                default
            }
        };
        Self {
            max_classes: self.max_classes.clamp(1, 4096),
            max_groups: self.max_groups.clamp(1, 256),
            max_arms: self.max_arms.clamp(1, 4096),
            max_callers: self.max_callers.clamp(1, 65_536),
            found_below: if self.found_below.is_finite() {
                self.found_below.clamp(-1.0, 1.0)
            } else {
                d.found_below
            },
            spread_level: within(self.spread_level, 1e-3, 1.0, d.spread_level),
            spread_difficulty: within(self.spread_difficulty, 1e-3, 1.0, d.spread_difficulty),
            spread_group: within(self.spread_group, 1e-3, 1.0, d.spread_group),
            spread_class: within(self.spread_class, 1e-3, 1.0, d.spread_class),
            price_slope: within(self.price_slope, -1.0, 1.0, d.price_slope),
            explore_level: within(self.explore_level, 0.0, 3.0, d.explore_level),
            explore_class: within(self.explore_class, 0.0, 3.0, d.explore_class),
            steady: self.steady,
            root: self.root,
            detect_drift: self.detect_drift,
            probes: self.probes,
            keep_on_drift: within(self.keep_on_drift, 0.0, 1.0, d.keep_on_drift),
            forgetting: within(self.forgetting, 0.5, 1.0, d.forgetting),
            sources: self.sources,
            max_caller_share: within(self.max_caller_share, 0.01, 1.0, d.max_caller_share),
        }
    }
}
