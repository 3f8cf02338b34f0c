//! What follows from the configuration and the variables of a node: effective entities, issues, datasets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::issue::Issue;
use super::kinds::EntityKind;
use super::resolved::Resolved;
use super::substitution::Variables;
use super::validation::{self, Surroundings};
use super::{defaults, effective};
use crate::state::{Secrets, StoredEntity};
use crate::switches::{MissingName, Switches};

/// Everything derived, by entity id.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    pub(crate) components: BTreeMap<String, Arc<Component>>,
}

/// One entity as the node works with it.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) kind: EntityKind,
    pub(crate) effective: Value,
    /// Issues that do not depend on secrets.
    pub(crate) issues: Vec<Issue>,
    /// Datasets the source reads.
    pub(crate) inputs: BTreeSet<String>,
    /// Datasets reached by hops and lookups.
    pub(crate) dependencies: BTreeSet<String>,
    /// The dataset a pipe writes.
    pub(crate) sink_dataset: Option<String>,
    /// Names of secrets a system refers to, with their places.
    secrets: Vec<(String, String)>,
}

impl Derived {
    /// Derives all of a node. `datasets` are those that exist already.
    pub(crate) fn new(
        entities: &BTreeMap<String, Arc<StoredEntity>>,
        variables: &Variables,
        datasets: &BTreeSet<String>,
        switches: &Switches,
    ) -> Self {
        let resolutions: Vec<_> = entities
            .iter()
            .map(|(id, entity)| (id, Resolution::new(id, entity.body.value(), variables)))
            .collect();
        let written = resolutions.iter().filter_map(|(_, resolution)| resolution.sink_dataset.as_deref());
        let systems = resolutions.iter().filter(|(_, resolution)| resolution.kind == EntityKind::System);
        let around = Surroundings {
            systems: systems.map(|(id, _)| id.as_str()).collect(),
            datasets: datasets.iter().map(String::as_str).chain(written).collect(),
            missing_variable: switches.missing_variable,
        };
        let components = resolutions
            .iter()
            .map(|(id, resolution)| ((*id).clone(), Arc::new(resolution.component(&around))));
        Self { components: components.collect() }
    }

    /// The datasets pipes write.
    pub(crate) fn sink_datasets(&self) -> impl Iterator<Item = &str> {
        self.components.values().filter_map(|component| component.sink_dataset.as_deref())
    }
}

impl Component {
    /// All issues, with those about secrets.
    pub(crate) fn issues(&self, id: &str, secrets: &Secrets, switches: &Switches) -> Vec<Issue> {
        let mut issues = self.issues.clone();
        for (name, path) in self.secrets.iter().filter(|(name, _)| !secrets.is_defined_for(id, name)) {
            let message = format!("The secret '{name}' is not defined.");
            match switches.missing_secret {
                MissingName::Error => issues.push(Issue::error(path.as_str(), message)),
                MissingName::Warning => issues.push(Issue::warning(path.as_str(), message)),
                MissingName::Ignored => {}
            }
        }
        issues
    }
}

/// The first half: what an entity means by itself.
struct Resolution {
    kind: EntityKind,
    root: Resolved,
    effective: Value,
    sink_dataset: Option<String>,
    issues: Vec<Issue>,
}

impl Resolution {
    fn new(id: &str, entity: &Value, variables: &Variables) -> Self {
        let mut issues = Vec::new();
        let kind = EntityKind::of(entity);
        let root = effective::resolve(entity, variables, &mut issues);
        let mut effective = root.to_value();
        let mut sink_dataset = None;
        if kind == EntityKind::Pipe {
            effective = defaults::complete_pipe(id, effective);
            let sink = &effective["sink"];
            if matches!(sink["type"].as_str(), Some("dataset" | "replicated_dataset")) {
                sink_dataset = sink["dataset"].as_str().map(str::to_owned);
            }
        }
        Self { kind, root, effective, sink_dataset, issues }
    }

    fn component(&self, around: &Surroundings<'_>) -> Component {
        let mut issues = self.issues.clone();
        let dependencies = validation::validate(&self.root, self.kind, around, &mut issues);
        let is_system = self.kind == EntityKind::System;
        let source = self.root.get("source").into_iter();
        let inputs = source.flat_map(validation::input_datasets).map(|(dataset, _)| dataset.to_owned());
        Component {
            kind: self.kind,
            effective: self.effective.clone(),
            issues,
            inputs: inputs.collect(),
            dependencies,
            sink_dataset: self.sink_dataset.clone(),
            secrets: if is_system { validation::secret_references(&self.root) } else { Vec::new() },
        }
    }
}
