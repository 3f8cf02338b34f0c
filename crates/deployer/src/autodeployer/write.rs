//! The settings that the variables stand for.

use std::collections::BTreeMap;

use deployer_core::plugin::ProcessVariables;
use deployer_engine::stages::Glob;
use serde_json::json;

use super::lines::Lines;
use super::read::{Variables, Vault};
use super::repository::Repository;

/// The store.
const STORE: &str = "vault";

/// The port that a microservice of a Sesam node listens on.
const LISTEN: &str = "0.0.0.0:5000";

/// How often a revision is tried: nobody can trigger another try, so that a revision is never given up.
const TRIES: u32 = 1_000_000;

/// The text of the settings, and the variable of each line that has one.
pub(super) fn text(read: &Variables, variables: &ProcessVariables) -> (String, BTreeMap<u32, String>) {
    let mut lines = Lines::new(variables);
    lines.key("environment", "node");
    if let Some(level) = read.log_level {
        lines.from("LOG_LEVEL", "log_level", level);
    }
    source(read, &mut lines);
    configuration(read, &mut lines);
    lines.table(&["verify"]);
    lines.from("VARIABLES_FILE_PATH", "variables", read.variables.is_some());
    lines.from("VAULT_URL", "secrets", read.vault.is_some());
    lines.key("entities", false);
    lines.table(&["safety"]);
    lines.key("deletion_guard", false);
    lines.key("wait_seconds", 0);
    if let Some(vault) = &read.vault {
        store(vault, &mut lines);
    }
    node(read, &mut lines);
    lines.table(&["watch"]);
    lines.from("SLEEP_INTERVAL", "interval", read.interval);
    lines.key("drift", "correct");
    lines.from("SLEEP_INTERVAL", "drift_interval", read.interval);
    lines.key("tries", TRIES);
    match &read.listen {
        Some(listen) => lines.from("WATCH_LISTEN", "listen", listen.as_str()),
        None if read.has_token => lines.from("WATCH_TOKEN", "listen", LISTEN),
        None => {}
    }
    if read.has_token {
        lines.credential("token", "WATCH_TOKEN");
    }
    lines.finish()
}

fn source(read: &Variables, lines: &mut Lines<'_>) {
    lines.table(&["source"]);
    lines.key("kind", "git");
    lines.from("GIT_REPO", "url", read.repository.url());
    let named = if lines.has("TAG") { "TAG" } else { "BRANCH" };
    lines.from(named, "reference", read.reference.as_str());
    match (&read.repository, &read.username) {
        (Repository::Ssh(_), _) => {
            if read.has_key {
                lines.credential("ssh_key", "DEPLOY_TOKEN");
            }
            match &read.known_hosts {
                Some(file) => lines.from("KNOWN_HOSTS_FILE", "known_hosts", file.as_str()),
                None => lines.key("accept_new_host_keys", true),
            }
        }
        (Repository::Http(_), Some(username)) => {
            lines.from("GIT_USERNAME", "username", username.as_str());
            lines.credential("token", "DEPLOY_TOKEN");
        }
        (Repository::Http(_), None) => {}
    }
    if read.repository_over_http {
        lines.from("ALLOW_HTTP", "http", json!({ "allow_http": true }));
    }
}

/// Every folder `pipes` and `systems` below the root, and the metadata.
fn configuration(read: &Variables, lines: &mut Lines<'_>) {
    lines.table(&["configuration"]);
    lines.key("folder", ".");
    let root = braced(&Glob::escape(&read.root));
    let root = if root.is_empty() { root } else { format!("{root}/") };
    let globs = ["**/pipes/**/*.conf.json", "**/systems/**/*.conf.json", "**/node-metadata.conf.json"];
    let globs = globs.map(|glob| format!("{root}{glob}"));
    lines.from("SYNC_ROOT", "whitelist", json!({ "include": globs }));
    match &read.variables {
        Some(file) => lines.from("VARIABLES_FILE_PATH", "variables", braced(file)),
        None => lines.key("variables", false),
    }
    lines.key("split", false);
}

fn store(vault: &Vault, lines: &mut Lines<'_>) {
    lines.table(&["stores", STORE]);
    lines.key("kind", "vault");
    lines.from("VAULT_URL", "address", vault.address.as_str());
    lines.from("VAULT_MOUNTING_POINT", "mount", vault.mount.as_str());
    if let Some(prefix) = &vault.prefix {
        lines.from("VAULT_PATH_PREFIX", "prefix", prefix.as_str());
    }
    lines.credential("login.github.token", "VAULT_GIT_TOKEN");
    if vault.over_http {
        lines.from("ALLOW_HTTP", "http", json!({ "allow_http": true }));
    }
}

fn node(read: &Variables, lines: &mut Lines<'_>) {
    lines.table(&["nodes", "master"]);
    lines.from("AUTODEPLOYER_PATH", "protected", json!([Glob::escape(&read.own)]));
    lines.from("ORCHESTRATOR", "keep_orchestrated", read.orchestrator);
    lines.table(&["nodes", "master", "target"]);
    lines.key("kind", "node");
    lines.from("SESAM_API_URL", "url", read.node.as_str());
    lines.credential("token", "JWT");
    lines.key("force", "after-refusal");
    if read.node_over_http {
        lines.from("ALLOW_HTTP", "http", json!({ "allow_http": true }));
    }
}

/// A path as the settings write it: `{` begins a placeholder there.
fn braced(path: &str) -> String {
    path.replace('{', "{{").replace('}', "}}")
}
