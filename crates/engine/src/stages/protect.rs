//! Entities that stay on a node as they run, whatever the configuration says.

use std::borrow::Cow;
use std::collections::HashMap;

use super::uses::uses;
use deployer_core::document::Node;
use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::{
    Action, Desired, Entity, Observed, ProtectedEntity, comparable, normalised, same_entity,
};

/// Which entities of a node are never removed or changed, by patterns of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    patterns: Vec<glob::Pattern>,
    /// Whether entities that Sesam's orchestrator took over are protected too.
    orchestrated: bool,
}

impl Protection {
    /// Reads patterns (`*`, `?`, `[a-z]`). A text without any of these is an id.
    ///
    /// # Errors
    /// `Settings` if a pattern is invalid.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self> {
        let pattern = |pattern: &str| {
            glob::Pattern::new(pattern).map_err(|error| {
                Error::new(Kind::Settings, format!("invalid pattern {pattern:?}"))
                    .with_cause(error.msg)
                    .with_hint("write `*` for any text, as in \"internal-*\"")
            })
        };
        Ok(Self { patterns: patterns.into_iter().map(pattern).collect::<Result<_>>()?, orchestrated: false })
    }

    /// Sets whether an entity that Sesam's orchestrator took over is protected as long as the configuration has its original.
    #[must_use]
    pub fn with_orchestrated(self, orchestrated: bool) -> Self {
        Self { orchestrated, ..self }
    }

    /// Whether an entity with this id is protected.
    pub fn covers(&self, id: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(id))
    }

    /// Whether a running entity stays, whose form in the configuration is `wanted`.
    fn keeps(&self, running: &Entity, wanted: Option<&Entity>) -> bool {
        self.covers(running.id())
            || (self.orchestrated && wanted.is_some_and(|wanted| is_original(running, wanted)))
    }
}

/// Whether the orchestrator took over an entity of the node and keeps the one of the configuration as its original.
fn is_original(running: &Entity, wanted: &Entity) -> bool {
    running.at_path("metadata.orchestrator.original_configuration").is_some_and(|original| {
        comparable(&original.value, wanted.value()) == comparable(wanted.value(), &original.value)
    })
}

/// Replaces protected entities in the desired state by their running form, together with the variables that they use. Returns the entities
/// that the configuration would remove or change, by id. A protected entity that does not run yet is added.
pub fn protect(protection: &Protection, desired: &mut Desired, observed: &Observed) -> Vec<ProtectedEntity> {
    let wanted: HashMap<String, usize> =
        desired.entities.iter().enumerate().map(|(at, entity)| (entity.id().to_string(), at)).collect();
    let mut protected = Vec::new();
    let mut kept = Vec::new();
    for running in &observed.entities {
        let at = wanted.get(&**running.id()).copied();
        if !protection.keeps(running, at.map(|at| &desired.entities[at])) {
            continue;
        }
        let origin = match at.map(|at| &desired.entities[at]) {
            Some(wanted) if same_entity(running, wanted) => continue,
            wanted => wanted.map(Entity::place),
        };
        let stays = without_bookkeeping(running);
        kept.push(stays.clone());
        match at {
            Some(at) => desired.entities[at] = stays,
            None => desired.entities.push(stays),
        }
        let kept_from = if at.is_some() { Action::Change } else { Action::Remove };
        protected.push(ProtectedEntity::new(running.id().to_string(), running.kind(), kept_from, origin));
    }
    if let (Some(wanted), Some(running)) = (&mut desired.variables, &observed.variables) {
        for name in uses(&kept).variables.into_keys() {
            if let Some(variable) = running.entries.get(&name) {
                wanted.entries.entry(name).or_insert_with(|| variable.clone());
            }
        }
    }
    protected.sort_by(|a, b| a.id.cmp(&b.id));
    protected
}

/// A running entity in a form that can be written: without the members that the node adds.
fn without_bookkeeping(running: &Entity) -> Entity {
    match normalised(running.value()) {
        Cow::Borrowed(_) => running.clone(),
        Cow::Owned(value) => {
            let root = Node { value, span: running.root().span };
            Entity::new(root, running.origin().clone()).unwrap_or_else(|_| running.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, diff, read_entities};
    use deployer_core::document::SourceText;
    use deployer_core::model::{Fingerprint, NodeName, NodePlan, Variables};

    const WANTED: &str = r#"[{"_id": "free", "n": 2}, {"_id": "kept-b", "n": 2}, {"_id": "kept-new"}, {"_id": "kept-same", "n": 1}]"#;
    const RUNNING: &str = r#"[{"_id": "free", "n": 1}, {"_id": "gone"}, {"_id": "kept-a", "x": "$ENV(old) $ENV(new)", "_updated": 3},
        {"_id": "kept-b", "n": 1}, {"_id": "kept-same", "n": 1}]"#;

    fn entities(text: &str) -> Vec<Entity> {
        read_entities(&[SourceText::new("c.json", text)], Strictness::Strict).entities
    }

    fn variables(text: &str) -> Option<Variables> {
        let source = SourceText::new("v.json", text);
        Some(Variables::from_document(&source.parse().unwrap().root, &source).unwrap())
    }

    fn planned(patterns: &[&str]) -> (NodePlan, Vec<ProtectedEntity>) {
        let mut observed = Observed::new(Fingerprint::new("x"), entities(RUNNING));
        observed.variables = variables(r#"{"old": 1, "new": 1, "other": 1}"#);
        let mut desired =
            Desired::default().with_entities(entities(WANTED)).with_variables(variables(r#"{"new": 2}"#));
        let protection = Protection::new(patterns.iter().copied()).unwrap();
        let protected = protect(&protection, &mut desired, &observed);
        (diff(&NodeName::master(), "test", None, "here", desired, &observed), protected)
    }

    #[test]
    fn what_is_protected_is_neither_removed_nor_changed_and_it_is_told() {
        let (plan, protected) = planned(&["kept-*"]);
        let changes: Vec<String> =
            plan.entities.iter().map(|change| format!("{}{}", change.action.sign(), change.id)).collect();
        assert_eq!(changes, ["-gone", "~free", "+kept-new"]);
        let told: Vec<(&str, Action, Option<String>)> = protected
            .iter()
            .map(|it| (it.id.as_str(), it.kept_from, it.origin.as_ref().map(ToString::to_string)))
            .collect();
        assert_eq!(
            told,
            [("kept-a", Action::Remove, None), ("kept-b", Action::Change, Some("c.json:1:27".to_owned()))]
        );
        let kept = plan.desired.entities.iter().find(|entity| &**entity.id() == "kept-a").unwrap();
        assert!(kept.at_path("_updated").is_none(), "what a node adds by itself is not written");
    }

    #[test]
    fn the_variables_that_a_kept_entity_names_stay_and_take_new_values() {
        let (plan, _) = planned(&["kept-a"]);
        let changes: Vec<String> =
            plan.variables.iter().map(|change| format!("{}{}", change.action.sign(), change.name)).collect();
        assert_eq!(changes, ["~new", "-other"]);
    }

    #[test]
    fn what_the_orchestrator_took_over_stays_as_long_as_the_configuration_has_its_original() {
        let running = r#"[
            {"_id": "taken", "n": 7, "metadata": {"orchestrator": {"original_configuration": {"_id": "taken", "n": 1}}}},
            {"_id": "revised", "n": 7, "metadata": {"orchestrator": {"original_configuration": {"_id": "revised", "n": 0}}}},
            {"_id": "gone", "metadata": {"orchestrator": {"original_configuration": {"_id": "gone"}}}}]"#;
        let wanted = r#"[{"n": 1, "_id": "taken"}, {"_id": "revised", "n": 1}]"#;
        let protected = |orchestrated| {
            let observed = Observed::new(Fingerprint::new("x"), entities(running));
            let mut desired = Desired::default().with_entities(entities(wanted));
            let protection = Protection::default().with_orchestrated(orchestrated);
            let protected = protect(&protection, &mut desired, &observed);
            protected.into_iter().map(|it| it.id).collect::<Vec<_>>()
        };
        assert_eq!(protected(true), ["taken"]);
        assert!(protected(false).is_empty());
    }

    #[test]
    fn nothing_is_protected_unless_it_is_named() {
        let (plan, protected) = planned(&["kept"]);
        assert_eq!((plan.entities.len(), protected.len()), (5, 0));
        assert_eq!(Protection::new(["["]).unwrap_err().kind(), Kind::Settings);
    }
}
