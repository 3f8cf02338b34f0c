//! The stores that a secret is read from, and its name there.

use std::collections::BTreeMap;

use deployer_core::error::{Error, Kind, Result};
use deployer_core::model::SecretName;

/// Rules and aliases that take precedence over the stores of a node.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    /// The first rule that matches applies.
    pub rules: Vec<Rule>,
    /// Secrets that have another name, or a store of their own.
    pub aliases: BTreeMap<SecretName, Alias>,
}

/// Reads secrets from a store by their names.
#[derive(Debug, Clone)]
pub struct Rule {
    pattern: glob::Pattern,
    store: String,
}

/// The name of a Sesam secret in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The store. `None` for the stores of the node.
    pub store: Option<String>,
    /// The name in the store.
    pub name: SecretName,
}

/// Where one secret is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The stores, in the order in which they are tried.
    pub stores: Vec<String>,
    /// The name in these stores.
    pub name: SecretName,
}

impl Rule {
    /// Secrets whose name matches a pattern (`*`, `?`, `[a-z]`) are read from one store.
    ///
    /// # Errors
    /// `Settings` if the pattern is invalid.
    pub fn new(pattern: &str, store: impl Into<String>) -> Result<Self> {
        let parsed = glob::Pattern::new(pattern).map_err(|error| {
            let message = format!("invalid pattern {pattern:?} for names of secrets");
            Error::new(Kind::Settings, message)
                .with_cause(error.msg)
                .with_hint("write `*` for any text, as in \"azure-*\"")
        })?;
        Ok(Self { pattern: parsed, store: store.into() })
    }
}

impl Routes {
    /// Where a secret of a node with these stores is read from.
    pub fn route(&self, secret: &SecretName, stores: &[String]) -> Route {
        let alias = self.aliases.get(secret);
        let name = alias.map_or(secret, |alias| &alias.name).clone();
        let rule =
            || self.rules.iter().find(|rule| rule.pattern.matches(secret.as_str())).map(|rule| &rule.store);
        let only = alias.and_then(|alias| alias.store.as_ref()).or_else(rule);
        Route { stores: only.map_or_else(|| stores.to_vec(), |store| vec![store.clone()]), name }
    }

    /// The stores that rules and aliases name.
    pub fn stores(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().map(|rule| rule.store.as_str());
        rules.chain(self.aliases.values().filter_map(|alias| alias.store.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_takes_precedence_over_a_rule_and_a_rule_over_the_nodes_stores() {
        let routes = Routes {
            rules: vec![Rule::new("azure-*", "vault-a").unwrap(), Rule::new("*-key", "vault-b").unwrap()],
            aliases: BTreeMap::from([
                ("azure-x".into(), Alias { store: Some("file".to_owned()), name: "x".into() }),
                ("plain".into(), Alias { store: None, name: "team/plain".into() }),
            ]),
        };
        let stores = ["main".to_owned(), "spare".to_owned()];
        let route = |name: &str| {
            let route = routes.route(&name.into(), &stores);
            format!("{}: {}", route.name, route.stores.join(", "))
        };
        assert_eq!(route("azure-key"), "azure-key: vault-a");
        assert_eq!(route("other-key"), "other-key: vault-b");
        assert_eq!(route("azure-x"), "x: file");
        assert_eq!(route("plain"), "team/plain: main, spare");
        assert_eq!(route("db"), "db: main, spare");
        assert_eq!(Rule::new("[", "a").unwrap_err().kind(), Kind::Settings);
    }
}
