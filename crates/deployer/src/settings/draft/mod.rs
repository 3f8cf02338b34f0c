//! The beginning of a settings file: from the original's environment variables, else from what lies in a folder.

mod found;

use std::path::Path;

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::model::MASTER;
use deployer_core::plugin::{Family, Plugin, ProcessVariables};
use schemars::SchemaGenerator;

use self::found::Found;
use super::toml_text::{path, quoted};
use super::variables::{Writer, convert};
use crate::plugins::find;

/// A settings file that is not written yet.
#[derive(Debug)]
pub struct Draft {
    /// Its text. It holds references to credentials, never credentials.
    pub text: String,
    /// Whether the environment variables of the original were read, and not a folder.
    pub by_variables: bool,
    /// What a person has to fill in, in the order of the text, where it is marked with [`FILL_IN`].
    pub fill_in: Vec<String>,
    /// What a person should know about what was read.
    pub notes: Vec<Note>,
}

/// What marks a place that a person has to fill in.
pub const FILL_IN: &str = "FILL IN";

/// The comment at the head of the text.
const HEADER: &str = "The settings of sesam-deployer, created by `sesam-deployer init` from this folder. Fill in every value that is marked
FILL IN. `sesam-deployer check` verifies the configuration without a network.

`sesam-deployer settings` shows the effective settings and where each is set.
";

impl Draft {
    /// A file for `folder`. `environment` is the one that was asked for. The examples are those of the plugins of this program.
    ///
    /// # Errors
    /// `Settings` when variables are missing or malformed, or there is no configuration in the folder.
    pub fn new(
        folder: &Path,
        environment: Option<&str>,
        table: &[&Plugin],
        variables: &ProcessVariables,
    ) -> Result<Self> {
        if ["NODE_FOLDER", "MASTER_NODE"].iter().all(|name| variables.get(name).is_none()) {
            let found = Found::look(folder, environment)?;
            let mut drafting =
                Drafting { found: &found, table, writer: Writer::default(), fill_in: Vec::new() };
            drafting.write();
            let text = drafting.writer.finish().text().to_owned();
            return Ok(Self { text, by_variables: false, fill_in: drafting.fill_in, notes: Vec::new() });
        }
        let (text, notes) = convert(variables, environment, Some(folder)).map_err(|error| {
            error
                .with_hint("without NODE_FOLDER and MASTER_NODE the file begins with what lies in the folder")
        })?;
        Ok(Self { text: text.text().to_owned(), by_variables: true, fill_in: Vec::new(), notes })
    }
}

/// A file for a folder.
struct Drafting<'d> {
    found: &'d Found,
    table: &'d [&'d Plugin],
    writer: Writer,
    fill_in: Vec<String>,
}

impl Drafting<'_> {
    fn write(&mut self) {
        self.writer.comment(HEADER);
        self.writer.about("The default environment. --environment and $ENVIRONMENT take precedence.");
        self.writer.value("environment", self.found.environment.as_str());
        self.writer.table(&["source"]);
        self.writer.value("kind", "folder");
        self.writer.value("path", ".");
        self.configuration();
        if self.found.names_secrets {
            self.writer.about(&format!(
                "{FILL_IN}: where secrets are read from; the configuration names some. Take one of these:"
            ));
            self.fill_in.push("[stores.main]: where secrets are read from".to_owned());
        } else {
            self.writer.about("Where secrets are read from. The configuration names none yet. The choice:");
        }
        self.samples(Family::Store, "stores.main");
        self.writer.about(
            "Where a node is deployed to: one of these in place of its `target = false`, with its own name.",
        );
        self.samples(Family::Target, "nodes.master.target");
        self.node(MASTER, None);
        for (name, templates) in &self.found.extras {
            self.node(name, templates.as_deref());
        }
        self.writer.about("Who is notified of the result of a run. Copy the tables that you need:");
        self.samples(Family::Notify, "[notify]");
        self.writer
            .about("Differences in an environment go in its table, which is merged over the rest, such as:");
        self.writer
            .comment("  [environments.prod.nodes.master.target]\n  url = \"datahub-0000aaaa.sesam.cloud\"");
        let has_whitelist = |environment| self.found.whitelists.contains(environment);
        for environment in &self.found.others {
            self.writer.table(&["environments", environment]);
            if has_whitelist(environment) != has_whitelist(&self.found.environment) {
                self.writer.table(&["environments", environment, "configuration"]);
                self.whitelist(environment);
            }
        }
    }

    /// A section for each plugin of a family, as a comment.
    fn samples(&mut self, family: Family, section: &str) {
        for plugin in self.table.iter().filter(|plugin| plugin.family() == family) {
            let Plugin { kind, about, example, .. } = plugin;
            self.writer.comment(&format!("\n[{section}]\nkind = {}  # {about}\n{example}", quoted(kind)));
        }
    }

    fn configuration(&mut self) {
        let (found, writer) = (self.found, &mut self.writer);
        writer.table(&["configuration"]);
        if let Some(system) = &found.connector {
            writer.comment("A connector of Sesam's own command-line tool: its templates are expanded.");
            writer.value("layout", "connector");
            writer.value("folder", Some(found.folder.as_str()).filter(|folder| *folder != "."));
            writer.value("system", system.as_str());
            return;
        }
        if found.is_of_sesam_py() {
            writer.comment(
                "The layout of Sesam's own command-line tool. The files that it uploads are deployed.",
            );
            writer.value("layout", "sesam-py");
        } else {
            writer.value("folder", found.folder.as_str());
            self.whitelist(&found.environment);
        }
        if let Some(pattern) = &found.variables {
            self.writer.value("variables", pattern.as_str());
        } else {
            let missing = "No variables file was found: each `$ENV(name)` of the configuration is missing.";
            self.writer.comment(missing);
            self.writer.value("variables", false);
        }
    }

    fn whitelist(&mut self, environment: &str) {
        if self.found.whitelists.contains(environment) {
            self.writer.value("whitelist", "deployment/whitelist-{environment}.txt");
        } else {
            self.writer.comment("Without a whitelist, everything below the folder is deployed.");
            self.writer.value("whitelist", false);
        }
    }

    fn node(&mut self, name: &str, templates: Option<&str>) {
        let writer = &mut self.writer;
        writer.table(&["nodes", name]);
        writer.value("templates", templates);
        if name != MASTER {
            writer.comment("A proxy node fetches and sends by itself: `proxy = true`.");
        } else if self.found.has_syncconfig && reads_syncconfig(self.table) {
            writer.table(&["nodes", name, "target"]);
            writer.comment(
                "Address and token are those of the `.syncconfig` that Sesam's own command-line tool uses.",
            );
            writer.value("kind", "node");
            writer.value("syncconfig", true);
            return;
        }
        writer.comment(&format!("{FILL_IN}: its target. With `false` it is only verified."));
        writer.value("target", false);
        let target = path(&["nodes", name, "target"]);
        self.fill_in.push(format!("[{target}]: where the node {name} is deployed to"));
    }
}

/// Whether the program has a target that takes its settings from a `.syncconfig`.
fn reads_syncconfig(table: &[&Plugin]) -> bool {
    find(table, Family::Target, "node").is_some_and(|plugin| {
        let schema = plugin.settings.schema(&mut SchemaGenerator::default());
        schema.pointer("/properties/syncconfig").is_some()
    })
}

#[cfg(test)]
mod tests;
