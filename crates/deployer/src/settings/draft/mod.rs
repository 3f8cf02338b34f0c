//! The beginning of a settings file: from the original's environment variables, else from what lies in a folder.

mod found;
mod sample;

use std::path::Path;

use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::plugin::{Family, Plugin, ProcessVariables};

use self::found::Found;
use self::sample::Samples;
use super::variables::{Writer, as_file};

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
            return Ok(Self::of_folder(&found, &Samples(table)));
        }
        let (text, notes) = as_file(variables, environment, folder).map_err(|error| {
            error
                .with_hint("without NODE_FOLDER and MASTER_NODE the file begins with what lies in the folder")
        })?;
        Ok(Self { text, by_variables: true, fill_in: Vec::new(), notes })
    }

    fn of_folder(found: &Found, samples: &Samples<'_>) -> Self {
        let mut writer = Writer::default();
        let mut fill_in = Vec::new();
        writer.comment(HEADER);
        writer.gap();
        writer.comment("The default environment. --environment and $ENVIRONMENT take precedence.");
        writer.text("environment", &found.environment);
        writer.table(&["source"]);
        writer.text("kind", "folder");
        writer.text("path", ".");
        configuration(found, &mut writer);
        stores(found, samples, &mut writer, &mut fill_in);
        nodes(found, samples, &mut writer, &mut fill_in);
        writer.gap();
        writer.comment("Who is notified of the result of a run. Copy the tables that you need:");
        samples.write(Family::Notify, "[notify]", &mut writer);
        environments(found, &mut writer);
        Self { text: writer.finish().0, by_variables: false, fill_in, notes: Vec::new() }
    }
}

fn configuration(found: &Found, writer: &mut Writer) {
    writer.table(&["configuration"]);
    if let Some(system) = &found.connector {
        writer.comment("A connector of Sesam's own command-line tool: its templates are expanded.");
        writer.text("layout", "connector");
        if found.folder != "." {
            writer.text("folder", &found.folder);
        }
        writer.text("system", system);
        return;
    }
    if found.is_of_sesam_py() {
        writer
            .comment("The layout of Sesam's own command-line tool. The files that it uploads are deployed.");
        writer.text("layout", "sesam-py");
    } else {
        writer.text("folder", &found.folder);
        whitelist(found, &found.environment, writer);
    }
    match &found.variables {
        Some(pattern) => drop(writer.text("variables", pattern)),
        None => {
            writer.comment("No variables file was found: each `$ENV(name)` of the configuration is missing.");
            writer.boolean("variables", false);
        }
    }
}

fn whitelist(found: &Found, environment: &str, writer: &mut Writer) {
    if found.whitelists.contains(environment) {
        writer.text("whitelist", "deployment/whitelist-{environment}.txt");
    } else {
        writer.comment("Without a whitelist, everything below the folder is deployed.");
        writer.boolean("whitelist", false);
    }
}

fn stores(found: &Found, samples: &Samples<'_>, writer: &mut Writer, fill_in: &mut Vec<String>) {
    writer.gap();
    if found.names_secrets {
        writer.comment(&format!(
            "{FILL_IN}: where secrets are read from; the configuration names some. Take one of these:"
        ));
        fill_in.push("[stores.main]: where secrets are read from".to_owned());
    } else {
        writer.comment("Where secrets are read from. The configuration names none yet. The choice:");
    }
    samples.write(Family::Store, "stores.main", writer);
}

fn nodes(found: &Found, samples: &Samples<'_>, writer: &mut Writer, fill_in: &mut Vec<String>) {
    writer.gap();
    writer.comment(
        "Where a node is deployed to: one of these in place of its `target = false`, with its own name.",
    );
    samples.write(Family::Target, "nodes.master.target", writer);
    let nodes = std::iter::once(("master", None))
        .chain(found.extras.iter().map(|(name, path)| (name.as_str(), path.as_deref())));
    for (name, templates) in nodes {
        writer.table(&["nodes", name]);
        if let Some(path) = templates {
            writer.text("templates", path);
        }
        if name != "master" {
            writer.comment("A proxy node fetches and sends by itself: `proxy = true`.");
        }
        if name == "master" && found.has_syncconfig && samples.accepts(Family::Target, "node", SYNCCONFIG) {
            writer.table(&["nodes", name, "target"]);
            writer.comment(
                "Address and token are those of the `.syncconfig` that Sesam's own command-line tool uses.",
            );
            writer.text("kind", "node");
            writer.boolean("syncconfig", true);
            continue;
        }
        let target = super::toml_text::path(&["nodes", name, "target"]);
        writer.comment(&format!("{FILL_IN}: its target. With `false` it is only verified."));
        writer.boolean("target", false);
        fill_in.push(format!("[{target}]: where the node {name} is deployed to"));
    }
}

/// How a node is told to use a `.syncconfig`.
const SYNCCONFIG: &str = "syncconfig = true\n";

fn environments(found: &Found, writer: &mut Writer) {
    writer.gap();
    writer.comment("Differences in an environment go in its table, which is merged over the rest, such as:");
    writer.comment("  [environments.prod.nodes.master.target]\n  url = \"datahub-0000aaaa.sesam.cloud\"");
    for environment in &found.others {
        writer.table(&["environments", environment]);
        if found.whitelists.contains(environment) != found.whitelists.contains(&found.environment) {
            writer.table(&["environments", environment, "configuration"]);
            whitelist(found, environment, writer);
        }
    }
}

#[cfg(test)]
mod tests;
