//! Each plugin is listed in every required file, under one name.

use super::tree::{Finding, Tree};
use crate::build::{Catalog, Row};
use crate::workspace::PROGRAM;

/// Where the program lists its plugins.
const TABLE: &str = "crates/deployer/src/plugins.rs";
const MANIFEST: &str = "crates/deployer/Cargo.toml";

/// The families, and the suite of the contract of each. A place for leases alone has a suite of its own.
const SUITES: [(&str, &[&str]); 5] = [
    ("source", &["config_source_contract"]),
    ("store", &["secret_store_contract"]),
    ("target", &["node_target_contract"]),
    ("notify", &["notifier_contract"]),
    ("state", &["state_place_contract", "lease_place_contract"]),
];

/// The sections of a plugin's README, in this order.
const SECTIONS: [&str; 4] = ["At a glance", "Setup", "Errors", "Limits"];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let table = tree.file(TABLE).map(|file| file.text.as_str()).unwrap_or_default();
    let features = tree.package(PROGRAM).into_iter().flat_map(|program| program.features.keys().cloned());
    let rows = Catalog::new(table, features).rows;
    let plugins = tree.packages.iter().filter_map(|package| Some((package, package.plugin()?)));
    let mut findings = Vec::new();
    for (package, plugin) in plugins {
        let name = format!("deployer-{plugin}");
        if package.name != name {
            let message = format!("the package is called {}, its folder wants {name}", package.name);
            findings.push(Finding::new(format!("plugins/{plugin}/Cargo.toml"), message));
        }
        let own: Vec<&Row> = rows.iter().filter(|row| row.feature == plugin).collect();
        if !own.iter().any(|row| row.module == name.replace('-', "_")) {
            findings.push(Finding::new(TABLE, format!("no row for the plugin {plugin}")));
        }
        findings.extend(own.into_iter().flat_map(|row| untested(tree, plugin, row)));
        findings.extend(feature(tree, plugin, &name).map(|message| Finding::new(MANIFEST, message)));
        findings.extend(readme(tree, plugin));
    }
    findings
}

/// What no test of a plugin does for one of its kinds: build its example, and call the suite of its family.
fn untested(tree: &Tree, plugin: &str, row: &Row) -> Vec<Finding> {
    let folder = format!("plugins/{plugin}/");
    let calls = |text: &str| {
        let mut files = tree.files.iter().filter(|file| file.path.starts_with(&folder));
        files.any(|file| file.path.ends_with(".rs") && file.text.contains(text))
    };
    let mut messages = Vec::new();
    if !calls(&format!("{}.example", row.constant)) {
        messages.push(format!("no test builds the example of {0}: `{0}.example`", row.constant));
    }
    let suites = SUITES.iter().find(|(family, _)| *family == row.family).map(|(_, suites)| *suites);
    if let Some(suites) = suites.filter(|suites| !suites.iter().any(|suite| calls(&format!("{suite}(")))) {
        messages.push(format!("no test calls the suite of its family: `{}`", suites.join("` or `")));
    }
    messages.into_iter().map(|message| Finding::new(format!("plugins/{plugin}"), message)).collect()
}

/// What is wrong with the feature of a plugin.
fn feature(tree: &Tree, plugin: &str, package: &str) -> Option<String> {
    let features = &tree.package(PROGRAM)?.features;
    let dependency = format!("dep:{package}");
    let has = |feature: &str, part: &str| {
        features.get(feature).is_some_and(|parts| parts.iter().any(|p| p == part))
    };
    if !has(plugin, &dependency) {
        return Some(format!("the plugin {plugin} needs the feature `{plugin} = [\"{dependency}\"]`"));
    }
    (!has("all", plugin)).then(|| format!("the feature `all` lacks the plugin {plugin}"))
}

fn readme(tree: &Tree, plugin: &str) -> Option<Finding> {
    let path = format!("plugins/{plugin}/README.md");
    let Some(file) = tree.file(&path) else {
        return Some(Finding::new(path, "every plugin has a README"));
    };
    let sections: Vec<&str> = file.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    (sections != SECTIONS)
        .then(|| Finding::new(path, format!("the sections are {sections:?}, and should be {SECTIONS:?}")))
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;
    use crate::workspace::Package;

    const README: (&str, &str) =
        ("plugins/store-x/README.md", "# x\n## At a glance\n## Setup\n### More\n## Errors\n## Limits\n");
    const ROW: (&str, &str) = (TABLE, "    Store  \"x\" \"store-x\" deployer_store_x::X;\n");
    const TEST: (&str, &str) =
        ("plugins/store-x/tests/x/main.rs", "build(X.example)\nsecret_store_contract(&rig).await\n");

    fn package(name: &str, folder: &str, features: &[(&str, &[&str])]) -> Package {
        let features = features
            .iter()
            .map(|(name, parts)| ((*name).to_owned(), parts.iter().map(|part| (*part).to_owned()).collect()));
        Package {
            name: name.into(),
            folder: folder.into(),
            features: features.collect(),
            ..Package::default()
        }
    }

    fn check(files: &[(&str, &str)], features: &[(&str, &[&str])]) -> Vec<String> {
        let packages = vec![
            package("deployer-store-x", "plugins/store-x", &[]),
            package(PROGRAM, "crates/deployer", features),
        ];
        told(findings(&tree(files, packages)))
    }

    #[test]
    fn a_plugin_that_stands_everywhere_is_tidy() {
        let features: [(&str, &[&str]); 2] = [("store-x", &["dep:deployer-store-x"]), ("all", &["store-x"])];
        assert_eq!(check(&[README, ROW, TEST], &features), Vec::<String>::new());
    }

    #[test]
    fn every_place_where_a_plugin_is_missing_is_told() {
        let expected = [
            "crates/deployer/src/plugins.rs: no row for the plugin store-x",
            "crates/deployer/Cargo.toml: the plugin store-x needs the feature `store-x = [\"dep:deployer-store-x\"]`",
            "plugins/store-x/README.md: every plugin has a README",
        ];
        assert_eq!(check(&[], &[]), expected);
    }

    #[test]
    fn a_feature_outside_all_and_a_readme_without_a_section_are_told() {
        let readme = ("plugins/store-x/README.md", "# x\n## Setup\n");
        let found = check(&[readme, ROW, TEST], &[("store-x", &["dep:deployer-store-x"])]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`all` lacks the plugin store-x"), "{found:?}");
        assert!(found[1].contains("the sections are [\"Setup\"]"), "{found:?}");
    }

    #[test]
    fn a_kind_that_no_test_builds_or_holds_to_its_contract_is_told() {
        let features: [(&str, &[&str]); 2] = [("store-x", &["dep:deployer-store-x"]), ("all", &["store-x"])];
        let two = format!("{}    Store \"y\" \"store-x\" deployer_store_x::Y, stable;\n", ROW.1);
        let found = check(&[README, (TABLE, &two), TEST], &features);
        assert_eq!(found, ["plugins/store-x: no test builds the example of Y: `Y.example`"]);
        let found = check(&[README, ROW, (TEST.0, "build(X.example)")], &features);
        assert_eq!(
            found,
            ["plugins/store-x: no test calls the suite of its family: `secret_store_contract`"]
        );
    }
}
