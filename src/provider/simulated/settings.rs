//! How the simulation runs; a configuration says so under `simulation`.

/// How the simulation runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Seed of everything by chance.
    pub seed: u64,
    /// Real seconds for each simulated one, 0 to 100; 0 = do not wait at all, 1 = as slow as the
    /// real thing.
    pub time_scale: f64,
    /// Let calls fail at their model's rate.
    pub failures: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            time_scale: 1.0,
            failures: true,
        }
    }
}
