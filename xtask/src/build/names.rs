//! From the words that people write to features.

use std::collections::BTreeSet;

use super::catalog::{Catalog, FAMILIES};
use crate::shell::Result;
use crate::words::closest;

/// The features that words name: features, families, and the last part of a feature's name or a `kind`, where only one feature has
/// it. All words that name none, or several, are told at once.
pub(super) fn resolve<'a>(
    words: impl IntoIterator<Item = &'a str>,
    catalog: &Catalog,
) -> Result<BTreeSet<String>> {
    let (mut features, mut problems) = (BTreeSet::new(), Vec::new());
    for word in words {
        match meanings(word, catalog) {
            Meaning::Features(named) => features.extend(named.into_iter().map(str::to_owned)),
            Meaning::Several(choices) => {
                problems.push(format!("`{word}` is ambiguous: write `{}`", choices.join("` or `")));
            }
            Meaning::None => {
                let near = nearest(word, catalog).map(|near| format!("; did you mean `{near}`?"));
                problems.push(format!("there is no feature `{word}`{}", near.unwrap_or_default()));
            }
        }
    }
    if !problems.is_empty() {
        return Err(format!("{}\n{}", problems.join("\n       "), choices(catalog)));
    }
    Ok(features)
}

/// Why a program without any plugin is not built.
pub(super) fn empty(catalog: &Catalog) -> String {
    format!("no plugin is named: a program without any can do nothing\n{}", choices(catalog))
}

#[derive(Debug, PartialEq, Eq)]
enum Meaning<'a> {
    Features(Vec<&'a str>),
    Several(Vec<&'a str>),
    None,
}

fn meanings<'a>(word: &str, catalog: &'a Catalog) -> Meaning<'a> {
    if word == "all" {
        return Meaning::Features(catalog.features.iter().map(String::as_str).collect());
    }
    if let Some(feature) = catalog.features.get(word) {
        return Meaning::Features(vec![feature]);
    }
    if let Some((_, family, ..)) = FAMILIES.iter().find(|(_, _, plural, _)| *plural == word) {
        return Meaning::Features(catalog.family(family).collect());
    }
    let found: BTreeSet<&str> =
        short_names(catalog).filter(|(name, _)| *name == word).map(|(_, feature)| feature).collect();
    match found.len() {
        0 => Meaning::None,
        1 => Meaning::Features(found.into_iter().collect()),
        _ => Meaning::Several(found.into_iter().collect()),
    }
}

/// The short names of plugins with their features: what follows the family in a feature's name, and the `kind`s.
fn short_names(catalog: &Catalog) -> impl Iterator<Item = (&str, &str)> {
    let of_features = FAMILIES.iter().flat_map(|(_, family, ..)| {
        catalog.family(family).map(|feature| (&feature[family.len() + 1..], feature))
    });
    of_features.chain(catalog.rows.iter().map(|row| (row.kind.as_str(), row.feature.as_str())))
}

/// The known name that a word comes closest to, when it is close.
fn nearest<'a>(word: &str, catalog: &'a Catalog) -> Option<&'a str> {
    let families = FAMILIES.iter().map(|(_, _, plural, _)| *plural);
    let names = catalog.features.iter().map(String::as_str).chain(families);
    closest(word, names.chain(short_names(catalog).map(|(name, _)| name)))
}

/// What can be named.
fn choices(catalog: &Catalog) -> String {
    let features: Vec<&str> = catalog.features.iter().map(String::as_str).collect();
    let unique = |name: &str| matches!(meanings(name, catalog), Meaning::Features(_));
    let short: BTreeSet<&str> =
        short_names(catalog).map(|(name, _)| name).filter(|name| unique(name)).collect();
    format!(
        "  features:    {}\n  short names: {}\n  together:    {}, all",
        features.join(", "),
        short.into_iter().collect::<Vec<_>>().join(", "),
        FAMILIES.map(|(_, _, plural, _)| plural).join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::super::catalog::example;
    use super::*;

    fn named(words: &[&str]) -> Result<Vec<String>> {
        Ok(resolve(words.iter().copied(), &example())?.into_iter().collect())
    }

    #[test]
    fn features_families_and_short_names_are_understood() {
        assert_eq!(named(&["store-vault", "slack"]).unwrap(), ["notify-slack", "store-vault"]);
        assert_eq!(named(&["stores", "vault"]).unwrap(), ["store-file", "store-vault"]);
        assert_eq!(named(&["environment"]).unwrap(), ["store-file"], "a kind that shares a feature");
        assert_eq!(named(&["node"]).unwrap(), ["target-node"], "the embedded node is no plugin");
        assert_eq!(named(&["all"]).unwrap().len(), example().features.len());
    }

    #[test]
    fn all_words_that_name_nothing_or_several_are_told() {
        let error = named(&["store-valt", "git", "slack", "zebra"]).unwrap_err();
        let expected = "there is no feature `store-valt`; did you mean `store-vault`?\n       \
                        `git` is ambiguous: write `source-git` or `target-git`\n       \
                        there is no feature `zebra`\n  features:    embedded-node, notify-slack, ";
        assert!(error.starts_with(expected), "{error}");
        assert!(error.ends_with("together:    sources, stores, targets, notifiers, states, all"), "{error}");
        assert!(error.contains("short names: environment, file, node, slack, vault\n"), "{error}");
    }
}
