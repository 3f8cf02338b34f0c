//! Secrets of single systems: which secrets of a node are written to one system, and which to all.

use std::collections::BTreeSet;

use super::uses::Uses;
use deployer_core::error::{Error, Kind, Result, nearest};
use deployer_core::model::{Entity, EntityKind, NodeName, SecretName, SystemSecretNames};

/// Which secrets are written to single systems instead of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SystemSecrets {
    /// None.
    #[default]
    None,
    /// All that a system uses.
    Named,
    /// The entries of a list, in order.
    Listed(Vec<SystemList>),
}

/// Secrets of the systems whose ids match a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemList {
    systems: glob::Pattern,
    secrets: Vec<glob::Pattern>,
}

impl SystemList {
    /// Reads the patterns (`*`, `?`, `[a-z]`) of an entry. A name of a secret without any of these is sent whether the system
    /// names it or not; a pattern stands for those that the system names.
    ///
    /// # Errors
    /// `Settings` if a pattern is invalid.
    pub fn new(systems: &str, secrets: &[String]) -> Result<Self> {
        let pattern = |text: &str| {
            glob::Pattern::new(text).map_err(|error| {
                Error::new(Kind::Settings, format!("invalid pattern {text:?}"))
                    .with_cause(error.msg)
                    .with_hint("write `*` for any text, as in \"crm-*\"")
            })
        };
        let secrets = secrets.iter().map(|name| pattern(name)).collect::<Result<_>>()?;
        Ok(Self { systems: pattern(systems)?, secrets })
    }
}

/// The secrets of a node, split by where they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SharedSecrets {
    /// To all systems and pipes of the node.
    pub global: BTreeSet<SecretName>,
    /// To single systems.
    pub systems: SystemSecretNames,
}

/// Splits the secrets that entities use into global and per-system ones. A secret of a single system is global too if another entity uses it.
/// A system of the list that the node does not have is a problem.
pub fn share_secrets(
    node: &NodeName,
    rule: &SystemSecrets,
    entities: &[Entity],
    uses: &Uses,
) -> (SharedSecrets, Vec<Error>) {
    let systems: Vec<&str> = entities
        .iter()
        .filter(|entity| entity.kind() == EntityKind::System)
        .map(|entity| &**entity.id())
        .collect();
    let mut shared = SharedSecrets::default();
    let mut problems = Vec::new();
    match rule {
        SystemSecrets::None => {}
        SystemSecrets::Named => {
            for system in &systems {
                let names: BTreeSet<SecretName> = named_by(system, uses).cloned().collect();
                if !names.is_empty() {
                    shared.systems.insert((*system).to_owned(), names);
                }
            }
        }
        SystemSecrets::Listed(lists) => {
            for list in lists {
                if is_plain(&list.systems) && !systems.contains(&list.systems.as_str()) {
                    problems.push(unknown_system(node, list.systems.as_str(), &systems));
                }
                for system in systems.iter().filter(|system| list.systems.matches(system)) {
                    let names = list.secrets.iter().flat_map(|pattern| selected(pattern, system, uses));
                    shared.systems.entry((*system).to_owned()).or_default().extend(names);
                }
            }
            shared.systems.retain(|_, names| !names.is_empty());
        }
    }
    let is_own = |name: &SecretName, entity: &Entity| {
        entity.kind() == EntityKind::System
            && shared.systems.get(&**entity.id()).is_some_and(|names| names.contains(name))
    };
    let global =
        uses.secrets.iter().filter(|(name, uses)| uses.iter().any(|used| !is_own(name, used.entity())));
    shared.global = global.map(|(name, _)| name.clone()).collect();
    (shared, problems)
}

/// The secrets that a system uses.
fn named_by<'a>(system: &'a str, uses: &'a Uses) -> impl Iterator<Item = &'a SecretName> {
    let names = uses.secrets.iter().filter(move |(_, uses)| {
        uses.iter().any(|used| {
            let entity = used.entity();
            entity.kind() == EntityKind::System && &**entity.id() == system
        })
    });
    names.map(|(name, _)| name)
}

fn selected(pattern: &glob::Pattern, system: &str, uses: &Uses) -> Vec<SecretName> {
    if is_plain(pattern) {
        return vec![SecretName::new(pattern.as_str())];
    }
    named_by(system, uses).filter(|name| pattern.matches(name.as_str())).cloned().collect()
}

/// Whether a pattern matches only one name.
fn is_plain(pattern: &glob::Pattern) -> bool {
    !pattern.as_str().contains(['*', '?', '['])
}

fn unknown_system(node: &NodeName, system: &str, systems: &[&str]) -> Error {
    let message =
        format!("[nodes.{node}.system_secrets] names the system {system:?}, which the node does not have");
    let error = Error::new(Kind::Verification, message);
    match nearest(system, systems.iter().copied()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error.with_hint("a secret is sent to a system that the configuration has; check the whitelist, or remove the line"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities, uses};
    use deployer_core::document::SourceText;

    const CONFIGURATION: &str = r#"[
        {"_id": "crm", "type": "system:url", "a": "$SECRET(crm-key) $SECRET(both)"},
        {"_id": "erp", "type": "system:url", "a": "$SECRET(erp-key)"},
        {"_id": "p", "type": "pipe", "a": "$SECRET(both)"}]"#;

    fn shared(rule: &SystemSecrets) -> (String, Vec<Error>) {
        let read = read_entities(&[SourceText::new("c.json", CONFIGURATION)], Strictness::Strict).entities;
        let (shared, problems) = share_secrets(&NodeName::master(), rule, &read, &uses(&read));
        let list = |names: &BTreeSet<SecretName>| {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
        };
        let systems: Vec<String> =
            shared.systems.iter().map(|(system, names)| format!("{system}: {}", list(names))).collect();
        (format!("{} / {}", list(&shared.global), systems.join(", ")), problems)
    }

    fn listed(lists: &[(&str, &[&str])]) -> SystemSecrets {
        let list = |(system, names): &(&str, &[&str])| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            SystemList::new(system, &names).expect("good patterns")
        };
        SystemSecrets::Listed(lists.iter().map(list).collect())
    }

    #[test]
    fn what_another_entity_names_too_is_sent_to_all_as_well() {
        assert_eq!(shared(&SystemSecrets::None).0, "both crm-key erp-key / ");
        assert_eq!(shared(&SystemSecrets::Named).0, "both / crm: both crm-key, erp: erp-key");
    }

    #[test]
    fn a_list_sends_what_it_says_and_patterns_stand_for_what_is_named() {
        assert_eq!(shared(&listed(&[("crm", &["crm-key"])])).0, "both erp-key / crm: crm-key");
        assert_eq!(shared(&listed(&[("*", &["*-key"])])).0, "both / crm: crm-key, erp: erp-key");
        assert_eq!(shared(&listed(&[("erp", &["spare", "no-*"])])).0, "both crm-key erp-key / erp: spare");
        let (none, problems) = shared(&listed(&[("x*", &["spare"])]));
        assert_eq!((none.as_str(), problems.len()), ("both crm-key erp-key / ", 0));
    }

    #[test]
    fn a_system_that_does_not_exist_is_told_with_the_nearest() {
        let (_, problems) = shared(&listed(&[("crn", &["a"]), ("q", &["a"])]));
        assert_eq!(problems.len(), 2);
        assert_eq!(
            problems[0].message(),
            "[nodes.master.system_secrets] names the system \"crn\", which the node does not have"
        );
        assert_eq!(problems[0].hints(), ["did you mean \"crm\"?"]);
        assert_eq!(SystemList::new("[", &[]).unwrap_err().kind(), Kind::Settings);
    }
}
