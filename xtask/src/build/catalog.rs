//! The plugins of the source tree: which feature builds which `kind` of which family.

use std::collections::BTreeSet;
use std::fs;

use crate::shell::{Result, Shell};
use crate::workspace::{PROGRAM, packages};

/// The features that are not plugins.
pub(super) const NO_PLUGINS: [&str; 5] = ["embedded-node", WATCH, CONNECTORS, "aws-sso", ENCRYPTED];

/// The feature of the command `watch`.
pub(super) const WATCH: &str = "watch";

/// The feature that expands connectors.
pub(super) const CONNECTORS: &str = "connectors";

/// The feature that decrypts files of secrets.
pub(super) const ENCRYPTED: &str = "encrypted-files";

/// The file that lists the plugins.
const TABLE: &str = "crates/deployer/src/plugins.rs";

/// The families: the word of the table, before the dash of a feature, for all of them, and for one of them in a sentence.
pub(crate) const FAMILIES: [(&str, &str, &str, &str); 5] = [
    ("Source", "source", "sources", "source"),
    ("Store", "store", "stores", "store"),
    ("Target", "target", "targets", "target"),
    ("Notify", "notify", "notifiers", "notifier"),
    ("State", "state", "states", "place for state"),
];

/// Everything that a program can be built with.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) rows: Vec<Row>,
    /// The features of the program, but for `default` and `all`.
    pub(super) features: BTreeSet<String>,
}

/// A plugin of the source tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The word before the dash: `store`.
    pub(crate) family: &'static str,
    /// The word in settings: `vault`.
    pub(crate) kind: String,
    pub(crate) feature: String,
    /// The crate, as Rust writes it: `deployer_store_vault`.
    pub(crate) module: String,
    /// What the crate exports: `VAULT`.
    pub(crate) constant: String,
}

impl Catalog {
    pub(crate) fn read(shell: &Shell) -> Result<Self> {
        let packages = packages(shell)?;
        let program = packages.iter().find(|package| package.name == PROGRAM);
        let features = program.into_iter().flat_map(|program| program.features.keys());
        let table =
            fs::read_to_string(shell.root().join(TABLE)).map_err(|error| format!("{TABLE}: {error}"))?;
        Ok(Self::new(&table, features.cloned()))
    }

    pub(crate) fn new(table: &str, features: impl IntoIterator<Item = String>) -> Self {
        let features: BTreeSet<String> =
            features.into_iter().filter(|feature| !matches!(feature.as_str(), "default" | "all")).collect();
        let rows = table.lines().filter_map(|line| row(line, &features)).collect();
        Self { rows, features }
    }

    /// The features of a family.
    pub(super) fn family(&self, family: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{family}-");
        self.features.iter().map(String::as_str).filter(move |feature| feature.starts_with(&prefix))
    }

    /// The words in settings for a family.
    pub(super) fn kinds(&self, family: &str) -> impl Iterator<Item = &str> {
        self.rows.iter().filter(move |row| row.family == family).map(|row| row.kind.as_str())
    }
}

/// A row of the table: the family, then in quotes the kind and the feature, then the path of the constant.
fn row(line: &str, features: &BTreeSet<String>) -> Option<Row> {
    let first = line.split_whitespace().next()?;
    let (_, family, ..) = FAMILIES.iter().find(|(word, ..)| *word == first)?;
    let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let feature = quoted.iter().skip(1).find(|text| features.contains(**text))?;
    let (module, constant) = line.rsplit('"').next()?.split([',', ';']).next()?.trim().split_once("::")?;
    let [kind, feature, module, constant] = [quoted.first()?, feature, module, constant].map(str::to_owned);
    Some(Row { family, kind, feature, module, constant })
}

/// What the tests of the build choose from.
#[cfg(test)]
pub(super) fn example() -> Catalog {
    let table = r#"
        Source "folder" "source-folder" deployer_source_folder::FOLDER;
        Source "git"    "source-git"    deployer_source_git::GIT, stable;
        Store  "vault"  "store-vault"   deployer_store_vault::VAULT;
        Store  "file"   "store-file"    deployer_store_file::FILE;
        Store  "environment" "store-file" deployer_store_file::ENVIRONMENT;
        Target "node"   "target-node"   deployer_target_node::NODE;
        Target "git"    "target-git"    deployer_target_git::GIT;
        Target "folder" "target-folder" deployer_target_folder::FOLDER;
        Notify "slack"  "notify-slack"  deployer_notify_slack::SLACK;
    "#;
    let features = "all default embedded-node source-folder source-git store-vault store-file target-node \
                    target-git target-folder notify-slack";
    Catalog::new(table, features.split_whitespace().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_row_by_row() {
        let catalog = example();
        assert_eq!(catalog.rows.len(), 9);
        let environment = Row {
            family: "store",
            kind: "environment".into(),
            feature: "store-file".into(),
            module: "deployer_store_file".into(),
            constant: "ENVIRONMENT".into(),
        };
        assert!(catalog.rows.contains(&environment));
        assert_eq!(catalog.rows[1].constant, "GIT", "the words behind the path are none of it");
        assert_eq!(
            catalog.family("target").collect::<Vec<_>>(),
            ["target-folder", "target-git", "target-node"]
        );
        assert_eq!(catalog.kinds("source").collect::<Vec<_>>(), ["folder", "git"]);
        assert!(!catalog.features.contains("all") && catalog.features.contains("embedded-node"));
    }

    #[test]
    fn the_real_table_names_every_plugin() {
        let shell = Shell::new().unwrap();
        let catalog = Catalog::read(&shell).unwrap();
        for (_, family, ..) in FAMILIES {
            for feature in catalog.family(family) {
                assert!(catalog.rows.iter().any(|row| row.feature == feature), "no row of {feature}");
            }
        }
    }
}
