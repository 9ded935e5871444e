//! `arms`: arms over several deployments, or with settings of their own.

use super::Build;
use super::models::overridden;
use crate::config::problem::Trail;
use crate::config::raw::RawArm;
use crate::config::{ArmSpec, DeploymentSpec};
use crate::domain::{Arm, ArmId, DeploymentId};
use crate::near;

impl Build<'_> {
    /// Each arm takes its deployments over; arms of single models that lose theirs go away.
    pub(super) fn arms(&mut self, raw: &[RawArm]) {
        let trail = Trail::root().key("arms");
        let single: Vec<DeploymentSpec> = self.deployments.clone();
        let mut own: Vec<ArmSpec> = Vec::new();
        for (i, arm) in raw.iter().enumerate() {
            let at = trail.index(i);
            if arm.name.trim().is_empty() {
                self.problem(&at.key("name"), "an arm without a name", "add name: ...");
            } else if own.iter().any(|spec| spec.arm.id.as_str() == arm.name) {
                let what = format!("two arms are named {:?}", arm.name);
                self.problem(&at.key("name"), what, "give each a name of its own");
            } else if let Some(spec) = self.arm(arm, &at, &single) {
                own.push(spec);
            }
        }
        let left = &self.deployments;
        self.arms
            .retain(|spec| left.iter().any(|deployment| deployment.arm == spec.arm.id));
        self.arms.extend(own);
        self.names_differ(&trail);
    }

    fn arm(&mut self, raw: &RawArm, at: &Trail, single: &[DeploymentSpec]) -> Option<ArmSpec> {
        let list = at.key("deployments");
        if raw.deployments.is_empty() {
            let remedy = "add deployments: [provider/model, ...]";
            self.problem(&list, "an arm without a deployment", remedy);
            return None;
        }
        let id = ArmId::new(&raw.name);
        let weight = self.weight(at, raw.weight);
        let mut served: Vec<DeploymentId> = Vec::new();
        for (i, name) in raw.deployments.iter().enumerate() {
            let Some(spec) = single.iter().find(|spec| spec.id.as_str() == name) else {
                let hint = near::hint(name, single.iter().map(|spec| spec.id.as_str()));
                let what = format!("{name:?} is no deployment{hint}");
                self.problem(
                    &list.index(i),
                    what,
                    "write provider/model, of a model under providers",
                );
                continue;
            };
            served.push(self.take_over(spec, &id, raw));
        }
        let base = single
            .iter()
            .find(|spec| raw.deployments.contains(&spec.id.to_string()))?;
        let base = self
            .arms
            .iter()
            .find(|spec| spec.arm.id == base.arm)?
            .clone();
        let price = match &raw.cost {
            Some(cost) => self.written_price(&at.key("cost"), cost),
            None => base.arm.price,
        };
        Some(ArmSpec {
            arm: Arm {
                id,
                price,
                capabilities: overridden(base.arm.capabilities, &raw.capabilities),
                deployments: served,
                tags: base.arm.tags.iter().chain(&raw.tags).cloned().collect(),
                ..base.arm
            },
            prior_quality: self.prior(at, raw.prior_quality).or(base.prior_quality),
            pooled: true,
            weight,
            priority: raw.priority.unwrap_or(base.priority),
        })
    }

    /// Moves a deployment into the arm; where another arm has it already, a second one is made, so
    /// that each belongs to one arm.
    fn take_over(&mut self, spec: &DeploymentSpec, arm: &ArmId, raw: &RawArm) -> DeploymentId {
        let taken = self
            .deployments
            .iter()
            .filter(|d| d.provider == spec.provider && d.model == spec.model && d.arm != spec.arm);
        let mut moved = spec.clone();
        moved.arm = arm.clone();
        moved.parameters.extend(raw.parameters.clone());
        match taken.count() {
            0 => self.deployments.retain(|d| d.id != spec.id),
            n => moved.id = DeploymentId::from(format!("{}#{}", spec.id, n + 1)),
        }
        let id = moved.id.clone();
        self.deployments.push(moved);
        id
    }

    fn names_differ(&mut self, trail: &Trail) {
        let mut names: Vec<&ArmId> = self.arms.iter().map(|spec| &spec.arm.id).collect();
        names.sort_unstable();
        let twice: Vec<ArmId> = names
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0].clone())
            .collect();
        for id in twice {
            let what = format!(
                "the arm {:?} has the name of a provider's model",
                id.as_str()
            );
            self.problem(trail, what, "give it another name");
        }
    }
}
