//! The settings that the variables stand for.

use deployer_core::document::SourceText;
use deployer_core::plugin::ProcessVariables;
use deployer_engine::stages::Glob;
use serde_json::json;

use super::read::{Variables, Vault};
use super::repository::Repository;
use crate::settings::Writer;

/// The store.
const STORE: &str = "vault";

/// The port that a microservice of a Sesam node listens on.
const LISTEN: &str = "0.0.0.0:5000";

/// How often a revision is tried: nobody can trigger another try, so that a revision is never given up.
const TRIES: u32 = 1_000_000;

/// The text of the settings.
pub(super) fn text(read: &Variables, variables: &ProcessVariables) -> SourceText {
    let mut writer = Writer::new(variables);
    writer.value("environment", "node");
    writer.value("log_level", read.log_level).from("LOG_LEVEL");
    source(read, variables, &mut writer);
    configuration(read, &mut writer);
    writer.table(&["verify"]);
    writer.value("variables", read.variables.is_some()).from("VARIABLES_FILE_PATH");
    writer.value("secrets", read.vault.is_some()).from("VAULT_URL");
    writer.value("entities", false);
    writer.table(&["safety"]);
    writer.value("deletion_guard", false);
    writer.value("wait_seconds", 0);
    if let Some(vault) = &read.vault {
        store(vault, &mut writer);
    }
    node(read, &mut writer);
    writer.table(&["watch"]);
    writer.value("interval", read.interval).from("SLEEP_INTERVAL");
    writer.value("drift", "correct");
    writer.value("drift_interval", read.interval).from("SLEEP_INTERVAL");
    writer.value("tries", TRIES);
    match &read.listen {
        Some(listen) => writer.value("listen", listen.as_str()).from("WATCH_LISTEN"),
        None if read.has_token => writer.value("listen", LISTEN).from("WATCH_TOKEN"),
        None => {}
    }
    if read.has_token {
        writer.refer("token", "WATCH_TOKEN", &[]);
    }
    writer.finish()
}

fn source(read: &Variables, variables: &ProcessVariables, writer: &mut Writer) {
    writer.table(&["source"]);
    writer.value("kind", "git");
    writer.value("url", read.repository.url()).from("GIT_REPO");
    let named = if variables.get("TAG").is_some() { "TAG" } else { "BRANCH" };
    writer.value("reference", read.reference.as_str()).from(named);
    match (&read.repository, &read.username) {
        (Repository::Ssh(_), _) => {
            if read.has_key {
                writer.refer("ssh_key", "DEPLOY_TOKEN", &[]);
            }
            match &read.known_hosts {
                Some(file) => writer.value("known_hosts", file.as_str()).from("KNOWN_HOSTS_FILE"),
                None => drop(writer.value("accept_new_host_keys", true)),
            }
        }
        (Repository::Http(_), Some(username)) => {
            writer.value("username", username.as_str()).from("GIT_USERNAME");
            writer.refer("token", "DEPLOY_TOKEN", &[]);
        }
        (Repository::Http(_), None) => {}
    }
    if read.repository_over_http {
        writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
    }
}

/// Every folder `pipes` and `systems` below the root, and the metadata.
fn configuration(read: &Variables, writer: &mut Writer) {
    writer.table(&["configuration"]);
    writer.value("folder", ".");
    let root = braced(&Glob::escape(&read.root));
    let root = if root.is_empty() { root } else { format!("{root}/") };
    let globs = ["**/pipes/**/*.conf.json", "**/systems/**/*.conf.json", "**/node-metadata.conf.json"];
    let globs = globs.map(|glob| format!("{root}{glob}"));
    writer.value("whitelist", json!({ "include": globs })).from("SYNC_ROOT");
    match &read.variables {
        Some(file) => writer.value("variables", braced(file)).from("VARIABLES_FILE_PATH"),
        None => drop(writer.value("variables", false)),
    }
    writer.value("split", false);
}

fn store(vault: &Vault, writer: &mut Writer) {
    writer.table(&["stores", STORE]);
    writer.value("kind", "vault");
    writer.value("address", vault.address.as_str()).from("VAULT_URL");
    writer.value("mount", vault.mount.as_str()).from("VAULT_MOUNTING_POINT");
    writer.value("prefix", vault.prefix.as_deref()).from("VAULT_PATH_PREFIX");
    writer.refer("login.github.token", "VAULT_GIT_TOKEN", &[]);
    if vault.over_http {
        writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
    }
}

fn node(read: &Variables, writer: &mut Writer) {
    writer.table(&["nodes", "master"]);
    writer.value("protected", json!([Glob::escape(&read.own)])).from("AUTODEPLOYER_PATH");
    writer.value("keep_orchestrated", read.orchestrator).from("ORCHESTRATOR");
    writer.table(&["nodes", "master", "target"]);
    writer.value("kind", "node");
    writer.value("url", read.node.as_str()).from("SESAM_API_URL");
    writer.refer("token", "JWT", &[]);
    writer.value("force", "after-refusal");
    if read.node_over_http {
        writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
    }
}

/// A path as the settings write it: `{` begins a placeholder there.
fn braced(path: &str) -> String {
    path.replace('{', "{{").replace('}', "}}")
}
