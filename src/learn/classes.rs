//! Prompt classes: spherical centroids learned online.
//!
//! A prompt far from all centroids founds a class; where there is no room, the cheapest pair by
//! Ward's criterion is merged, unless joining the nearest class is cheaper still. A centroid that
//! only grows would let the first class swallow half of all prompts.

use super::context::dot;
use crate::domain::ClassId;
use serde::{Deserialize, Serialize};

/// One class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Class {
    pub id: ClassId,
    pub label: String,
    /// Prompts seen (after forgetting).
    pub weight: f64,
    /// Mean of its prompts' unit vectors; shorter than 1, the more so the wider the class.
    pub mean: Vec<f32>,
}

impl Class {
    /// Centroid of unit norm.
    pub fn centroid(&self, into: &mut Vec<f32>) {
        let norm = dot(&self.mean, &self.mean).sqrt().max(1e-9);
        into.extend(self.mean.iter().map(|x| x / norm));
    }
}

/// What a prompt did to the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It joined the class at this row.
    Joined(usize),
    /// It founded the class at this row.
    Founded(usize),
    /// The class of row `gone` was merged into row `kept`; the prompt founded a class at `gone`.
    Merged { kept: usize, gone: usize },
}

/// All classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Classes {
    pub all: Vec<Class>,
    /// Length of a vector; 0 before the first prompt.
    pub dimensions: usize,
    pub next_id: u32,
    /// Squared distances between means, row-major; worked out again after decoding.
    #[serde(skip)]
    apart: Vec<Vec<f32>>,
    /// Squared lengths of the means.
    #[serde(skip)]
    norms: Vec<f32>,
}

/// Weight beyond which a centroid follows its newest prompts at a constant pace.
const MEMORY_PROMPTS: f64 = 5000.0;

impl Classes {
    /// The row of a class.
    pub fn row(&self, id: ClassId) -> Option<usize> {
        self.all.iter().position(|class| class.id == id)
    }

    /// Row and squared distance of the nearest mean.
    pub fn nearest(&self, vector: &[f32]) -> Option<(usize, f64)> {
        (self.dimensions == vector.len()).then_some(())?;
        let own = dot(vector, vector);
        let mut best: Option<(usize, f32)> = None;
        for (row, (class, norm)) in self.all.iter().zip(&self.norms).enumerate() {
            let apart = norm - 2.0 * dot(&class.mean, vector) + own;
            if best.is_none_or(|(_, least)| apart < least) {
                best = Some((row, apart));
            }
        }
        best.map(|(row, apart)| (row, f64::from(apart.max(0.0))))
    }

    /// Works the distances out again, after decoding.
    pub fn measure(&mut self) {
        self.norms = self.all.iter().map(|c| dot(&c.mean, &c.mean)).collect();
        self.apart = vec![vec![0.0; self.all.len()]; self.all.len()];
        (0..self.all.len()).for_each(|row| self.moved(row));
    }

    /// The mean of a row moved: its distances are worked out again.
    fn moved(&mut self, row: usize) {
        let mean = &self.all[row].mean;
        let own = dot(mean, mean);
        self.norms[row] = own;
        for other in 0..self.all.len() {
            let across = dot(mean, &self.all[other].mean);
            let apart = (own - 2.0 * across + self.norms[other]).max(0.0);
            self.apart[row][other] = apart;
            self.apart[other][row] = apart;
        }
    }

    /// Takes a prompt in. `None` where the vector has another length than the first one had.
    pub fn take(&mut self, vector: &[f32], max: usize, found_below: f32) -> Option<Move> {
        if self.dimensions == 0 {
            self.dimensions = vector.len();
        }
        if self.dimensions != vector.len() || vector.is_empty() {
            return None;
        }
        let Some((row, apart)) = self.nearest(vector) else {
            return Some(Move::Founded(self.found(vector)));
        };
        let mean = &self.all[row].mean;
        let cosine = dot(mean, vector) / self.norms[row].sqrt().max(1e-9);
        if cosine >= found_below {
            self.join(row, vector);
            return Some(Move::Joined(row));
        }
        if self.all.len() < max {
            return Some(Move::Founded(self.found(vector)));
        }
        let weight = self.all[row].weight;
        let joining = apart * weight / (weight + 1.0);
        match self.cheapest_pair() {
            Some((kept, gone, cost)) if cost < joining => {
                self.merge(kept, gone);
                let class = self.new_class(vector);
                self.all[gone] = class;
                self.moved(kept);
                self.moved(gone);
                Some(Move::Merged { kept, gone })
            }
            _ => {
                self.join(row, vector);
                Some(Move::Joined(row))
            }
        }
    }

    fn join(&mut self, row: usize, vector: &[f32]) {
        let class = &mut self.all[row];
        class.weight = (class.weight + 1.0).min(MEMORY_PROMPTS);
        let step = (1.0 / class.weight) as f32;
        for (m, v) in class.mean.iter_mut().zip(vector) {
            *m += step * (v - *m);
        }
        self.moved(row);
    }

    fn found(&mut self, vector: &[f32]) -> usize {
        let class = self.new_class(vector);
        self.all.push(class);
        let row = self.all.len() - 1;
        self.norms.push(0.0);
        self.apart.iter_mut().for_each(|others| others.push(0.0));
        self.apart.push(vec![0.0; row + 1]);
        self.moved(row);
        row
    }

    fn new_class(&mut self, vector: &[f32]) -> Class {
        let id = ClassId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        Class {
            id,
            label: String::new(),
            weight: 1.0,
            mean: vector.to_vec(),
        }
    }

    /// The pair whose merging loses least (Ward 1963): rows (heavier, lighter) and the loss.
    fn cheapest_pair(&self) -> Option<(usize, usize, f64)> {
        let mut best: Option<(usize, usize, f64)> = None;
        for (i, a) in self.all.iter().enumerate() {
            for (j, b) in self.all.iter().enumerate().skip(i + 1) {
                let share = a.weight * b.weight / (a.weight + b.weight);
                let cost = share * f64::from(self.apart[i][j]);
                if best.is_none_or(|(_, _, least)| cost < least) {
                    best = Some(if a.weight >= b.weight {
                        (i, j, cost)
                    } else {
                        (j, i, cost)
                    });
                }
            }
        }
        best
    }

    fn merge(&mut self, kept: usize, gone: usize) {
        let lost = self.all[gone].clone();
        let class = &mut self.all[kept];
        let share = (lost.weight / (class.weight + lost.weight)) as f32;
        for (m, v) in class.mean.iter_mut().zip(&lost.mean) {
            *m += share * (v - *m);
        }
        class.weight = (class.weight + lost.weight).min(MEMORY_PROMPTS);
        if class.label.is_empty() {
            class.label = lost.label;
        }
    }
}
