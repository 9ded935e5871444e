//! The learner as bytes: a mark, a version, the state in postcard, a checksum. The same state gives
//! the same bytes; a learner decoded from them learns on exactly as the one that was encoded.

use super::arm::ArmState;
use super::cell::Sum;
use super::classes::Classes;
use super::solve::Solution;
use super::sources::Callers;
use super::{Learner, Settings};
use serde::{Deserialize, Serialize};

const MARK: &[u8; 4] = b"PMLK";
const VERSION: u8 = 2;

/// Bytes that are no learner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not written by this program.
    #[error("these bytes are not a learner's snapshot")]
    Foreign,
    /// Written by a newer program.
    #[error(
        "the snapshot has version {found}, this program reads up to {VERSION}: use a newer one"
    )]
    Newer {
        /// The version found.
        found: u8,
    },
    /// Written by an older program, which knew less of each arm.
    #[error(
        "the snapshot has version {found}, this program reads version {VERSION}: learn again from the recorded facts"
    )]
    Older {
        /// The version found.
        found: u8,
    },
    /// Damaged.
    #[error("the snapshot is damaged: {what}; learn again from the recorded facts")]
    Damaged {
        /// What does not fit.
        what: String,
    },
}

/// The persisted twin of [`Learner`].
#[derive(Serialize, Deserialize)]
struct Saved {
    classes: Classes,
    groups: Classes,
    group: Vec<usize>,
    regroup: bool,
    arms: Vec<ArmState>,
    callers: Callers,
    chosen: u64,
    input_tokens: Sum,
    pending: u32,
    version: u64,
    level: Vec<f64>,
    difficulty: Vec<f64>,
    strength: Vec<f64>,
}

impl Learner {
    /// The learner as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let saved = Saved {
            classes: self.classes.clone(),
            groups: self.groups.clone(),
            group: self.group.clone(),
            regroup: self.regroup,
            arms: self.arms.clone(),
            callers: self.callers.clone(),
            chosen: self.chosen,
            input_tokens: self.input_tokens,
            pending: self.pending,
            version: self.version,
            level: self.solution.level.clone(),
            difficulty: self.solution.difficulty.clone(),
            strength: self.solution.strength.clone(),
        };
        let mut bytes = MARK.to_vec();
        bytes.push(VERSION);
        // Vectors, maps and numbers always serialise into memory.
        bytes.extend(postcard::to_stdvec(&saved).unwrap_or_default());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// The learner that was encoded, with these settings.
    ///
    /// # Errors
    /// Where the bytes are foreign, newer or damaged.
    pub fn decode(bytes: &[u8], settings: Settings) -> Result<Self, DecodeError> {
        let damaged = |what: &str| DecodeError::Damaged {
            what: what.to_owned(),
        };
        let rest = bytes.strip_prefix(MARK).ok_or(DecodeError::Foreign)?;
        let (&version, _) = rest.split_first().ok_or(DecodeError::Foreign)?;
        if version > VERSION {
            return Err(DecodeError::Newer { found: version });
        }
        if version < VERSION {
            return Err(DecodeError::Older { found: version });
        }
        let (body, sum) = bytes
            .split_last_chunk::<4>()
            .ok_or_else(|| damaged("it is cut"))?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(damaged("its checksum does not match"));
        }
        let body = body
            .get(MARK.len() + 1..)
            .ok_or_else(|| damaged("it is cut"))?;
        let saved: Saved =
            postcard::from_bytes(body).map_err(|error| damaged(&error.to_string()))?;
        saved.check().map_err(damaged)?;
        Ok(saved.revive(settings.bounded()))
    }
}

impl Saved {
    fn check(&self) -> Result<(), &'static str> {
        let classes = self.classes.all.len();
        let sound = |classes: &Classes| {
            classes.all.iter().all(|class| {
                class.mean.len() == classes.dimensions
                    && class.weight.is_finite()
                    && class.weight > 0.0
                    && class.mean.iter().all(|x| x.is_finite())
            })
        };
        if !sound(&self.classes) || !sound(&self.groups) {
            return Err("a centroid is not sound");
        }
        let groups = self.groups.all.len().max(1);
        if self.group.len() != classes || self.group.iter().any(|g| *g >= groups) {
            return Err("classes and groups do not fit");
        }
        for arm in &self.arms {
            if arm.cells.len() != classes {
                return Err("an arm's sums do not fit the classes");
            }
            if !arm.is_sound() {
                return Err("an arm's sums are not sound");
            }
        }
        let arms = self.arms.len();
        let numbers = self
            .level
            .iter()
            .chain(&self.difficulty)
            .chain(&self.strength);
        if self.level.len() > arms || numbers.into_iter().any(|x| !x.is_finite()) {
            return Err("the estimates are not sound");
        }
        Ok(())
    }

    fn revive(self, settings: Settings) -> Learner {
        let mut learner = Learner::new(settings, &[]);
        learner.classes = self.classes;
        learner.groups = self.groups;
        learner.classes.measure();
        learner.groups.measure();
        learner.group = self.group;
        learner.arms = self.arms;
        learner.callers = self.callers;
        learner.chosen = self.chosen;
        learner.input_tokens = self.input_tokens;
        learner.reindex();
        learner.publish();
        learner.regroup = self.regroup;
        learner.pending = self.pending;
        learner.version = self.version;
        learner.solution = Solution {
            level: self.level,
            difficulty: self.difficulty,
            strength: self.strength,
            ..Solution::default()
        };
        learner
    }
}

impl ArmState {
    fn is_sound(&self) -> bool {
        let numbers = [
            self.calls,
            self.failures,
            self.noise_n,
            self.noise_sum,
            self.compared,
            self.detector.up,
            self.detector.down,
            self.detector.run.0,
            self.fall.map_or(0.0, |fall| fall.n),
            self.fall.map_or(0.0, |fall| fall.recovery),
        ];
        let signed = [self.detector.run.1, self.fall.map_or(0.0, |fall| fall.sum)];
        numbers.iter().all(|x| x.is_finite() && *x >= 0.0)
            && signed.iter().all(|x| x.is_finite())
            && self
                .cells
                .iter()
                .chain([&self.unplaced])
                .all(super::cell::Cell::is_sound)
    }
}
