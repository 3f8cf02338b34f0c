//! A plugin stands in every place where it has to, under one name.

use super::{Finding, Tree};
use crate::workspace::PROGRAM;

/// Where the program lists its plugins.
const TABLE: &str = "crates/deployer/src/plugins.rs";
const MANIFEST: &str = "crates/deployer/Cargo.toml";

/// The sections of a plugin's README, in this order.
const SECTIONS: [&str; 4] = ["At a glance", "Setup", "Errors", "Limits"];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let table = tree.file(TABLE).map(|file| file.text.as_str()).unwrap_or_default();
    let plugins = tree.packages.iter().filter_map(|package| Some((package, package.plugin()?)));
    let mut findings = Vec::new();
    for (package, plugin) in plugins {
        let name = format!("deployer-{plugin}");
        if package.name != name {
            let message = format!("the package is called {}, its folder wants {name}", package.name);
            findings.push(Finding::new(format!("plugins/{plugin}/Cargo.toml"), message));
        }
        let row = format!("{}::", name.replace('-', "_"));
        let has_row = table.lines().any(|line| line.contains(&row) && line.contains(&format!("{plugin:?}")));
        if !has_row {
            findings.push(Finding::new(TABLE, format!("no row for the plugin {plugin}")));
        }
        findings.extend(feature(tree, plugin, &name).map(|message| Finding::new(MANIFEST, message)));
        findings.extend(readme(tree, plugin));
    }
    findings
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
    use super::super::{told, tree};
    use super::*;
    use crate::workspace::Package;

    const README: (&str, &str) =
        ("plugins/store-x/README.md", "# x\n## At a glance\n## Setup\n### More\n## Errors\n## Limits\n");
    const ROW: (&str, &str) = (TABLE, "    Store \"x\" \"store-x\" deployer_store_x::X;\n");

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
        assert_eq!(check(&[README, ROW], &features), Vec::<String>::new());
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
        let found = check(&[readme, ROW], &[("store-x", &["dep:deployer-store-x"])]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`all` lacks the plugin store-x"), "{found:?}");
        assert!(found[1].contains("the sections are [\"Setup\"]"), "{found:?}");
    }
}
