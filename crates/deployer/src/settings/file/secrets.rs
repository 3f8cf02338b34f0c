//! `[secrets]`

use std::collections::BTreeMap;

use deployer_core::Error;
use deployer_core::plugin::Credential;
use deployer_engine::stages::{Alias, Routes, Rule};

use super::source::{Tables, list, or_nearest};
use super::values::AliasValue;
use crate::settings::declare::section;

section! {
    /// Which store is read for which secret, if that does not depend on the node.
    pub(crate) struct SecretsSection {
        /// The store that is read for names that match a pattern, such as `azure-*`, and no other store; the first rule that matches counts.
        rules: BTreeMap<String, String> = BTreeMap::new(),
        /// The name that a secret has elsewhere: another name, or `{ store, name }`.
        aliases: BTreeMap<String, AliasValue> = BTreeMap::new(),
        /// The names of the secrets that a configuration can use, such as `crm-*`; by default all.
        allow: Option<Vec<String>> = None,
        /// The key of the fingerprints by which unchanged secrets are not sent again.
        fingerprint_key: Option<Credential> = None,
    }
}

impl SecretsSection {
    /// The rules in the order they are written, and the aliases. A store that is not defined is a problem.
    pub(super) fn routes(&self, stores: &[&str], tables: Tables<'_>, problems: &mut Vec<Error>) -> Routes {
        let mut routes = Routes::default();
        let known = |path: &[&str], store: &str| {
            let (known, section) = (stores.contains(&store), path[..2].join("."));
            let message = format!("[{section}]: unknown store `{store}`; defined: {}", list(stores));
            let hint = format!("define it: add a table [stores.{store}]");
            (!known).then(|| or_nearest(tables.problem(path, message), store, stores.iter().copied(), &hint))
        };
        let mut rules: Vec<(&String, &String)> = self.rules.iter().collect();
        rules.sort_by_key(|(pattern, _)| {
            tables.value(&["secrets", "rules", pattern]).map(|value| value.span().start)
        });
        for (pattern, store) in rules {
            let path = ["secrets", "rules", pattern.as_str()];
            problems.extend(known(&path, store));
            match Rule::new(pattern, store.as_str()) {
                Ok(rule) => routes.rules.push(rule),
                Err(problem) => problems.push(problem.context("[secrets.rules]").at(tables.place(&path))),
            }
        }
        for (name, AliasValue(alias)) in &self.aliases {
            let path = ["secrets", "aliases", name.as_str()];
            problems.extend(alias.store.as_deref().and_then(|store| known(&path, store)));
            let other = alias.name.as_ref().unwrap_or(name);
            let alias = Alias { store: alias.store.clone(), name: other.as_str().into() };
            routes.aliases.insert(name.as_str().into(), alias);
        }
        routes
    }
}
