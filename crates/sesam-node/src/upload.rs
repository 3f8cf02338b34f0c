//! Uploads of whole groups and of single entities.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::document::Node;

use crate::config::GROUP_TAG;
use crate::config::issue::{EntityReport, Issue, Report};
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::state::contents::Contents;
use crate::state::derived::Derived;
use crate::state::stored::StoredEntity;
use crate::switches::Rules;

/// The entities that an upload replaces.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// One config group; empty is the default group.
    Group(&'a str),
    /// All groups. The entity names its group.
    All,
    /// Only entities with the same ids. The entity names its group.
    Entities,
}

/// An upload.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    pub(crate) scope: Scope<'a>,
    pub(crate) posted: Vec<ExactJson>,
    pub(crate) force: bool,
    /// The time of the upload, ISO 8601.
    pub(crate) now: &'a Arc<str>,
}

/// Applies an upload. On an error the state stays unchanged, and the report says why.
pub(crate) fn apply(state: &mut Contents, upload: Upload<'_>, rules: &Rules) -> Result<Report, Report> {
    let mut candidate = Candidate::new(state, &upload);
    let placed: Vec<Placed> =
        upload.posted.into_iter().map(|body| candidate.place(body, state, rules)).collect();
    if let Some(refusal) = circuit_breaker(state, &candidate, upload.force, rules) {
        return Err(refusal);
    }
    let derived = state.derive(&candidate.entities, rules);
    let report = report(state, placed, &derived, rules);
    if report.has_error() && !upload.force {
        return Err(report);
    }
    let ids = candidate.placed;
    state.install(candidate.entities, derived, rules);
    if rules.switches.identical_upload_redeploys {
        for id in &ids {
            if state.entity(EntityKind::Pipe, id).is_some() {
                state.progress.deploy(id, rules.deploying_polls);
            }
        }
    }
    Ok(report)
}

/// One posted entity.
struct Placed {
    body: ExactJson,
    /// Its id, if it is part of the configuration.
    id: Option<String>,
    issues: Vec<Issue>,
}

/// The configuration after the upload.
struct Candidate<'a> {
    scope: Scope<'a>,
    now: &'a Arc<str>,
    entities: BTreeMap<String, Arc<StoredEntity>>,
    placed: BTreeSet<String>,
}

impl<'a> Candidate<'a> {
    fn new(state: &Contents, upload: &Upload<'a>) -> Self {
        let stays = |entity: &StoredEntity| match upload.scope {
            Scope::Group(group) => entity.group != group,
            Scope::All => false,
            Scope::Entities => true,
        };
        let entities = state.stored.entities.iter().filter(|(_, entity)| stays(entity));
        let entities = entities.map(|(id, entity)| (id.clone(), Arc::clone(entity))).collect();
        Self { scope: upload.scope, now: upload.now, entities, placed: BTreeSet::new() }
    }

    /// Adds an entity. An entity without a valid identity is never added, not even with force.
    fn place(&mut self, body: ExactJson, state: &Contents, rules: &Rules) -> Placed {
        let mut issues = Vec::new();
        let id = self.identify(&body, rules, &mut issues);
        if let Some((id, group)) = &id {
            let old = state.stored.entities.get(id);
            let modified = match old {
                Some(old) if old.body == body => Arc::clone(&old.modified),
                _ => Arc::clone(self.now),
            };
            let created = old.map_or_else(|| Arc::clone(self.now), |old| Arc::clone(&old.created));
            let entity = StoredEntity { group: group.clone(), body: body.clone(), created, modified };
            self.entities.insert(id.clone(), Arc::new(entity));
            self.placed.insert(id.clone());
        }
        Placed { body, id: id.map(|(id, _)| id), issues }
    }

    fn identify(&self, body: &ExactJson, rules: &Rules, issues: &mut Vec<Issue>) -> Option<(String, String)> {
        let entity = body.document();
        if entity.value.as_object().is_none() {
            issues.push(Issue::error("$", "A configuration entity is an object."));
            return None;
        }
        let Some(id) = entity.get("_id").and_then(Node::as_str).filter(|id| !id.is_empty()) else {
            let message = "'_id' is a required property, and a string that is not empty.";
            issues.push(Issue::error(if entity.get("_id").is_some() { "$['_id']" } else { "$" }, message));
            return None;
        };
        let group = self.group_of(&entity, rules, issues);
        if EntityKind::of(&entity) == EntityKind::Metadata
            && !group.is_empty()
            && !rules.switches.metadata_in_named_group
        {
            issues.push(Issue::error("$['type']", "Node metadata belongs to the default config group."));
            return None;
        }
        if self.placed.contains(id) {
            issues.push(Issue::error("$['_id']", format!("The '_id' '{id}' occurs more than once.")));
            return None;
        }
        if let Some(other) = self.entities.get(id)
            && !matches!(self.scope, Scope::Entities)
        {
            let message = format!("The '_id' '{id}' already exists in the config group '{}'.", other.group);
            issues.push(Issue::error("$['_id']", message));
            return None;
        }
        Some((id.to_owned(), group))
    }

    fn group_of(&self, entity: &Node, rules: &Rules, issues: &mut Vec<Issue>) -> String {
        let tag = entity.get("metadata").and_then(|metadata| metadata.get(GROUP_TAG));
        let tag = tag.and_then(Node::as_str).unwrap_or_default();
        match self.scope {
            Scope::Group(group) => {
                if !tag.is_empty() && tag != group && !rules.switches.foreign_group_tag_is_accepted {
                    let message = format!("The config group '{tag}' is not the one uploaded to, '{group}'.");
                    issues.push(Issue::error(format!("$['metadata']['{GROUP_TAG}']"), message));
                }
                group.to_owned()
            }
            Scope::All | Scope::Entities => tag.to_owned(),
        }
    }
}

/// Rejects an upload that deletes more than 10 components and more than 10 % of the replaced ones, if the current node metadata has
/// `use_config_circuit_breaker`.
fn circuit_breaker(
    state: &Contents,
    candidate: &Candidate<'_>,
    force: bool,
    rules: &Rules,
) -> Option<Report> {
    let metadata = state.entity(EntityKind::Metadata, "node");
    let is_on = metadata.is_some_and(|(_, component)| {
        let effective = component.effective.value();
        effective["global_defaults"]["use_config_circuit_breaker"] == true
    });
    if !is_on || (force && rules.switches.force_overrides_circuit_breaker) {
        return None;
    }
    let (Scope::Group(_) | Scope::All) = candidate.scope else { return None };
    let in_scope = |entity: &StoredEntity| match candidate.scope {
        Scope::Group(group) => entity.group == group,
        Scope::All | Scope::Entities => true,
    };
    let components = state.stored.entities.iter().filter(|(id, entity)| {
        let kind = state.derived.components.get(*id).map(|component| component.kind);
        in_scope(entity) && kind != Some(EntityKind::Metadata)
    });
    let (mut existing, mut deleted) = (0_usize, 0_usize);
    for (id, _) in components {
        existing += 1;
        deleted += usize::from(!candidate.entities.contains_key(id));
    }
    (deleted > 10 && deleted * 10 > existing).then(|| {
        Report::of_upload(format!(
            "The configuration circuit breaker refused the upload: it would delete {deleted} of {existing} components."
        ))
    })
}

fn report(state: &Contents, placed: Vec<Placed>, derived: &Derived, rules: &Rules) -> Report {
    let mut validation_errors = Vec::new();
    for Placed { body, id, mut issues } in placed {
        let component = id.and_then(|id| derived.components.get(&id).map(|component| (id, component)));
        if let Some((id, component)) = component {
            issues.extend(component.issues(&id, &state.secrets, &rules.switches));
        }
        if !issues.is_empty() {
            validation_errors.push(EntityReport::new(body, issues));
        }
    }
    Report { validation_errors }
}
