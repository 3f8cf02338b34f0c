//! `MASTER_NODE` and `EXTRA_NODES`

use deployer_core::error::Note;
use deployer_core::model::MASTER;
use serde_json::json;

use super::address::{self, Scheme};
use super::members::Members;
use super::writer::Writer;
use crate::settings::parts::tidy;

const URL: &str = "EXTRA_NODE_GIT_URL";
const USERNAME: &str = "EXTRA_NODE_GIT_USERNAME";
const TOKEN: &str = "EXTRA_NODE_GIT_TOKEN";
const BRANCH: &str = "EXTRA_NODE_GIT_BRANCH";
const TEMPLATES: &str = "EXTRA_NODE_TEMPLATE_PATH";
const PROXY: &str = "PROXY_NODE";

/// Writes the target of the master.
pub(super) fn master_target(master: &Members<'_>, force: bool, allow_http: bool, writer: &mut Writer) {
    master.warn_of_unknown();
    let (url, _) = master.address("URL", address::service, allow_http);
    master.required("JWT");
    writer.table(&["nodes", MASTER, "target"]);
    writer.value("kind", "node");
    writer.value("url", url).from("MASTER_NODE.URL");
    writer.refer("token", "MASTER_NODE", &["JWT"]);
    writer.value("group", master.text("CONFIG_GROUP")).from("MASTER_NODE.CONFIG_GROUP");
    writer.comment(
        "With `never`, a configuration that the node objects to fails the deploy; the original forced it.",
    );
    writer.value("force", if force { "after-refusal" } else { "never" }).from("FORCE");
    if allow_http {
        writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
    }
}

/// Writes the extra nodes. `stores` are those that their secrets are verified against.
pub(super) fn extras(nodes: &Members<'_>, allow_http: bool, stores: &[&str], writer: &mut Writer) {
    for (at, (name, node)) in nodes.objects().into_iter().enumerate() {
        if at == 0 {
            writer.about("An extra node reads its secrets itself; here they are only verified.");
        }
        if name == MASTER || name.trim().is_empty() || name.contains(char::is_control) {
            let hint = "use the name in `metadata.node` of its pipes and systems";
            nodes.add(nodes.refused(name, "cannot be the name of an extra node").with_hint(hint));
        }
        extra(name, &node, allow_http, stores, writer);
    }
}

fn extra(name: &str, node: &Members<'_>, allow_http: bool, stores: &[&str], writer: &mut Writer) {
    node.warn_of_unknown();
    let (url, scheme) = node.address(URL, address::repository, allow_http);
    let (templates, proxy) = (node.required(TEMPLATES).unwrap_or_default(), node.boolean(PROXY));
    writer.table(&["nodes", name]);
    writer.value("templates", tidy(templates)).from(&node.label(TEMPLATES));
    let written = writer.value("proxy", proxy.unwrap_or(false));
    if proxy.is_some() {
        written.from(&node.label(PROXY));
    }
    writer.value("secrets", stores);
    writer.value("upload_variables", true);
    writer.value("upload_secrets", false);
    writer.table(&["nodes", name, "target"]);
    writer.value("kind", "git");
    writer.value("url", url).from(&node.label(URL));
    if scheme == Scheme::Https {
        let username = node.required(USERNAME).unwrap_or_default();
        writer.value("username", username).from(&node.label(USERNAME));
        node.required(TOKEN);
        writer.refer("token", "EXTRA_NODES", &[name, TOKEN]);
    } else {
        without_credentials(node, scheme);
    }
    writer.value("branch", node.text(BRANCH)).from(&node.label(BRANCH));
    if scheme == Scheme::Http {
        writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
    }
}

/// Credentials are sent over HTTPS alone: over `http://` they are a problem, elsewhere they are not used.
fn without_credentials(node: &Members<'_>, scheme: Scheme) {
    let has_token = node.text(TOKEN).is_some();
    let has_username = node.text(USERNAME).is_some();
    if has_token && matches!(scheme, Scheme::Http | Scheme::LocalHttp) {
        let hint = format!("use https://, or leave out {USERNAME} and {TOKEN}");
        node.add(node.refused(URL, "would send the token in the clear over http://").with_hint(hint));
    } else if has_token || has_username {
        let label = node.label(USERNAME);
        let message = format!("{label} and {TOKEN} are not used: the repository is not reached over https");
        node.note(Note::remark(message));
    }
}
