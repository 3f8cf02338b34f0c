//! `MASTER_NODE`

use serde_json::json;

use super::address;
use super::json::JsonVariable;
use super::reader::Reader;
use super::writer::Writer;

const NAME: &str = "MASTER_NODE";

/// The master node.
#[derive(Debug, Default)]
pub(super) struct Master {
    url: String,
    group: Option<String>,
    pub(super) upload_variables: bool,
    pub(super) upload_secrets: bool,
}

impl Master {
    /// Reads the variable. What is wrong with it is among the reader's problems.
    pub(super) fn read(reader: &mut Reader<'_>, allow_http: bool) -> Self {
        let Some(variable) = reader.required(NAME).and_then(|text| JsonVariable::read(reader, NAME, text))
        else {
            return Self::default();
        };
        let members = variable.members();
        members.warn_of_unknown(reader);
        let url = members.required_text(reader, "URL").unwrap_or_default();
        if !url.is_empty() {
            match address::service(url) {
                Ok(address) if address.is_unencrypted() && !allow_http => {
                    let problem = members.refused("URL", "would send the token in the clear over http://");
                    reader.problems.push(problem.with_hint("use https://, or set ALLOW_HTTP=true"));
                }
                Ok(_) => {}
                Err(what) => reader.problems.push(members.refused("URL", what)),
            }
        }
        members.required_text(reader, "JWT");
        Self {
            url: url.trim().to_owned(),
            group: members.optional_text(reader, "CONFIG_GROUP").map(str::to_owned),
            upload_variables: members.required_boolean(reader, "UPLOAD_VARIABLES"),
            upload_secrets: members.required_boolean(reader, "UPLOAD_SECRETS"),
        }
    }

    /// Reads the variable for a run that talks to no node. It may be absent; where it is set it must be JSON, as for the original.
    pub(super) fn unused(reader: &mut Reader<'_>) -> Self {
        if let Some(text) = reader.text(NAME) {
            JsonVariable::read(reader, NAME, text);
        }
        Self::default()
    }

    /// Writes the target.
    pub(super) fn write_target(&self, writer: &mut Writer, force: bool, allow_http: bool) {
        writer.table(&["nodes", "master", "target"]);
        writer.text("kind", "node");
        writer.text("url", &self.url).from("MASTER_NODE.URL");
        writer.refer("token", NAME, &["JWT"]);
        if let Some(group) = &self.group {
            writer.text("group", group).from("MASTER_NODE.CONFIG_GROUP");
        }
        writer.comment("With `never`, a configuration that the node objects to fails the deploy; the original forced it.");
        writer.text("force", if force { "after-refusal" } else { "never" }).from("FORCE");
        if allow_http {
            writer.value("http", json!({ "allow_http": true })).from("ALLOW_HTTP");
        }
    }
}
