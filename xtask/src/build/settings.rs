//! The plugins that a settings file needs, in all its environments.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::catalog::{Catalog, FAMILIES};
use super::foreign::Kind;
use super::reader::line;
use crate::shell::Result;
use crate::words::closest;

/// A plugin that a settings file names, or has without a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// `store`
    pub(super) family: &'static str,
    /// `vault`
    pub(super) kind: String,
    /// The line that says so first.
    line: usize,
}

/// The plugins that a settings file needs.
pub(super) fn uses(file: &str, text: &str) -> Result<BTreeSet<Use>> {
    let root = DeTable::parse(text).map_err(|error| {
        format!("{file}:{}: {}", line(text, error.span().unwrap_or_default().start), error.message())
    })?;
    let root = root.get_ref();
    let mut uses = Vec::new();
    if !root.contains_key("source") {
        // A file that names no source reads its own folder.
        uses.push(Use { family: "source", kind: "folder".to_owned(), line: 1 });
    }
    collect(root, text, &mut uses);
    for environment in members(root.get("environments")) {
        environment.as_table().into_iter().for_each(|table| collect(table, text, &mut uses));
    }
    // What is said again is kept where it is said first.
    uses.sort_by(|one, other| {
        (one.family, &one.kind, one.line).cmp(&(other.family, &other.kind, other.line))
    });
    uses.dedup_by(|later, first| (later.family, &later.kind) == (first.family, &first.kind));
    Ok(uses.into_iter().collect())
}

/// Whether a settings file has the section `[watch]`, at its root or in an environment.
pub(super) fn watches(text: &str) -> bool {
    anywhere(text, |table| table.contains_key("watch"))
}

/// Whether a settings file names connectors, or a layout in which the folder can be one.
pub(super) fn expands(text: &str) -> bool {
    anywhere(text, |table| {
        let section = table.get("configuration").and_then(|section| section.get_ref().as_table());
        section.is_some_and(|section| {
            let layout = section.get("layout").and_then(|layout| layout.get_ref().as_str());
            section.contains_key("connectors") || layout.is_some_and(|layout| layout != "deployer")
        })
    })
}

/// Whether a settings file has a store with the key of an encrypted file.
pub(super) fn decrypts(text: &str) -> bool {
    anywhere(text, |table| {
        members(table.get("stores")).any(|it| it.as_table().is_some_and(|store| store.contains_key("age")))
    })
}

/// Whether the root of a settings file, or one of its environments, is as a test says.
fn anywhere(text: &str, test: impl Fn(&DeTable<'_>) -> bool) -> bool {
    let Ok(root) = DeTable::parse(text) else { return false };
    let root = root.get_ref();
    test(root) || members(root.get("environments")).any(|it| it.as_table().is_some_and(&test))
}

/// The features that build these plugins. A kind that is neither of this source tree nor one of `others` is an error. `None` if the
/// others are not known before they are built.
pub(super) fn features(
    file: &str,
    uses: &BTreeSet<Use>,
    catalog: &Catalog,
    others: Option<&BTreeSet<Kind>>,
) -> Result<BTreeSet<String>> {
    let (mut features, mut problems) = (BTreeSet::new(), Vec::new());
    for used in uses {
        let of_kind = |row: &&super::catalog::Row| row.family == used.family && row.kind == used.kind;
        match catalog.rows.iter().find(of_kind) {
            Some(row) => drop(features.insert(row.feature.clone())),
            None => problems.extend(others.and_then(|others| unknown(file, used, catalog, others))),
        }
    }
    if problems.is_empty() { Ok(features) } else { Err(problems.join("\n       ")) }
}

/// What is wrong with a kind that this source tree does not have; `None` if it is one of others.
fn unknown(file: &str, used: &Use, catalog: &Catalog, others: &BTreeSet<Kind>) -> Option<String> {
    let noun = FAMILIES.iter().find(|(_, family, ..)| *family == used.family).map_or("", |(.., noun)| noun);
    let Use { family, kind, line } = used;
    let others = others.iter().filter(|(other, _)| other == family).map(|(_, kind)| kind.as_str());
    let kinds: Vec<&str> = catalog.kinds(family).chain(others).collect();
    if kinds.contains(&kind.as_str()) {
        return None;
    }
    let near = closest(kind, kinds.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    let near = near.unwrap_or_else(|| format!(", only `{}`", kinds.join("`, `")));
    Some(format!("{file}:{line}: there is no {noun} of kind `{kind}`{near}"))
}

/// The plugins of the root of a file, or of one of its environments.
fn collect(table: &DeTable<'_>, text: &str, uses: &mut Vec<Use>) {
    let mut add = |family, value: Option<&Spanned<DeValue<'_>>>| {
        let kind = value.and_then(|value| value.get_ref().as_table()?.get("kind"));
        if let Some((kind, word)) = kind.and_then(|kind| Some((kind, kind.get_ref().as_str()?))) {
            uses.push(Use { family, kind: word.to_owned(), line: line(text, kind.span().start) });
        }
    };
    add("source", table.get("source"));
    for store in spanned_members(table.get("stores")) {
        add("store", Some(store));
    }
    for node in members(table.get("nodes")) {
        add("target", node.as_table().and_then(|node| node.get("target")));
    }
    add("state", table.get("state"));
    for notifier in table.get("notify").and_then(|list| list.get_ref().as_array()).into_iter().flatten() {
        add("notify", Some(notifier));
    }
}

fn spanned_members<'t, 'a>(
    value: Option<&'t Spanned<DeValue<'a>>>,
) -> impl Iterator<Item = &'t Spanned<DeValue<'a>>> {
    value.and_then(|value| value.get_ref().as_table()).into_iter().flat_map(|table| table.values())
}

fn members<'t, 'a>(value: Option<&'t Spanned<DeValue<'a>>>) -> impl Iterator<Item = &'t DeValue<'a>> {
    spanned_members(value).map(Spanned::get_ref)
}

#[cfg(test)]
mod tests {
    use super::super::catalog::example;
    use super::*;

    const SETTINGS: &str = r#"
        environment = "test"
        [stores.main]
        kind = "file"
        path = "secrets.json"
        [nodes.master]
        target = { kind = "node", url = "example.sesam.cloud" }
        [nodes.checked]
        target = false
        [environments.prod.stores.main]
        kind = "vault"
        [environments.prod.nodes.extra]
        target = { kind = "git" }
        [[environments.prod.notify]]
        kind = "slack"
    "#;

    #[test]
    fn the_section_watch_is_found_at_the_root_and_in_an_environment() {
        assert!(watches("[watch]\ninterval = 60"));
        assert!(watches("[environments.prod.watch]\ninterval = 60"));
        assert!(!watches(SETTINGS));
    }

    #[test]
    fn connectors_are_needed_where_they_are_named_or_the_layout_allows_one() {
        assert!(expands("[configuration]\nlayout = \"sesam-py\""));
        assert!(expands("[environments.prod.configuration]\nconnectors = [\"crm-connector\"]"));
        assert!(!expands("[configuration]\nlayout = \"deployer\"") && !expands(SETTINGS));
    }

    #[test]
    fn the_key_of_an_encrypted_file_is_found() {
        assert!(decrypts("[stores.main]\nkind = \"file\"\nage = { identity = { env = \"A\" } }"));
        assert!(decrypts("[environments.prod.stores.main]\nage = {}") && !decrypts(SETTINGS));
    }

    fn derived(text: &str, others: Option<&[Kind]>) -> Result<Vec<String>> {
        let uses = uses("deployer.toml", text)?;
        let others = others.map(|others| others.iter().cloned().collect());
        Ok(features("deployer.toml", &uses, &example(), others.as_ref())?.into_iter().collect())
    }

    #[test]
    fn every_environment_counts_and_a_file_without_a_source_reads_a_folder() {
        let expected =
            ["notify-slack", "source-folder", "store-file", "store-vault", "target-git", "target-node"];
        assert_eq!(derived(SETTINGS, Some(&[])).unwrap(), expected);
    }

    #[test]
    fn a_source_that_is_named_takes_the_place_of_the_folder() {
        assert_eq!(derived("[source]\nkind = \"git\"\n", Some(&[])).unwrap(), ["source-git"]);
    }

    #[test]
    fn an_unknown_kind_is_told_with_its_line_unless_others_may_bring_it() {
        let text = "[stores.a]\nkind = \"valt\"\n[stores.b]\nkind = \"acme\"\n";
        let expected = "deployer.toml:4: there is no store of kind `acme`, only `vault`, `file`, `environment`\n       \
                        deployer.toml:2: there is no store of kind `valt`; did you mean `vault`?";
        assert_eq!(derived(text, Some(&[])).unwrap_err(), expected);
        assert_eq!(derived(text, None).unwrap(), ["source-folder"], "others are not known yet");
        let acme = [("store", "acme".to_owned()), ("store", "valt2".to_owned())];
        let expected = "deployer.toml:2: there is no store of kind `valt`; did you mean `vault`?";
        assert_eq!(derived(text, Some(&acme)).unwrap_err(), expected);
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        assert!(derived("a = 1\nb = ", Some(&[])).unwrap_err().starts_with("deployer.toml:2: "));
    }
}
