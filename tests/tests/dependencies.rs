//! What a plugin brings along: one TLS library, one version of each crate that speaks HTTP, and no other plugin. Asked of
//! `cargo tree`, with each feature of the program alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The program whose features are the plugins.
const PROGRAM: &str = "sesam-deployer";
/// The crates that every connection goes through, in one version each.
const STACK: [&str; 4] = ["http", "hyper", "reqwest", "rustls"];
/// What they are made of, which stands once in a program as well.
const PARTS: [&str; 5] = ["aws-lc-rs", "hyper-rustls", "rustls-pki-types", "rustls-webpki", "tokio-rustls"];
/// Other TLS libraries, and another library of cryptography for the one we have.
const FORBIDDEN: [&str; 6] = ["boring-sys", "native-tls", "openssl", "openssl-sys", "ring", "s2n-tls"];

/// Libraries by the start of their names, and the only plugins that may bring them. Features that are not plugins bring the rest.
const OWNED: [(&str, &[&str]); 15] = [
    ("aes-gcm", &[]),
    ("age", &[]),
    ("aws-config", &["store-aws", "state-s3"]),
    ("aws-sdk-sso", &[]),
    ("aws-sdk-", &["store-aws", "state-s3"]),
    ("aws-sigv4", &["store-aws", "store-vault", "state-s3"]),
    ("axum", &[]),
    ("azure_", &["store-azure", "state-azure"]),
    ("gix", &["source-git", "target-git"]),
    ("minijinja", &[]),
    ("object_store", &["state-s3", "state-azure", "state-gcs"]),
    ("serde-saphyr", &["store-kubernetes", "state-kubernetes"]),
    ("slack-morphism", &["notify-slack"]),
    ("vaultrs", &["store-vault"]),
    ("zip", &["target-folder"]),
];
/// The plugins that reach no network, and so bring no way to it.
const LOCAL: [&str; 3] = ["source-folder", "store-file", "target-folder"];
/// Features of a crate that all share which change what it does, for everybody.
const LEAKS: [&str; 3] = ["arbitrary_precision", "preserve_order", "unbounded_depth"];

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
        matches!(family, Some("source" | "store" | "target" | "notify" | "state"))
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
    for name in FORBIDDEN {
        assert!(!crates.contains_key(name), "{features} brings {name}");
    }
    for name in STACK.iter().chain(&PARTS) {
        let versions = crates.get(*name).map_or(0, BTreeSet::len);
        assert!(versions <= 1, "{features} brings {name} in {:?}", crates[*name]);
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
        for (start, owners) in OWNED {
            let brought = crates.keys().find(|name| name.starts_with(start));
            assert!(owners.contains(&plugin.as_str()) || brought.is_none(), "{plugin} brings {brought:?}");
        }
    }
}

#[test]
fn all_plugins_together_share_one_stack() {
    assert_one_stack("all", &crates("all"));
}

#[test]
fn plugins_with_a_server_speak_tls_and_those_without_one_bring_no_client() {
    for plugin in plugins() {
        let expected = if LOCAL.contains(&plugin.as_str()) { 0 } else { 1 };
        let crates = crates(&plugin);
        for name in STACK.iter().chain(&PARTS).chain(&["deployer-http"]) {
            assert_eq!(crates.get(*name).map_or(0, BTreeSet::len), expected, "{plugin}: {name}");
        }
    }
    assert!(!crates(&LOCAL.join(",")).keys().any(|name| STACK.contains(&name.as_str())), "together");
}

#[test]
fn no_plugin_changes_how_the_others_read_json() {
    let tree = cargo(&[
        "tree",
        "--package",
        PROGRAM,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
    ]);
    let line = tree.lines().find(|line| line.starts_with("serde_json ")).expect("it is there");
    let features: Vec<&str> = line.split([' ', ',']).skip(2).collect();
    assert!(features.contains(&"std"), "{line}");
    for leak in LEAKS {
        assert!(!features.contains(&leak), "{line}");
    }
}
