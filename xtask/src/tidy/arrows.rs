//! Which crate of ours may know which.

use super::tree::{Finding, Tree};
use crate::workspace::{Dependency, PROGRAM, Package};

const CORE: &str = "deployer-core";
const CONNECTOR: &str = "deployer-connector";
const ENGINE: &str = "deployer-engine";
const VALIDATION: &str = "deployer-validation";
const EXPECTATIONS: &str = "deployer-expectations";
const STATE: &str = "deployer-state";
const PICTURE: &str = "deployer-picture";
const WATCH: &str = "deployer-watch";
const HTTP: &str = "deployer-http";
const GIT: &str = "deployer-git";
const AWS: &str = "deployer-aws";
const AZURE: &str = "deployer-azure";
const GCP: &str = "deployer-gcp";
const KUBERNETES: &str = "deployer-kubernetes";
const OBJECT_STORE: &str = "deployer-object-store";
/// The crates that plugins may depend on.
const RINGS: [&str; 9] = [CORE, HTTP, GIT, AWS, AZURE, GCP, KUBERNETES, OBJECT_STORE, STATE];
const TESTKIT: &str = "deployer-testkit";

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let arrows = tree.packages.iter().flat_map(|from| from.dependencies.iter().map(move |to| (from, to)));
    let wrong = arrows.filter(|(from, to)| !may_know(tree, from, to));
    wrong
        .map(|(from, to)| {
            let message = format!("{} must not depend on {}; arrows point inward", from.name, to.name);
            Finding::new(format!("{}/Cargo.toml", from.folder.display()), message)
        })
        .collect()
}

fn may_know(tree: &Tree, from: &Package, to: &Dependency) -> bool {
    if from.plugin().is_some() {
        let to_plugin = tree.package(&to.name).is_some_and(|package| package.plugin().is_some());
        return if to.dev { !to_plugin && to.name != ENGINE } else { RINGS.contains(&&*to.name) };
    }
    if to.dev {
        return true;
    }
    match &*from.name {
        CORE | PICTURE | WATCH => false,
        CONNECTOR | EXPECTATIONS | HTTP | STATE | VALIDATION => to.name == CORE,
        ENGINE => [CORE, CONNECTOR, VALIDATION].contains(&&*to.name),
        GIT | AWS | AZURE | GCP | KUBERNETES | OBJECT_STORE => [CORE, HTTP].contains(&&*to.name),
        // The program knows all plugins by name; nothing that is shipped knows what is made for tests.
        PROGRAM => to.name != TESTKIT,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{told, tree};
    use super::*;

    fn package(name: &str, folder: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependency = |(name, dev): &(&str, bool)| Dependency { name: (*name).to_owned(), dev: *dev };
        Package {
            name: name.to_owned(),
            folder: folder.into(),
            dependencies: dependencies.iter().map(dependency).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn arrows_that_point_inward_and_those_of_tests_are_fine() {
        let packages = vec![
            package(CORE, "crates/core", &[(TESTKIT, true)]),
            package("deployer-store-x", "plugins/store-x", &[(CORE, false), (HTTP, false), (TESTKIT, true)]),
            package(PROGRAM, "crates/deployer", &[("deployer-store-x", false), (CORE, false)]),
        ];
        assert_eq!(told(findings(&tree(&[], packages))), Vec::<String>::new());
    }

    #[test]
    fn arrows_that_point_outward_are_told() {
        let packages = vec![
            package(CORE, "crates/core", &[(HTTP, false)]),
            package(ENGINE, "crates/engine", &[(HTTP, false)]),
            package(HTTP, "crates/http", &[(GIT, false)]),
            package("deployer-store-x", "plugins/store-x", &[("deployer-store-y", true), (TESTKIT, false)]),
            package("deployer-store-y", "plugins/store-y", &[("deployer-store-x", false), (ENGINE, true)]),
            package(PROGRAM, "crates/deployer", &[(TESTKIT, false)]),
        ];
        let expected = [
            "crates/core/Cargo.toml: deployer-core must not depend on deployer-http; arrows point inward",
            "crates/engine/Cargo.toml: deployer-engine must not depend on deployer-http; arrows point inward",
            "crates/http/Cargo.toml: deployer-http must not depend on deployer-git; arrows point inward",
            "plugins/store-x/Cargo.toml: deployer-store-x must not depend on deployer-store-y; arrows point inward",
            "plugins/store-x/Cargo.toml: deployer-store-x must not depend on deployer-testkit; arrows point inward",
            "plugins/store-y/Cargo.toml: deployer-store-y must not depend on deployer-store-x; arrows point inward",
            "plugins/store-y/Cargo.toml: deployer-store-y must not depend on deployer-engine; arrows point inward",
            "crates/deployer/Cargo.toml: sesam-deployer must not depend on deployer-testkit; arrows point inward",
        ];
        assert_eq!(told(findings(&tree(&[], packages))), expected);
    }
}
