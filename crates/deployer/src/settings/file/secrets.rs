//! `[secrets]`

use std::collections::BTreeMap;

use deployer_core::plugin::Credential;
use deployer_engine::stages::{Alias, Routes, Rule};

use super::tables::Tables;
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
    pub(super) fn routes(&self, stores: &[&str], tables: Tables<'_>) -> Routes {
        let mut routes = Routes::default();
        let patterns = tables.names(&["secrets", "rules"]).into_iter();
        for (pattern, store) in patterns.filter_map(|pattern| self.rules.get_key_value(pattern)) {
            let path = ["secrets", "rules", pattern.as_str()];
            tables.check_store(&path, "[secrets.rules]", store, stores);
            let rule = Rule::new(pattern, store.as_str());
            routes.rules.extend(tables.accept(&path, "[secrets.rules]", rule));
        }
        for (name, alias) in &self.aliases {
            let (store, other) = match alias {
                AliasValue::Name(other) => (None, other),
                AliasValue::Elsewhere(table) => (table.store.as_deref(), table.name.as_ref().unwrap_or(name)),
            };
            if let Some(store) = store {
                tables.check_store(&["secrets", "aliases", name], "[secrets.aliases]", store, stores);
            }
            let alias = Alias { store: store.map(str::to_owned), name: other.as_str().into() };
            routes.aliases.insert(name.as_str().into(), alias);
        }
        routes
    }
}
