//! The results of the configuration and the variables of a node: effective entities, issues, datasets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::document::{Node, Value};
use deployer_core::model::{Variable, Variables};
use deployer_validation::{Names, Surroundings, inspect};

use super::secrets::Secrets;
use super::stored::StoredEntity;
use crate::config::defaults;
use crate::config::issue::Issue;
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::switches::{MissingName, Switches};

/// The derived entities, by id.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    pub(crate) components: BTreeMap<String, Arc<Component>>,
}

/// One entity as the node works with it.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) kind: EntityKind,
    pub(crate) effective: ExactJson,
    /// Issues that do not depend on secrets.
    pub(crate) issues: Vec<Issue>,
    /// Datasets that the source reads.
    pub(crate) inputs: Vec<String>,
    /// Datasets of hops and lookups.
    pub(crate) dependencies: Vec<String>,
    /// Datasets that a pipe writes.
    pub(crate) outputs: Vec<String>,
    /// Whether the pipe has an internal dataset of failed entities.
    pub(crate) has_dead_letters: bool,
    /// The secrets that a system uses: name and place.
    secrets: Vec<(String, String)>,
}

impl Derived {
    /// Derives everything. `datasets` are the existing ones.
    pub(crate) fn new(
        entities: &BTreeMap<String, Arc<StoredEntity>>,
        variables: &BTreeMap<String, ExactJson>,
        datasets: &BTreeSet<String>,
        switches: &Switches,
    ) -> Self {
        let values = variables
            .iter()
            .map(|(name, json)| (name.clone(), Variable { value: json.document().value, place: None }));
        let variables = Variables { entries: values.collect() };
        let mut drafts: Vec<(&String, &StoredEntity, Draft)> = entities
            .iter()
            .map(|(id, entity)| {
                (id, &**entity, Draft::new(id, &entity.body.document(), &variables, switches))
            })
            .collect();
        let issues: Vec<Vec<Issue>> = {
            let of_kind = |kind| drafts.iter().filter(move |(_, _, draft)| draft.component.kind == kind);
            let outputs = drafts.iter().flat_map(|(_, _, draft)| &draft.component.outputs);
            let has_unknown = drafts.iter().any(|(_, _, draft)| draft.has_unknown_outputs);
            let around = Surroundings {
                systems: Some(of_kind(EntityKind::System).map(|(id, ..)| id.as_str()).collect()),
                pipes: of_kind(EntityKind::Pipe).map(|(id, ..)| id.as_str()).collect(),
                datasets: (!has_unknown)
                    .then(|| datasets.iter().chain(outputs).map(String::as_str).collect()),
            };
            drafts.iter().map(|(_, entity, draft)| draft.issues_of_names(entity, &around)).collect()
        };
        let components = drafts.drain(..).zip(issues).map(|((id, _, draft), mut issues)| {
            let mut component = draft.component;
            component.issues.append(&mut issues);
            (id.clone(), Arc::new(component))
        });
        Self { components: components.collect() }
    }

    /// The datasets that pipes write.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &String> {
        self.components.values().flat_map(|component| &component.outputs)
    }
}

impl Component {
    /// All issues, with the issues of secrets.
    pub(crate) fn issues(&self, id: &str, secrets: &Secrets, switches: &Switches) -> Vec<Issue> {
        let mut issues = self.issues.clone();
        for (name, path) in self.secrets.iter().filter(|(name, _)| !secrets.is_defined_for(id, name)) {
            let message = format!("The secret '{name}' is not defined.");
            issues.extend(missing(switches.missing_secret, path, message));
        }
        issues
    }
}

/// A component whose names are not checked yet.
struct Draft {
    component: Component,
    names: Names,
    has_unknown_outputs: bool,
}

impl Draft {
    fn new(id: &str, root: &Node, variables: &Variables, switches: &Switches) -> Self {
        let kind = EntityKind::of(root);
        let inspection = inspect(root, variables);
        let mut issues: Vec<Issue> =
            inspection.findings.iter().map(|finding| Issue::of(finding, root)).collect();
        for used in &inspection.undefined_variables {
            let message = format!("The environment variable '{}' is not defined.", used.name);
            let path = deployer_validation::elements(root, used.span);
            issues.extend(missing(switches.missing_variable, &path, message));
        }
        let secrets = if kind == EntityKind::System { inspection.secrets() } else { Vec::new() };
        let secrets =
            secrets.into_iter().map(|used| (used.name, deployer_validation::elements(root, used.span)));
        let effective = match kind {
            EntityKind::Pipe => defaults::complete_pipe(id, &inspection.resolved),
            _ => inspection.resolved.value.clone(),
        };
        let pump = inspection.resolved.get("pump");
        let dead_letters = pump.and_then(|pump| pump.get("use_dead_letter_dataset"));
        let inputs = inspection.names.inputs.iter().map(|used| used.name.clone());
        let component = Component {
            kind,
            // A variable may nest the entity too deeply for JSON of this node.
            effective: ExactJson::of_document(&effective).unwrap_or_else(|_| ExactJson::null()),
            issues,
            inputs: inputs.collect(),
            dependencies: inspection.dependencies.into_iter().collect(),
            outputs: inspection.outputs,
            has_dead_letters: dead_letters.is_some_and(|it| matches!(it.value, Value::Bool(true))),
            secrets: secrets.collect(),
        };
        Self { component, names: inspection.names, has_unknown_outputs: inspection.has_unknown_outputs }
    }

    fn issues_of_names(&self, entity: &StoredEntity, around: &Surroundings<'_>) -> Vec<Issue> {
        let findings = around.findings(&self.names);
        if findings.is_empty() {
            return Vec::new();
        }
        let root = entity.body.document();
        findings.iter().map(|finding| Issue::of(finding, &root)).collect()
    }
}

/// The issue for a missing variable or secret.
fn missing(reading: MissingName, path: &str, message: String) -> Option<Issue> {
    match reading {
        MissingName::Error => Some(Issue::error(path, message)),
        MissingName::Warning => Some(Issue::warning(path, message)),
        MissingName::Ignored => None,
    }
}
