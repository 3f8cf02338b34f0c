//! Every variable and every secret that entities use must exist.

use std::collections::{BTreeMap, BTreeSet};

use super::protect::Protection;
use super::uses::{Use, Uses, places};
use deployer_core::error::{Error, Kind, Note, Place, nearest};
use deployer_core::model::{NodeName, SecretName, Variables};

/// An error for each `$ENV(name)` that a node uses and that is not defined, with all its places, the files that were read, and the
/// nearest name that exists.
pub fn missing_variables(nodes: &[Uses], variables: &Variables, asked: &[String]) -> Vec<Error> {
    let mut missing: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for (name, found) in nodes.iter().flat_map(|uses| &uses.variables) {
        if !variables.entries.contains_key(name) {
            missing.entry(name).or_default().extend(found);
        }
    }
    let known = || variables.entries.keys().map(String::as_str);
    let asked = match asked {
        [] => "no file: the settings name no variables file".to_owned(),
        files => files.join(", "),
    };
    missing
        .into_iter()
        .map(|(name, found)| missing_name("variable", name, places(found), &asked, nearest(name, known())))
        .collect()
}

/// A secret that no store has.
#[derive(Debug)]
pub struct MissingSecret {
    /// Its name inside `$SECRET(name)`.
    pub name: SecretName,
    /// The addresses at which it is missing.
    pub tried: Vec<String>,
    /// The places that use it.
    pub places: BTreeSet<Place>,
}

/// An error for every missing secret, with all its places, the addresses, and the nearest name that exists. One error for all if the
/// stores have none of several secrets and no similar name: one wrong setting explains that.
pub fn missing_secrets(
    missing: Vec<MissingSecret>,
    known: &BTreeSet<SecretName>,
    stores_have_others: bool,
) -> Vec<Error> {
    let near = |name: &SecretName| {
        // A store can list a name whose value was deleted.
        let others = known.iter().filter(|other| *other != name);
        nearest(name.as_str(), others.map(SecretName::as_str))
    };
    if !stores_have_others && missing.len() > 1 && missing.iter().all(|secret| near(&secret.name).is_none()) {
        return vec![no_secret_found(missing)];
    }
    let error = |MissingSecret { name, tried, places }: MissingSecret| {
        missing_name("secret", name.as_str(), places, &tried.join("; "), near(&name))
    };
    missing.into_iter().map(error).collect()
}

fn no_secret_found(missing: Vec<MissingSecret>) -> Error {
    let message = format!("none of the {} secrets was found", missing.len());
    let error = Error::new(Kind::Verification, message)
        .with_hint("check the settings of the store: is the prefix or the mount wrong?");
    missing.into_iter().fold(error, |error, MissingSecret { name, tried, places }| {
        error.with_detail(format!("`{name}`: looked in: {}", tried.join("; "))).at_all(places)
    })
}

/// An error for a node that uses secrets and has no store.
pub fn no_store(
    node: &NodeName,
    secrets: &BTreeSet<SecretName>,
    places: impl IntoIterator<Item = Place>,
) -> Error {
    let names: Vec<String> = secrets.iter().map(|name| format!("`{name}`")).collect();
    Error::new(Kind::Verification, format!("node {node} uses secrets, and no store is set up"))
        .with_detail(format!("secrets: {}", names.join(", ")))
        .at_all(places)
        .with_hint("add a store to the settings, `[stores.NAME]`, or name one in `secrets` of the node")
}

fn missing_name(
    noun: &str,
    name: &str,
    places: impl IntoIterator<Item = Place>,
    asked: &str,
    near: Option<&str>,
) -> Error {
    let mut error = Error::new(Kind::Verification, format!("{noun} {name:?} is not defined"))
        .with_detail(format!("looked in: {asked}"))
        .at_all(places);
    if let Some(near) = near {
        error = error.with_hint(format!("did you mean {near:?}?"));
    }
    error
}

/// An error for every secret that a node's entities use and that the settings do not allow.
pub fn forbidden_secrets(node: &NodeName, allowed: Option<&Protection>, uses: &Uses) -> Vec<Error> {
    let Some(allowed) = allowed else { return Vec::new() };
    let forbidden = uses.secrets.iter().filter(|(name, _)| !allowed.covers(name.as_str()));
    forbidden
        .map(|(name, found)| {
            let message = format!("node {node} must not use the secret `{name}`");
            Error::new(Kind::Verification, message)
                .at_all(places(found))
                .with_hint("to allow it, add it to `allow` in [secrets] or to `allow_secrets` of the node")
        })
        .collect()
}

/// A note that names the variables that no node uses. `None` if all are used.
pub fn unused_variables(nodes: &[Uses], variables: &Variables) -> Option<Note> {
    let unused: Vec<(&str, Option<&Place>)> = variables
        .entries
        .iter()
        .filter(|(name, _)| !nodes.iter().any(|uses| uses.variables.contains_key(*name)))
        .map(|(name, variable)| (name.as_str(), variable.place.as_ref()))
        .collect();
    if unused.is_empty() {
        return None;
    }
    let names: Vec<&str> = unused.iter().map(|(name, _)| *name).collect();
    let message = format!("unused variables: {}", names.join(", "));
    Some(Note::remark(message).at_all(unused.into_iter().filter_map(|(_, place)| place.cloned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities, uses};
    use deployer_core::document::SourceText;

    #[test]
    fn a_missing_variable_shows_every_place_and_the_nearest_name() {
        let text = "{\"_id\": \"a\", \"x\": \"$ENV(hots)\",\n \"y\": \"$ENV(hots) $ENV(port)\"}";
        let read = read_entities(&[SourceText::new("a.json", text)], Strictness::Strict);
        let source = SourceText::new("v.json", r#"{"host": "h", "port": 1, "spare": true}"#);
        let variables = Variables::from_document(&source.parse().unwrap().root, &source).unwrap();
        let found = [Uses::default(), uses(&read.entities)];
        let errors = missing_variables(&found, &variables, &["v.json".to_owned()]);
        assert_eq!(errors.len(), 1);
        let places: Vec<String> = errors[0].places().iter().map(Place::to_string).collect();
        assert_eq!(places, ["a.json:1:20", "a.json:2:8"]);
        assert_eq!(errors[0].hints(), ["did you mean \"host\"?"]);
        let note = unused_variables(&found, &variables).unwrap();
        assert_eq!(note.message, "unused variables: host, spare");
    }

    #[test]
    fn a_missing_secret_is_never_its_own_nearest_name() {
        let name = SecretName::new("crm-token");
        let missing = || {
            let (tried, places) = (vec!["a store".to_owned()], BTreeSet::new());
            vec![MissingSecret { name: name.clone(), tried, places }]
        };
        let hints = |known: &[&str]| {
            let known = known.iter().copied().map(SecretName::new).collect();
            missing_secrets(missing(), &known, false)[0].hints().to_vec()
        };
        assert!(hints(&["crm-token"]).is_empty());
        assert_eq!(hints(&["crm-token", "crm-tokens"]), ["did you mean \"crm-tokens\"?"]);
    }

    #[test]
    fn one_error_says_that_no_secret_was_found_unless_names_are_similar_or_others_exist() {
        let messages = |known: &[&str], stores_have_others: bool| {
            let missing = ["crm-token", "arkiv-password"].map(|name| MissingSecret {
                name: SecretName::new(name),
                tried: vec![format!("{name} in a store")],
                places: BTreeSet::new(),
            });
            let known = known.iter().copied().map(SecretName::new).collect();
            missing_secrets(missing.into(), &known, stores_have_others)
        };
        let [error] = messages(&["unlike"], false).try_into().unwrap();
        assert_eq!(error.message(), "none of the 2 secrets was found");
        let details = [
            "`crm-token`: looked in: crm-token in a store",
            "`arkiv-password`: looked in: arkiv-password in a store",
        ];
        assert_eq!(error.details(), details);
        assert_eq!(error.hints(), ["check the settings of the store: is the prefix or the mount wrong?"]);
        assert_eq!(messages(&["crm-tokens"], false).len(), 2);
        assert_eq!(messages(&[], true).len(), 2);
    }
}
