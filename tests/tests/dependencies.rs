//! What a plugin brings along: one TLS library, one version of each crate that speaks HTTP, and no other plugin. Asked of
//! `cargo tree`, with each feature of the program alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The program whose features are the plugins.
const PROGRAM: &str = "sesam-deployer";
/// The crates that every connection goes through, in one version each.
const STACK: [&str; 4] = ["http", "hyper", "reqwest", "rustls"];
/// Other TLS libraries, and another library of cryptography for the one we have.
const STRANGERS: [&str; 6] = ["boring-sys", "native-tls", "openssl", "openssl-sys", "ring", "s2n-tls"];

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// The features of the program that are plugins.
fn plugins() -> Vec<String> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"]))
        .expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let program = packages.iter().find(|package| package["name"] == PROGRAM).expect("a package");
    let features = program["features"].as_object().expect("a table");
    let is_plugin = |feature: &&String| {
        let family = feature.split_once('-').map(|(family, _)| family);
        matches!(family, Some("source" | "store" | "target" | "notify"))
    };
    features.keys().filter(is_plugin).cloned().collect()
}

/// The crates of the program with some features, and the versions of each.
fn crates(features: &str) -> BTreeMap<String, BTreeSet<String>> {
    let tree = cargo(&[
        "tree",
        "--package",
        PROGRAM,
        "--no-default-features",
        "--features",
        features,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            crates.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    crates
}

/// Panics when there is more than one way to speak TLS or HTTP.
fn assert_one_stack(features: &str, crates: &BTreeMap<String, BTreeSet<String>>) {
    for name in STRANGERS {
        assert!(!crates.contains_key(name), "{features} brings {name}");
    }
    for name in STACK {
        let versions = crates.get(name).map_or(0, BTreeSet::len);
        assert!(versions <= 1, "{features} brings {name} in {:?}", crates[name]);
    }
}

#[test]
fn a_plugin_brings_one_stack_and_no_other_plugin() {
    let plugins = plugins();
    assert!(plugins.iter().any(|plugin| plugin == "store-vault"), "{plugins:?}");
    for plugin in &plugins {
        let crates = crates(plugin);
        assert_one_stack(plugin, &crates);
        let brought: Vec<&String> =
            plugins.iter().filter(|other| crates.contains_key(&format!("deployer-{other}"))).collect();
        assert_eq!(brought, [plugin], "plugins that {plugin} brings");
    }
}

#[test]
fn all_plugins_together_share_one_stack() {
    assert_one_stack("all", &crates("all"));
}

#[test]
fn stores_with_a_server_speak_tls_and_those_without_one_bring_no_client() {
    for store in ["store-aws", "store-azure", "store-vault"] {
        let crates = crates(store);
        for name in STACK {
            assert_eq!(crates.get(name).map(BTreeSet::len), Some(1), "{store}: {name}");
        }
    }
    let crates = crates("store-file");
    for name in STACK {
        assert!(!crates.contains_key(name), "store-file brings {name}");
    }
}
