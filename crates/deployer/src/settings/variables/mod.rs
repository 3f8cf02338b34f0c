//! The environment variables of the original deployer and of its fork as a way in.
//!
//! They are checked first, all of them, and become the text of a settings file that says the same, with the defaults of the
//! original; then it is read like any other file. What the original merely swallowed is a warning here; an error is only what it
//! crashed on or what made it lose data.

mod address;
mod expected;
mod extra;
mod files;
mod json;
mod master;
mod reader;
mod vault;
mod writer;

use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::error::{Note, nearest};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

#[cfg(feature = "watch")]
pub(crate) use self::address::is_unencrypted;
pub use self::expected::{VARIABLES, Variable};
use self::extra::Extra;
use self::files::files;
use self::master::Master;
use self::reader::{Reader, malformed};
use self::vault::{Need, STORE, Vault};
pub(crate) use self::writer::Writer;
use super::dry_run;
use super::file::{Asked, environment_name, log_level, read};
use super::merge::parse;
use super::model::{MadeOf, Settings};
use super::parts::SettingsSource;

/// How messages call the text that is written here.
const LABEL: &str = "the settings of the environment variables";

/// The comment at the head of the text.
const HEADER: &str = "The settings of sesam-deployer, converted from the environment variables of the original deployer. Credentials are
references: set the variables that contain them as before. Of the other variables, only ENVIRONMENT is still read.

`sesam-deployer settings` shows the effective settings, `sesam-deployer check` verifies the configuration.

Differences in another environment go in a table of its own, which is merged over the rest, such as:
  [environments.prod.nodes.master.target]
  url = \"datahub-0000aaaa.sesam.cloud\"
";

/// The environment in which nothing is split and everything goes to one node.
const CONTINUOUS_INTEGRATION: &str = "ci";

impl Settings {
    /// Reads the environment variables of the original deployer. `environment` is a name that was asked for instead of `ENVIRONMENT`.
    ///
    /// # Errors
    /// `Settings`, with a related error for every variable that is missing or malformed: its name, what was expected, an example,
    /// and for JSON the place in the variable. No value is shown.
    pub fn from_variables(variables: &ProcessVariables, environment: Option<&str>) -> Result<Self> {
        Self::read_variables(Asked::new(environment, variables))
    }

    /// The same, with the sections of plugins checked too if they are given.
    ///
    /// # Errors
    /// As [`Self::from_variables`].
    pub fn read_variables(asked: Asked<'_>) -> Result<Self> {
        let Asked { environment, variables, .. } = asked;
        let (values, notes) = ReadVariables::of(variables, environment)?;
        let (text, made_of) = values.write(variables, &values.folder);
        let text = SourceText::new(LABEL, text);
        let parsed = parse(&text);
        let asked = Asked { environment: None, ..asked };
        let mut settings = read(SettingsSource::Variables, text, parsed, made_of, asked)?;
        settings.dry_run = values.dry_run == Some(true);
        settings.is_undecided = values.dry_run.is_none();
        settings.notes.splice(0..0, notes);
        Ok(settings)
    }
}

/// A settings file that says what the environment variables say, with comments, for a file in the current folder's `folder`; and what a
/// person should know about the variables.
///
/// # Errors
/// As [`Settings::from_variables`].
pub(super) fn as_file(
    variables: &ProcessVariables,
    environment: Option<&str>,
    folder: &Path,
) -> Result<(String, Vec<Note>)> {
    let (values, mut notes) = ReadVariables::of(variables, environment)?;
    if values.dry_run == Some(true) {
        notes.push(Note::warning(
            "DRY_RUN is not a key of the file: write nothing with DRY_RUN=true or `deploy --dry-run`",
        ));
    }
    let (text, _) = values.write(variables, &relative(&values.folder, folder));
    Ok((text, notes))
}

/// A path of the current folder as seen from another folder, where that takes no `..`; else the absolute path.
fn relative(path: &str, folder: &Path) -> String {
    let (Ok(whole), Ok(folder)) = (std::path::absolute(path), std::path::absolute(folder)) else {
        return path.to_owned();
    };
    match whole.strip_prefix(&folder) {
        Ok(rest) if rest == Path::new("") => ".".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => whole.display().to_string(),
    }
}

/// The values of the variables.
#[derive(Debug)]
struct ReadVariables {
    folder: String,
    environment: String,
    whitelist: String,
    verified: Vec<String>,
    uploaded: String,
    verify_variables: bool,
    verify_secrets: bool,
    dry_run: Option<bool>,
    force: bool,
    allow_http: bool,
    master: Master,
    extras: Vec<Extra>,
    vault: Option<Vault>,
    slack_channel: Option<String>,
    has_link: bool,
    log_level: Option<String>,
}

impl ReadVariables {
    /// Reads the variables, and returns notes about them.
    fn of(variables: &ProcessVariables, environment: Option<&str>) -> Result<(Self, Vec<Note>)> {
        let mut reader = Reader::new(variables);
        let values = Self::read(&mut reader, environment);
        match values.filter(|_| reader.problems.is_empty()) {
            Some(values) => Ok((values, reader.notes)),
            None => {
                // Commands that write need it: it is reported together with the others.
                if !variables.names().any(|name| name == dry_run::NAME) {
                    reader.problems.push(reader.missing(dry_run::NAME));
                }
                Err(Error::many(Kind::Settings, "the environment variables cannot be used", reader.problems))
            }
        }
    }

    fn read(reader: &mut Reader<'_>, environment: Option<&str>) -> Option<Self> {
        let folder = reader.required("NODE_FOLDER");
        let environment = environment.or_else(|| reader.required("ENVIRONMENT"));
        let environment = environment.and_then(|name| environment_of(reader, name));
        let verify_variables = reader.boolean("VERIFY_VARIABLES", true);
        let verify_secrets = reader.boolean("VERIFY_SECRETS", true);
        let dry_run = reader.dry_run();
        let force = reader.strict_boolean("FORCE", true);
        let allow_http = reader.strict_boolean("ALLOW_HTTP", false);
        let is_ci = environment.as_deref() == Some(CONTINUOUS_INTEGRATION);
        let master = if is_ci && dry_run == Some(true) {
            let message =
                "ENVIRONMENT is ci and DRY_RUN is true: the configuration is only verified, no node is asked";
            reader.notes.push(Note::remark(message));
            Master::unused(reader)
        } else {
            Master::read(reader, allow_http)
        };
        let extras = if is_ci { Vec::new() } else { extra::read(reader, allow_http) };
        let need = match (verify_secrets, master.upload_secrets) {
            (true, _) => Need::Verified,
            (false, true) => Need::UploadedOnly,
            (false, false) => Need::Nothing,
        };
        let vault = Vault::read(reader, need);
        let slack_channel = if is_ci { None } else { slack_channel(reader) };
        let (whitelist, verified, uploaded) = files(reader, is_ci);
        let log_level = level(reader);
        Some(Self {
            folder: folder?.to_owned(),
            environment: environment?,
            whitelist,
            verified,
            uploaded,
            verify_variables,
            verify_secrets,
            dry_run,
            force,
            allow_http,
            master,
            extras,
            vault,
            slack_channel,
            has_link: reader.text("RELEASE_URL").is_some(),
            log_level,
        })
    }

    fn is_ci(&self) -> bool {
        self.environment == CONTINUOUS_INTEGRATION
    }

    /// The settings file that says the same, with the defaults of the variables written out. `source` is the folder of the configuration,
    /// as it is seen from the file.
    fn write(&self, variables: &ProcessVariables, source: &str) -> (String, MadeOf) {
        let mut writer = Writer::new(variables);
        writer.comment(HEADER);
        writer.text("environment", &self.environment).from("ENVIRONMENT");
        if self.has_link {
            writer.refer("link", "RELEASE_URL", &[]);
        }
        if let Some(level) = &self.log_level {
            writer.text("log_level", level).from("LOG_LEVEL");
        }
        writer.table(&["source"]);
        writer.comment("A relative path starts at the folder of this file.");
        writer.text("kind", "folder");
        writer.text("path", source).from("NODE_FOLDER");
        writer.table(&["configuration"]);
        writer.text("folder", "node");
        writer.text("whitelist", &self.whitelist).from("WHITELIST_FILE_PATH");
        writer.list("variables", &self.verified).from("VERIFY_VARIABLES_FROM_FILES");
        writer.text("upload_variables", &self.uploaded).from("UPLOAD_VARIABLES_FROM_FILE");
        writer.comment(
            "The original's rule. `full` follows every reference to a dataset, and may make more replicas.",
        );
        writer.text("links", "seed");
        writer.boolean("split", !self.is_ci());
        writer.table(&["verify"]);
        writer.boolean("variables", self.verify_variables).from("VERIFY_VARIABLES");
        writer.boolean("secrets", self.verify_secrets).from("VERIFY_SECRETS");
        writer.comment("The original did not check entities. With `true`, a fault that a node would report ends the run.");
        writer.boolean("entities", false);
        writer.table(&["safety"]);
        writer.comment(
            "With `true`, a plan that removes more than ten entities and a tenth of a node needs consent.",
        );
        writer.boolean("deletion_guard", false);
        writer.comment("The original did not wait until a node had deployed its pipes.");
        writer.value("wait_seconds", 0);
        if let Some(vault) = &self.vault {
            vault.write(&mut writer);
        }
        self.write_nodes(&mut writer);
        if let Some(channel) = &self.slack_channel {
            writer.item("notify");
            writer.text("kind", "slack");
            writer.refer("token", "SLACK_API_TOKEN", &[]);
            writer.text("channel", channel).from("SLACK_CHANNEL");
            writer.comment("The original posts the link and then the diff as a file, both into the channel, whatever the run did.");
            writer.text("diff", "file");
            writer.boolean("thread", false);
            writer.text("send", "always");
        }
        writer.finish()
    }

    fn write_nodes(&self, writer: &mut Writer) {
        let store: &[&str] = if self.vault.is_some() { &[STORE] } else { &[] };
        writer.table(&["nodes", "master"]);
        writer.list("secrets", store);
        writer.boolean("upload_variables", self.master.upload_variables).from("MASTER_NODE.UPLOAD_VARIABLES");
        writer
            .boolean("upload_secrets", self.master.upload_secrets && self.vault.is_some())
            .from("MASTER_NODE.UPLOAD_SECRETS");
        if self.is_ci() && self.dry_run == Some(true) {
            writer.boolean("target", false);
        } else {
            self.master.write_target(writer, self.force, self.allow_http);
        }
        // An extra node fetches its secrets itself; they are read only to be verified.
        let verified = if self.verify_secrets { store } else { &[] };
        if !self.extras.is_empty() {
            writer.gap();
            writer.comment("An extra node reads its secrets itself; here they are only verified.");
        }
        for extra in &self.extras {
            extra.write(writer, verified);
        }
    }
}

/// The name of the environment: the original's three in any case, any other as it is written.
fn environment_of(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    let name = name.trim();
    if let Err(what) = environment_name(name) {
        reader.problems.push(malformed("ENVIRONMENT", "cannot be used").with_cause(what));
        return None;
    }
    let lower = name.to_ascii_lowercase();
    Some(if ["ci", "test", "prod"].contains(&lower.as_str()) { lower } else { name.to_owned() })
}

/// The channel to tell, when the token is there as well.
fn slack_channel(reader: &mut Reader<'_>) -> Option<String> {
    let (token, channel) = (reader.text("SLACK_API_TOKEN"), reader.text("SLACK_CHANNEL"));
    let missing = match (token, channel) {
        (Some(_), Some(channel)) => return Some(channel.trim().to_owned()),
        (None, None) => return None,
        (Some(_), None) => "SLACK_API_TOKEN is set and SLACK_CHANNEL is not",
        (None, Some(_)) => "SLACK_CHANNEL is set and SLACK_API_TOKEN is not",
    };
    reader.notes.push(Note::warning(format!("{missing}: nothing is posted to Slack")));
    None
}

/// The log level, by a name that the settings know.
fn level(reader: &mut Reader<'_>) -> Option<String> {
    let name = reader.text("LOG_LEVEL")?.trim();
    if let Some(level) = log_level(name) {
        return Some(level.to_string().to_ascii_lowercase());
    }
    let mut message = "LOG_LEVEL names no log level and is not used".to_owned();
    if let Some(near) = nearest(&name.to_ascii_lowercase(), ["error", "warning", "info", "debug", "trace"]) {
        message.push_str(&format!("; did you mean {near}?"));
    }
    reader.notes.push(Note::warning(message));
    None
}

#[cfg(test)]
mod tests;
