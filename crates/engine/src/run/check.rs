//! The half of a run that needs no node: reading, splitting, connecting, and verifying.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask::Purpose;
use super::call::Runner;
use super::deployment::{DeployNode, Deployment};
use super::early::Logins;
use super::load;
use super::resolve::{self, FoundSecret};
use crate::connect::{Connected, ExtraNode, Templates, connect};
use crate::stages::{
    Share, Strictness, SystemSecrets, Uses, forbidden_secrets, missing_variables, share_secrets, split,
    switch_for_test, unique, unused_variables, uses, validate,
};
use deployer_core::error::{Error, Kind, Note, Result};
use deployer_core::model::{
    Crossing, Desired, Entity, EntityKind, NodeName, Revision, SecretName, Variables,
};
use deployer_core::traits::TargetCapabilities;

/// A configuration that was read, split, connected and verified offline.
#[derive(Debug)]
pub struct Checked {
    /// What it was read from.
    pub revision: Option<Revision>,
    /// What each node should hold, in the order of the deployment.
    pub nodes: Vec<(NodeName, Desired)>,
    /// Where each node uses variables and secrets, in the same order.
    pub uses: Vec<Uses>,
    /// Where each secret was found; empty unless the secrets were looked for.
    pub secrets: Vec<FoundSecret>,
    /// The data that crosses between nodes, and its replicas.
    pub crossings: Vec<Arc<Crossing>>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

impl Deployment {
    /// Reads, splits, connects and verifies the configuration, offline.
    ///
    /// # Errors
    /// `Verification`, with a related error for every problem that was found; what the source gives when it cannot be read.
    pub async fn check(&self, runner: &Runner) -> Result<Checked> {
        let (checked, problems) = self.read_and_connect(runner).await?;
        if problems.is_empty() { Ok(checked) } else { Err(unsound(problems)) }
    }

    /// Checks, and finds every secret in its store: by listing where that proves it, else by reading.
    ///
    /// # Errors
    /// As [`Self::check`]; missing and unreadable secrets are among the related errors.
    pub async fn check_secrets(&self, runner: &Runner) -> Result<Checked> {
        let (mut checked, mut problems) = self.read_and_connect(runner).await?;
        let resolved = {
            let wanted = wanted_secrets(self, &checked);
            resolve::secrets(self, wanted, &checked.uses, Purpose::Presence, &Logins::default(), runner)
                .await?
        };
        problems.extend(resolved.problems);
        checked.secrets = resolved.found;
        checked.notes.extend(resolved.notes);
        if problems.is_empty() { Ok(checked) } else { Err(unsound(problems)) }
    }

    /// Everything up to the point where the network is needed. The problems that were found come beside what could be made.
    pub(super) async fn read_and_connect(&self, runner: &Runner) -> Result<(Checked, Vec<Error>)> {
        let loaded = load::load(self, runner).await?;
        let mut notes = loaded.notes;
        let mut problems = loaded.problems;
        let names: Vec<NodeName> = self.nodes.iter().map(|node| node.name.clone()).collect();
        let connected = if self.configuration.split {
            let mut split = split(loaded.entities, &names);
            notes.append(&mut split.notes);
            let mut variables = loaded.variables.clone();
            variables.merge(loaded.upload_variables.clone());
            self.connect(split.nodes, loaded.templates, &variables)
        } else {
            Connected { master: loaded.entities, ..Connected::default() }
        };
        problems.extend(connected.problems);
        notes.extend(connected.notes);

        let shares = std::iter::once((NodeName::master(), connected.master)).chain(connected.extras);
        let mut checked = Checked {
            revision: loaded.revision,
            nodes: Vec::new(),
            uses: Vec::new(),
            secrets: Vec::new(),
            crossings: connected.crossings,
            notes: Vec::new(),
        };
        for (node, (name, mut entities)) in self.nodes.iter().zip(shares) {
            if self.test_switches && name.is_master() {
                switch_for_test(&mut entities);
            }
            let (entities, mut twins, mut remarks) = unique(&name, entities);
            problems.append(&mut twins);
            notes.append(&mut remarks);
            let uses = uses(&entities);
            problems.extend(forbidden_secrets(&name, node.allowed_secrets.as_ref(), &uses));
            let (desired, mut unknown) = desired(node, entities, &uses, &loaded.upload_variables);
            problems.append(&mut unknown);
            let (mut faults, mut warnings) = validate(
                &Share {
                    node: &name,
                    entities: &desired.entities,
                    variables: desired.variables.as_ref().unwrap_or(&loaded.variables),
                    is_complete: !capabilities(node).config_group,
                    protected: &node.protected,
                },
                if self.verify.entities { Strictness::Strict } else { Strictness::Lenient },
            );
            problems.append(&mut faults);
            notes.append(&mut warnings);
            checked.nodes.push((name, desired));
            checked.uses.push(uses);
        }
        if self.verify.variables && !loaded.variables_unknown {
            problems.extend(missing_variables(&checked.uses, &loaded.variables, &loaded.variables_files));
            notes.extend(unused_variables(&checked.uses, &loaded.variables));
        }
        checked.notes = notes;
        Ok((checked, problems))
    }

    fn connect(
        &self,
        shares: Vec<(NodeName, Vec<Entity>)>,
        mut templates: BTreeMap<NodeName, Templates>,
        variables: &Variables,
    ) -> Connected {
        let mut shares = shares.into_iter();
        let master = shares.next().map(|(_, entities)| entities).unwrap_or_default();
        let extras = self.nodes.iter().skip(1).zip(shares).map(|(node, (name, entities))| ExtraNode {
            templates: templates.remove(&name).unwrap_or_default(),
            name,
            entities,
            proxy: node.proxy,
        });
        connect(master, extras.collect(), self.configuration.links, variables)
    }
}

fn capabilities(node: &DeployNode) -> TargetCapabilities {
    node.target.as_ref().map_or_else(offline, |target| target.capabilities())
}

/// The capabilities assumed for a node without a target, so that all of it is checked and rendered.
fn offline() -> TargetCapabilities {
    let mut capabilities = TargetCapabilities::default();
    (capabilities.variables, capabilities.secrets, capabilities.system_secrets) = (true, true, true);
    capabilities
}

/// What a node should hold, and what is wrong with that. The master gets the whole variables file, an extra node those variables that it
/// names.
fn desired(
    node: &DeployNode,
    mut entities: Vec<Entity>,
    uses: &Uses,
    variables: &Variables,
) -> (Desired, Vec<Error>) {
    let capabilities = capabilities(node);
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
    let own = if node.upload_secrets && capabilities.system_secrets {
        &node.system_secrets
    } else {
        &SystemSecrets::None
    };
    let (shared, mut problems) = share_secrets(&node.name, own, &entities, uses);
    if !capabilities.system_secrets && node.system_secrets != SystemSecrets::None {
        let message = format!(
            "[nodes.{}]: `system_secrets` is set, and the target keeps no secrets of systems",
            node.name
        );
        problems.push(
            Error::new(Kind::Settings, message)
                .with_hint("a target of kind `node` does; remove the setting for others"),
        );
    }
    let secrets = (node.upload_secrets && capabilities.secrets).then_some(shared.global);
    (
        Desired::default()
            .with_entities(entities)
            .with_variables(variables)
            .with_secrets(secrets)
            .with_system_secrets(shared.systems),
        problems,
    )
}

/// The names of the secrets that a run reads: all that are named when secrets are verified, else those that are sent.
pub(super) fn wanted_secrets(
    deployment: &Deployment,
    checked: &Checked,
) -> BTreeMap<NodeName, BTreeSet<SecretName>> {
    let nodes = checked.nodes.iter().zip(&checked.uses);
    nodes
        .map(|((name, desired), uses)| {
            let mut names: BTreeSet<SecretName> = if deployment.verify.secrets {
                uses.secrets.keys().cloned().collect()
            } else {
                desired.secrets.clone().unwrap_or_default()
            };
            names.extend(desired.system_secrets.values().flatten().cloned());
            (name.clone(), names)
        })
        .collect()
}

/// One problem as it is, several under one heading.
/// To find what a node would refuse is what a check is for.
fn unsound(problems: Vec<Error>) -> Error {
    let error = not_verified(problems);
    if error.kind() == Kind::Rejected { error.with_kind(Kind::Verification) } else { error }
}

pub(super) fn not_verified(problems: Vec<Error>) -> Error {
    match <[Error; 1]>::try_from(problems) {
        Ok([problem]) => problem,
        Err(problems) => {
            let first = problems.first().map_or(Kind::Verification, Error::kind);
            let wrong = problems.iter().any(|problem| problem.kind() == Kind::Verification);
            let kind = if wrong { Kind::Verification } else { first };
            Error::many(
                kind,
                format!("{} problems were found; nothing was written", problems.len()),
                problems,
            )
        }
    }
}
