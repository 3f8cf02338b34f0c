//! `[secrets]`

use std::collections::BTreeMap;

use deployer_core::plugin::Credential;
use deployer_engine::stages::{Alias, Routes, Rule};

use super::tables::Tables;
use super::values::AliasValue;
use crate::settings::declare::section;
use crate::settings::parts::list;

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
    pub(super) fn routes(&self, stores: &[&str], tables: Tables<'_>) -> Routes {
        let mut routes = Routes::default();
        let check = |path: &[&str], store: &str| {
            if !stores.contains(&store) {
                let section = path[..2].join(".");
                let message = format!("[{section}]: unknown store `{store}`; defined: {}", list(stores));
                let hint = format!("define it: add a table [stores.{store}]");
                tables.reject_name(path, message, store, stores, &hint);
            }
        };
        let mut rules: Vec<(&String, &String)> = self.rules.iter().collect();
        let start = |path: &[&str]| tables.value(path).map(|value| value.span().start);
        rules.sort_by_key(|(pattern, _)| start(&["secrets", "rules", pattern]));
        for (pattern, store) in rules {
            let path = ["secrets", "rules", pattern.as_str()];
            check(&path, store);
            let rule = Rule::new(pattern, store.as_str());
            routes.rules.extend(tables.accept(&path, "[secrets.rules]", rule));
        }
        for (name, alias) in &self.aliases {
            let (store, other) = match alias {
                AliasValue::Name(other) => (None, other),
                AliasValue::Elsewhere(table) => (table.store.as_deref(), table.name.as_ref().unwrap_or(name)),
            };
            store.into_iter().for_each(|store| check(&["secrets", "aliases", name], store));
            let alias = Alias { store: store.map(str::to_owned), name: other.as_str().into() };
            routes.aliases.insert(name.as_str().into(), alias);
        }
        routes
    }
}
