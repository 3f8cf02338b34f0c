//! `[secrets]`: which store is asked for which secret, where that is not up to the node.

use std::collections::BTreeMap;

use deployer_core::document::SourceText;
use deployer_core::error::nearest;
use deployer_core::plugin::Credential;
use deployer_core::{Error, Kind};
use deployer_engine::stages::{Alias, Routes, Rule};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::list;
use super::values::AliasValue;
use crate::settings::merge::place;

/// The section. A rule is written `"azure-*" = "store"`, an alias `"name" = "other name"` or `"name" = { store, name }`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretsSection {
    /// The store that names are read from alone which match a pattern, such as `azure-*`; the first rule that matches counts.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    rules: BTreeMap<String, Spanned<String>>,
    /// The name that a secret has elsewhere: another name, or `{ store, name }`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, AliasValue>")]
    aliases: BTreeMap<String, Spanned<AliasValue>>,
    /// The key of the fingerprints by which secrets that are the same need not be sent again.
    pub(super) fingerprint_key: Option<Credential>,
}

/// The rules in the order they are written, and the aliases. Stores that are not defined are problems.
pub(super) fn routes(
    section: SecretsSection,
    stores: &[&str],
    text: &SourceText,
    problems: &mut Vec<Error>,
) -> Routes {
    let mut routes = Routes::default();
    let mut known = |label: &str, store: &str, span: std::ops::Range<usize>| {
        problems.extend(unknown_store(label, store, stores).map(|problem| problem.at(place(text, &span))));
    };
    let mut rules: Vec<(String, Spanned<String>)> = section.rules.into_iter().collect();
    rules.sort_by_key(|(_, store)| store.span().start);
    let mut unreadable = Vec::new();
    for (pattern, store) in rules {
        known("secrets.rules", store.get_ref(), store.span());
        match Rule::new(&pattern, store.get_ref().as_str()) {
            Ok(rule) => routes.rules.push(rule),
            Err(problem) => {
                unreadable.push(problem.context("[secrets.rules]").at(place(text, &store.span())))
            }
        }
    }
    for (name, alias) in section.aliases {
        let span = alias.span();
        let AliasValue { store, name: other } = alias.into_inner();
        if let Some(store) = &store {
            known("secrets.aliases", store, span);
        }
        let other = other.unwrap_or_else(|| name.clone());
        routes.aliases.insert(name.as_str().into(), Alias { store, name: other.as_str().into() });
    }
    problems.append(&mut unreadable);
    routes
}

fn unknown_store(label: &str, store: &str, stores: &[&str]) -> Option<Error> {
    if stores.contains(&store) {
        return None;
    }
    let known =
        if stores.is_empty() { "none is defined".to_owned() } else { format!("only {}", list(stores)) };
    let error = Error::new(Kind::Settings, format!("[{label}]: there is no store {store:?}, {known}"));
    Some(match nearest(store, stores.iter().copied()) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("define it: add a table [stores.{store}]")),
    })
}
