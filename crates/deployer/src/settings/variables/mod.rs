//! The door of environment variables: those of the original deployer and of its fork.
//!
//! They are checked first, all of them, and a settings file is written that says the same, with the defaults of this door written
//! out; then that is read like any other. What the original merely swallowed is a warning here; an error is only what it crashed on
//! or what made it lose data.

mod address;
mod expected;
mod extra;
mod files;
mod json;
mod master;
mod reader;
mod vault;
mod writer;

use deployer_core::document::SourceText;
use deployer_core::error::{Note, nearest};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

pub use self::expected::{VARIABLES, Variable};
use self::extra::Extra;
use self::files::files;
use self::master::Master;
use self::reader::{Reader, malformed};
use self::vault::{Need, STORE, Vault};
use self::writer::{Writer, reference};
use super::file::{environment_name, log_level, read};
use super::model::{Door, Settings};

/// How messages call the text that is written here.
const LABEL: &str = "the settings of the environment variables";

/// The environment in which nothing is split and everything goes to one node.
const CONTINUOUS_INTEGRATION: &str = "ci";

impl Settings {
    /// Reads the environment variables of the original deployer. `environment` is a name that was asked for instead of `ENVIRONMENT`.
    ///
    /// # Errors
    /// `Settings`, with a related error for every variable that is missing or malformed: its name, what was expected, an example,
    /// and for JSON the place in the variable. No value is shown.
    pub fn from_variables(variables: &ProcessVariables, environment: Option<&str>) -> Result<Self> {
        let mut reader = Reader::new(variables);
        let wishes = Wishes::read(&mut reader, environment);
        let Some(wishes) = wishes.filter(|_| reader.problems.is_empty()) else {
            return Err(Error::many(
                Kind::Settings,
                "the environment variables cannot be used",
                reader.problems,
            ));
        };
        let text = SourceText::new(LABEL, wishes.write());
        let mut settings = read(Door::Variables, text, None, variables)?;
        settings.dry_run = wishes.dry_run;
        settings.notes.splice(0..0, reader.notes);
        Ok(settings)
    }
}

/// What the variables ask for.
#[derive(Debug)]
struct Wishes {
    folder: String,
    environment: String,
    whitelist: String,
    verified: Vec<String>,
    uploaded: String,
    verify_variables: bool,
    verify_secrets: bool,
    dry_run: bool,
    force: bool,
    allow_http: bool,
    master: Master,
    extras: Vec<Extra>,
    vault: Option<Vault>,
    slack_channel: Option<String>,
    has_link: bool,
    log_level: Option<String>,
}

impl Wishes {
    fn read(reader: &mut Reader<'_>, environment: Option<&str>) -> Option<Self> {
        let folder = reader.required("NODE_FOLDER");
        let environment = environment.or_else(|| reader.required("ENVIRONMENT"));
        let environment = environment.and_then(|name| environment_of(reader, name));
        let verify_variables = reader.boolean("VERIFY_VARIABLES", true);
        let verify_secrets = reader.boolean("VERIFY_SECRETS", true);
        let dry_run = reader.boolean("DRY_RUN", false);
        let force = reader.strict_boolean("FORCE", true);
        let allow_http = reader.strict_boolean("ALLOW_HTTP", false);
        let is_ci = environment.as_deref() == Some(CONTINUOUS_INTEGRATION);
        let master = if is_ci && dry_run {
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

    /// The settings file that says the same.
    fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.comment("What the environment variables of the original deployer say.");
        writer.text("environment", &self.environment);
        if self.has_link {
            writer.raw("link", &reference("RELEASE_URL", &[]));
        }
        if let Some(level) = &self.log_level {
            writer.text("log_level", level);
        }
        writer.table(&["source"]);
        writer.text("kind", "folder");
        writer.text("path", &self.folder);
        writer.table(&["configuration"]);
        writer.text("folder", "node");
        writer.text("whitelist", &self.whitelist);
        writer.list("variables", &self.verified);
        writer.text("upload_variables", &self.uploaded);
        writer.text("links", "seed");
        writer.boolean("split", !self.is_ci());
        writer.table(&["verify"]);
        writer.boolean("variables", self.verify_variables);
        writer.boolean("secrets", self.verify_secrets);
        writer.table(&["safety"]);
        writer.boolean("deletion_guard", false);
        writer.raw("wait_seconds", "0");
        if let Some(vault) = &self.vault {
            vault.write(&mut writer);
        }
        self.write_nodes(&mut writer);
        if let Some(channel) = &self.slack_channel {
            writer.item("notify");
            writer.text("kind", "slack");
            writer.raw("token", &reference("SLACK_API_TOKEN", &[]));
            writer.text("channel", channel);
            // The original posts the link and then the diff as a file, both into the channel, whatever the run did.
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
        writer.boolean("upload_variables", self.master.upload_variables);
        writer.boolean("upload_secrets", self.master.upload_secrets && self.vault.is_some());
        if self.is_ci() && self.dry_run {
            writer.boolean("target", false);
        } else {
            self.master.write_target(writer, self.force, self.allow_http);
        }
        // An extra node fetches its secrets itself; they are read only to be verified.
        let verified = if self.verify_secrets { store } else { &[] };
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
