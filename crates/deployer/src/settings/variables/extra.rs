//! `EXTRA_NODES`

use deployer_core::error::Note;
use deployer_core::model::MASTER;

use serde_json::json;

use super::address::{self, Scheme};
use super::json::{JsonVariable, Members};
use super::reader::Reader;
use super::writer::Writer;
use crate::settings::parts::tidy;

const NAME: &str = "EXTRA_NODES";
const URL: &str = "EXTRA_NODE_GIT_URL";
const USERNAME: &str = "EXTRA_NODE_GIT_USERNAME";
const TOKEN: &str = "EXTRA_NODE_GIT_TOKEN";
const BRANCH: &str = "EXTRA_NODE_GIT_BRANCH";
const TEMPLATES: &str = "EXTRA_NODE_TEMPLATE_PATH";
const PROXY: &str = "PROXY_NODE";

/// An extra node and its repository.
#[derive(Debug)]
pub(super) struct Extra {
    name: String,
    url: String,
    /// The user whose token is sent; none when the repository is reached without one.
    username: Option<String>,
    branch: Option<String>,
    templates: String,
    proxy: Option<bool>,
    allow_http: bool,
}

/// Reads the variable. What is wrong with it is among the reader's problems.
pub(super) fn read(reader: &mut Reader<'_>, allow_http: bool) -> Vec<Extra> {
    let Some(text) = reader.text(NAME) else { return Vec::new() };
    let Some(variable) = JsonVariable::read(reader, NAME, text) else { return Vec::new() };
    let objects = variable.members().objects(reader);
    objects.iter().map(|(name, members)| extra(reader, name, members, allow_http)).collect()
}

fn extra(reader: &mut Reader<'_>, name: &str, members: &Members<'_>, allow_http: bool) -> Extra {
    members.warn_of_unknown(reader);
    if name == MASTER || name.trim().is_empty() || name.contains(char::is_control) {
        let problem = members.refused_as_a_whole("cannot be the name of an extra node");
        reader
            .problems
            .push(problem.with_hint("use the name that `metadata.node` of its pipes and systems holds"));
    }
    let url = members.required_text(reader, URL).unwrap_or_default().trim();
    let scheme = scheme(reader, members, url, allow_http);
    let username = if scheme == Scheme::Https {
        let username = members.required_text(reader, USERNAME).map(str::to_owned);
        members.required_text(reader, TOKEN);
        username
    } else {
        without_credentials(reader, members, scheme);
        None
    };
    Extra {
        name: name.to_owned(),
        url: url.to_owned(),
        username,
        branch: members.optional_text(reader, BRANCH).map(str::to_owned),
        templates: tidy(members.required_text(reader, TEMPLATES).unwrap_or_default()),
        proxy: members.optional_boolean(reader, PROXY),
        allow_http: scheme == Scheme::Http && allow_http,
    }
}

/// How the repository is reached; HTTPS when its address is missing or wrong, so that the rest is checked as usual.
fn scheme(reader: &mut Reader<'_>, members: &Members<'_>, url: &str, allow_http: bool) -> Scheme {
    if url.is_empty() {
        return Scheme::Https;
    }
    match address::repository(url) {
        Ok(address) => {
            if address.is_unencrypted() && !allow_http {
                let problem =
                    members.refused(URL, "is reached over http://, which anybody can read and change");
                reader.problems.push(problem.with_hint("use https://, or set ALLOW_HTTP=true"));
            }
            address.scheme
        }
        Err(what) => {
            reader.problems.push(members.refused(URL, what));
            Scheme::Https
        }
    }
}

/// Credentials go over HTTPS alone: over `http://` they are a problem, elsewhere they are not used.
fn without_credentials(reader: &mut Reader<'_>, members: &Members<'_>, scheme: Scheme) {
    let has_token = members.optional_text(reader, TOKEN).is_some();
    let has_username = members.optional_text(reader, USERNAME).is_some();
    if scheme == Scheme::Http && has_token {
        let problem = members.refused(URL, "would send the token in the clear over http://");
        reader.problems.push(problem.with_hint(format!("use https://, or leave out {USERNAME} and {TOKEN}")));
    } else if has_token || has_username {
        let message = format!(
            "{} and {} are not used: the repository is not reached over https",
            members.label(USERNAME),
            TOKEN
        );
        reader.notes.push(Note::remark(message));
    }
}

impl Extra {
    /// Writes the node and its target. `stores` are those that its secrets are verified against.
    pub(super) fn write(&self, writer: &mut Writer, stores: &[&str]) {
        let member = |name: &str| format!("{NAME}.{}.{name}", self.name);
        writer.table(&["nodes", &self.name]);
        writer.text("templates", &self.templates).from(&member(TEMPLATES));
        let proxy = writer.boolean("proxy", self.proxy.unwrap_or(false));
        if self.proxy.is_some() {
            proxy.from(&member(PROXY));
        }
        writer.list("secrets", stores);
        writer.boolean("upload_variables", true);
        writer.boolean("upload_secrets", false);
        writer.table(&["nodes", &self.name, "target"]);
        writer.text("kind", "git");
        writer.text("url", &self.url).from(&member(URL));
        if let Some(username) = &self.username {
            writer.text("username", username).from(&member(USERNAME));
            writer.refer("token", NAME, &[&self.name, TOKEN]);
        }
        if let Some(branch) = &self.branch {
            writer.text("branch", branch).from(&member(BRANCH));
        }
        if self.allow_http {
            writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
        }
    }
}
