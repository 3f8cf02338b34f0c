//! A deployment: what it is made of, and its two halves, `check` and `plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::Runner;
use super::{load, observe, resolve};
use crate::error::{Error, Kind, Note, Result};
use crate::model::{Desired, Entity, EntityKind, NodeName, Observed, Plan, Revision, SecretName, Variables};
use crate::secret::Redactor;
use crate::stages::{
    Connected, ExtraNode, LinkRule, Strictness, Templates, Uses, connect, diff, missing_variables, split,
    unique, unused_variables, uses,
};
use crate::traits::{ConfigSource, NodeTarget, SecretStore, Secrets, TargetCapabilities};

/// All that a run needs, built from the settings.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The name of the environment, such as `prod`.
    pub environment: String,
    /// Where the configuration is read from.
    pub source: Arc<dyn ConfigSource>,
    /// How the configuration is laid out.
    pub configuration: Configuration,
    /// Stores by name.
    pub stores: BTreeMap<String, Arc<dyn SecretStore>>,
    /// The nodes, the master first.
    pub nodes: Vec<DeployNode>,
    /// What is verified.
    pub verify: Verify,
    /// Knows every secret of the run.
    pub redactor: Redactor,
}

/// How a configuration is laid out, and how it is read.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The node folder, relative to the root of the source; empty for the root itself.
    pub folder: String,
    /// Which files are deployed.
    pub whitelist: Whitelist,
    /// The variables files to verify against, relative to the node folder, merged in order.
    pub variables: Vec<String>,
    /// The variables file that is uploaded, relative to the node folder; none for those of `variables`, merged.
    pub upload_variables: Option<String>,
    /// Which references connect nodes.
    pub links: LinkRule,
    /// Whether entities are split by their owner; otherwise all go to the master.
    pub split: bool,
    /// Whether a duplicate key is a failure.
    pub strictness: Strictness,
}

/// Which files are deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whitelist {
    /// The files that a list names; the list's path is relative to the node folder.
    File(String),
    /// Every `.conf.json` file of the node folder, in order of the paths.
    Everything,
}

/// A node of a deployment.
#[derive(Debug, Clone)]
pub struct DeployNode {
    /// Its name.
    pub name: NodeName,
    /// Where it is written to; none when it is only verified.
    pub target: Option<Arc<dyn NodeTarget>>,
    /// An extra node's template folder, relative to the root of the source.
    pub templates: Option<String>,
    /// Whether it is a proxy node.
    pub proxy: bool,
    /// The names of the stores that are asked for its secrets, in order.
    pub stores: Vec<String>,
    /// Whether its variables are written.
    pub upload_variables: bool,
    /// Whether its secrets are sent, where its target keeps secrets.
    pub upload_secrets: bool,
}

/// What is verified before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verify {
    /// Every `$ENV(name)` is in the variables files.
    pub variables: bool,
    /// Every `$SECRET(name)` is in a store. Where it is off, secrets that are to be sent and cannot be found are warned about.
    pub secrets: bool,
}

/// A configuration that was read, split, connected and verified offline.
#[derive(Debug)]
pub struct Checked {
    /// What it was read from.
    pub revision: Option<Revision>,
    /// What each node should hold, in the order of the deployment.
    pub nodes: Vec<(NodeName, Desired)>,
    /// Where each node uses variables and secrets, in the same order.
    pub uses: Vec<Uses>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// A plan with what is needed to carry it out.
#[derive(Debug)]
pub struct Planned {
    /// What will change.
    pub plan: Plan,
    /// The values of the secrets by node.
    pub secrets: BTreeMap<NodeName, Secrets>,
}

impl Deployment {
    /// Reads, splits, connects and verifies the configuration, offline.
    ///
    /// # Errors
    /// `Verification`, with a related error for every problem that was found; what the source gives when it cannot be read.
    pub async fn check(&self, runner: &Runner) -> Result<Checked> {
        let (checked, problems) = self.read_and_connect(runner).await?;
        if problems.is_empty() { Ok(checked) } else { Err(not_verified(problems)) }
    }

    /// Checks, and finds every secret in its store.
    ///
    /// # Errors
    /// As [`Self::check`]; missing and unreadable secrets are among the related errors.
    pub async fn check_secrets(&self, runner: &Runner) -> Result<Checked> {
        let (mut checked, mut problems) = self.read_and_connect(runner).await?;
        let resolved = resolve::secrets(self, &checked, runner).await?;
        problems.extend(resolved.problems);
        checked.notes.extend(resolved.notes);
        if problems.is_empty() { Ok(checked) } else { Err(not_verified(problems)) }
    }

    /// Checks, reads the secrets and what runs, and compares. Everything is verified when this returns: a write may begin.
    ///
    /// # Errors
    /// `Verification` with every problem of the configuration, the variables, the secrets and the targets at once; `Interrupted`.
    pub async fn plan(&self, runner: &Runner) -> Result<Planned> {
        let (checked, mut problems) = self.read_and_connect(runner).await?;
        let (resolved, observed) =
            futures::future::join(resolve::secrets(self, &checked, runner), observe::all(self, runner)).await;
        if runner.is_interrupted() {
            return Err(Runner::interrupted());
        }
        let mut resolved = resolved?;
        let mut notes = checked.notes;
        notes.append(&mut resolved.notes);
        problems.append(&mut resolved.problems);
        let mut plans = Vec::new();
        for ((name, desired), observed) in checked.nodes.into_iter().zip(observed) {
            match observed {
                None => {}
                Some((_, Err(error))) => problems.push(error.context(format_args!("node {name}"))),
                Some((target, Ok(mut observed))) => {
                    notes.append(&mut observed.notes);
                    problems.extend(taken_elsewhere(&name, &desired, &observed));
                    let desired = resolved.without_unresolved(&name, desired);
                    let location = target.location();
                    plans.push(diff(
                        &name,
                        &self.environment,
                        checked.revision.as_ref(),
                        &location,
                        desired,
                        &observed,
                    ));
                }
            }
        }
        if !problems.is_empty() {
            return Err(not_verified(problems));
        }
        let plan =
            Plan { environment: self.environment.clone(), revision: checked.revision, nodes: plans, notes };
        Ok(Planned { plan, secrets: resolved.values })
    }

    /// Everything up to the point where the network is needed. The problems that were found come beside what could be made.
    async fn read_and_connect(&self, runner: &Runner) -> Result<(Checked, Vec<Error>)> {
        let loaded = load::load(self, runner).await?;
        let mut notes = loaded.notes;
        let mut problems = loaded.problems;
        let names: Vec<NodeName> = self.nodes.iter().map(|node| node.name.clone()).collect();
        let connected = if self.configuration.split {
            let mut split = split(loaded.entities, &names);
            notes.append(&mut split.notes);
            self.connect(split.nodes, loaded.templates)
        } else {
            Connected { master: loaded.entities, ..Connected::default() }
        };
        problems.extend(connected.problems);
        notes.extend(connected.notes);

        let shares = std::iter::once((NodeName::master(), connected.master)).chain(connected.extras);
        let mut checked =
            Checked { revision: loaded.revision, nodes: Vec::new(), uses: Vec::new(), notes: Vec::new() };
        for (node, (name, entities)) in self.nodes.iter().zip(shares) {
            let (entities, mut twins, mut remarks) = unique(&name, entities);
            problems.append(&mut twins);
            notes.append(&mut remarks);
            let uses = uses(&entities);
            checked.nodes.push((name, desired(node, entities, &uses, &loaded.upload_variables)));
            checked.uses.push(uses);
        }
        if self.verify.variables && !loaded.variables_unknown {
            let mut all = Uses::default();
            checked.uses.iter().for_each(|uses| all.merge(uses.clone()));
            problems.extend(missing_variables(&all, &loaded.variables, &loaded.variables_files));
            notes.extend(unused_variables(&all, &loaded.variables));
        }
        checked.notes = notes;
        Ok((checked, problems))
    }

    fn connect(
        &self,
        shares: Vec<(NodeName, Vec<Entity>)>,
        mut templates: BTreeMap<NodeName, Templates>,
    ) -> Connected {
        let mut shares = shares.into_iter();
        let master = shares.next().map(|(_, entities)| entities).unwrap_or_default();
        let extras = self.nodes.iter().skip(1).zip(shares).map(|(node, (name, entities))| ExtraNode {
            templates: templates.remove(&name).unwrap_or_default(),
            name,
            entities,
            proxy: node.proxy,
        });
        connect(master, extras.collect(), self.configuration.links)
    }
}

/// What a node without a target is taken to be able to do, so that it is checked and rendered whole.
const OFFLINE: TargetCapabilities =
    TargetCapabilities { config_group: false, variables: true, secrets: true, can_refuse: false };

/// What a node should hold. The master gets the whole variables file, an extra node those variables that it names.
fn desired(node: &DeployNode, mut entities: Vec<Entity>, uses: &Uses, variables: &Variables) -> Desired {
    let capabilities = node.target.as_ref().map_or(OFFLINE, |target| target.capabilities());
    if capabilities.config_group {
        entities.retain(|entity| entity.kind() != EntityKind::Metadata);
    }
    let variables = (node.upload_variables && capabilities.variables).then(|| {
        let mut variables = variables.clone();
        if !node.name.is_master() {
            variables.entries.retain(|name, _| uses.variables.contains_key(name));
        }
        variables
    });
    let secrets =
        (node.upload_secrets && capabilities.secrets).then(|| uses.secrets.keys().cloned().collect());
    Desired { entities, variables, secrets }
}

/// An error for every entity whose id another config group of the node already has.
fn taken_elsewhere(node: &NodeName, desired: &Desired, observed: &Observed) -> Vec<Error> {
    let taken =
        desired.entities.iter().filter_map(|entity| Some((entity, observed.elsewhere.get(&**entity.id())?)));
    taken
        .map(|(entity, group)| {
            let message = format!("node {node}: {:?} exists in the config group {group:?} already", entity.id());
            Error::new(Kind::Verification, message)
                .at(entity.place())
                .with_hint("ids are unique over all config groups of a node: rename it, or remove it from the other group")
        })
        .collect()
}

fn not_verified(problems: Vec<Error>) -> Error {
    match <[Error; 1]>::try_from(problems) {
        Ok([problem]) => problem,
        Err(problems) => {
            let first = problems.first().map_or(Kind::Verification, Error::kind);
            let wrong = problems.iter().any(|problem| problem.kind() == Kind::Verification);
            let kind = if wrong { Kind::Verification } else { first };
            Error::many(kind, format!("{} problems were found; nothing was written", problems.len()), problems)
        }
    }
}

/// The names of the secrets that a run reads: all that are named when secrets are verified, else those that are sent.
pub(super) fn wanted_secrets(
    deployment: &Deployment,
    checked: &Checked,
) -> BTreeMap<NodeName, BTreeSet<SecretName>> {
    let nodes = checked.nodes.iter().zip(&checked.uses);
    nodes
        .map(|((name, desired), uses)| {
            let names = if deployment.verify.secrets {
                uses.secrets.keys().cloned().collect()
            } else {
                desired.secrets.clone().unwrap_or_default()
            };
            (name.clone(), names)
        })
        .collect()
}
