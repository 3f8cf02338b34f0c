//! Planning: what runs is read and compared with what should run.

use std::collections::BTreeMap;

use futures::future::{join, join_all};

use super::call::Runner;
use super::check::{Checked, not_verified, wanted_secrets};
use super::deployment::Deployment;
use super::early::Early;
use super::{ask, resolve};
use crate::fingerprint::{FingerprintKey, KeyedFingerprints};
use crate::saved::masking::fill_in;
use crate::saved::{Purpose, Saved, SavedNode};
use crate::stages::uses;
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{Action, Desired, Fingerprint, NodeName, NodePlan, Plan};
use deployer_core::traits::Secrets;

/// A plan with what is needed to carry it out.
#[derive(Debug)]
pub struct Planned {
    /// What will change.
    pub plan: Plan,
    /// The values of the secrets by node.
    pub secrets: BTreeMap<NodeName, Secrets>,
    /// The nodes' current configuration, for the snapshot.
    pub before: Saved,
    /// What the configuration asks of each node, before protected entities were kept: what a node is planned from again.
    pub(super) asked: BTreeMap<NodeName, Desired>,
    /// Whether the plan is carried out exactly or not at all. Otherwise a node that somebody else changed meanwhile is planned again.
    pub exact: bool,
}

impl Planned {
    /// The fingerprints of all secrets that a node holds after it has been deployed.
    pub fn fingerprints(&self, node: &NodePlan, key: &FingerprintKey) -> KeyedFingerprints {
        let mut fingerprints = self
            .secrets
            .get(&node.node)
            .map(|secrets| key.fingerprints(&node.target, secrets))
            .unwrap_or_default();
        fingerprints.retain(|name, _| node.desired.secrets.iter().flatten().any(|desired| desired == name));
        fingerprints
    }

    /// The plan as a file: what each node should hold, and what it was made from.
    pub fn to_saved(&self) -> Saved {
        let nodes = self.plan.nodes.iter().map(|node| {
            SavedNode::new(node.node.clone(), node.target.clone(), node.base.clone(), node.desired.clone())
        });
        let (environment, revision) = (self.plan.environment.clone(), self.plan.revision.clone());
        Saved::new(Purpose::Plan, environment, revision, nodes.collect())
    }
}

impl Deployment {
    /// Checks, reads the secrets and what runs, and compares. Everything is verified when this returns: a write may begin.
    ///
    /// # Errors
    /// `Verification` with every problem of the configuration, the variables, the secrets and the targets at once; `Interrupted`.
    pub async fn plan(&self, runner: &Runner) -> Result<Planned> {
        let early = Early::begin(self, runner);
        let (checked, problems) = self.read_and_connect(runner).await?;
        self.compare(checked, problems, None, early, runner).await
    }

    /// Plans the content of a saved plan or snapshot, in place of the configuration. The secrets are read and verified again.
    ///
    /// # Errors
    /// As [`Self::plan`]; `Refused` when the file is for another environment or purpose, names a node that this deployment does not have, or
    /// is a plan and a node has changed since.
    pub async fn plan_saved(&self, saved: &Saved, purpose: Purpose, runner: &Runner) -> Result<Planned> {
        saved.require(purpose, &self.environment)?;
        let unknown =
            saved.nodes.iter().filter(|saved| !self.nodes.iter().any(|node| node.name == saved.node));
        let unknown: Vec<&str> = unknown.map(|saved| saved.node.as_str()).collect();
        if !unknown.is_empty() {
            let message =
                format!("the file contains nodes that the settings do not define: {}", unknown.join(", "));
            return Err(
                Error::new(Kind::Refused, message).with_hint("use the settings that the file was made with")
            );
        }
        if purpose == Purpose::Plan {
            let targets =
                self.nodes.iter().filter_map(|node| Some((&node.name, node.target.as_ref()?.location())));
            saved.require_targets(targets)?;
        }
        let mut only = self.clone();
        only.nodes.retain(|node| saved.nodes.iter().any(|saved| saved.node == node.name));
        let early = Early::begin(&only, runner);
        let mut checked = Checked {
            revision: saved.revision.clone(),
            nodes: Vec::new(),
            uses: Vec::new(),
            secrets: Vec::new(),
            crossings: Vec::new(),
            notes: Vec::new(),
        };
        for node in &only.nodes {
            if let Some(saved) = saved.nodes.iter().find(|saved| saved.node == node.name) {
                checked.uses.push(uses(&saved.desired.entities));
                checked.nodes.push((node.name.clone(), saved.desired.clone()));
            }
        }
        let mut planned = only.compare(checked, Vec::new(), Some(saved), early, runner).await?;
        if purpose == Purpose::Plan {
            let bases = planned.plan.nodes.iter().map(|node| (&node.node, &node.base));
            saved.require_bases(bases.collect::<Vec<(&NodeName, &Fingerprint)>>())?;
            require_unprotected(&planned.plan)?;
            planned.exact = true;
        }
        Ok(planned)
    }

    /// Reads the secrets and what runs, and compares. `saved` is the file that the desired state comes from, if any; `early` is what has begun.
    async fn compare(
        &self,
        checked: Checked,
        mut problems: Vec<Error>,
        saved: Option<&Saved>,
        mut early: Early,
        runner: &Runner,
    ) -> Result<Planned> {
        let (wanted, uses) = (wanted_secrets(self, &checked), &checked.uses);
        let logins = std::mem::take(&mut early.logins);
        let secrets = resolve::secrets(self, wanted, uses, ask::Purpose::Values, &logins, runner);
        let (resolved, observed) = join(secrets, early.observed()).await;
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        let (mut resolved, observed) = (resolved?, observed?);
        let mut notes: Vec<Note> = checked.notes;
        notes.append(&mut resolved.notes);
        problems.append(&mut resolved.problems);
        let revision = checked.revision;
        let mut asked = BTreeMap::new();
        let mut compared = Vec::new();
        for (((name, desired), observed), node) in checked.nodes.into_iter().zip(observed).zip(&self.nodes) {
            let Some((target, observed)) = observed else { continue };
            let mut desired = resolved.without_unresolved(&name, desired);
            let in_file = saved.and_then(|saved| saved.nodes.iter().find(|node| node.node == name));
            if let (Some(saved), Some(in_file), Ok(observed)) = (saved, in_file, &observed) {
                let (purpose, redactor) = (saved.purpose, &self.redactor);
                let (mut kept, mut refused) =
                    fill_in(&name, purpose, &in_file.masked, &mut desired, observed, redactor);
                notes.append(&mut kept);
                problems.append(&mut refused);
            }
            asked.insert(name, desired.clone());
            compared.push(self.compare_node(node, target, desired, observed, revision.as_ref(), runner));
        }
        let (mut plans, mut before) = (Vec::new(), Vec::new());
        for compared in join_all(compared).await {
            match compared {
                Err(mut errors) => problems.append(&mut errors),
                Ok(mut compared) => {
                    notes.append(&mut compared.observed.notes);
                    before.push(compared.snapshot());
                    if let Some(secrets) = resolved.values.get(&compared.plan.node) {
                        self.recall_secrets(&mut compared.plan, secrets);
                    }
                    plans.push(compared.plan);
                }
            }
        }
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        if !problems.is_empty() {
            return Err(not_verified(problems));
        }
        let environment = self.environment.clone();
        let mut before = Saved::new(Purpose::Snapshot, environment, None, before);
        before.replaced_by.clone_from(&revision);
        let plan = Plan { environment: self.environment.clone(), revision, nodes: plans, notes };
        Ok(Planned { plan, secrets: resolved.values, before, asked, exact: false })
    }
}

/// A reviewed plan is carried out exactly or not at all: it is refused where it would remove or change what is protected now.
fn require_unprotected(plan: &Plan) -> Result<()> {
    let protected = plan.nodes.iter().flat_map(|node| node.protected.iter().map(move |it| (node, it)));
    let errors: Vec<Error> = protected
        .map(|(node, it)| {
            let verb = if it.kept_from == Action::Remove { "remove" } else { "change" };
            let message = format!(
                "node {}: the plan would {verb} the {} {}, which is protected",
                node.node,
                it.kind.noun(),
                it.id
            );
            Error::new(Kind::Refused, message)
        })
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let message = "the plan was made before these were protected; nothing was written";
    Err(Error::many(Kind::Refused, message, errors).with_hint("plan again: `sesam-deployer plan --out FILE`"))
}
