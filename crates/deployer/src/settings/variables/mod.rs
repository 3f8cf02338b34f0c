//! The environment variables of the original deployer and of its fork as a way in.
//!
//! They are checked first, all of them, and become the text of a settings file that says the same, with the defaults of the
//! original; then it is read like any other file. What the original merely swallowed is a warning here; an error is only what it
//! crashed on or what made it lose data.

mod address;
mod expected;
mod members;
mod nodes;
mod vault;
mod writer;

use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::error::{Note, nearest};
use deployer_core::model::MASTER;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};
use serde_json::json;

#[cfg(feature = "watch")]
pub(crate) use self::address::is_unencrypted;
use self::members::{Findings, Members};
use self::vault::STORE;
pub(crate) use self::writer::Writer;
use super::dry_run;
use super::file::{environment_name, escaped, log_level};
use super::model::Settings;
use super::parts::{Asked, SettingsSource};

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
    /// Reads the environment variables of the original deployer. An environment that was asked for takes precedence over `ENVIRONMENT`.
    ///
    /// # Errors
    /// `Settings`, with a related error for every variable that is missing or malformed: its name, what was expected, an example,
    /// and for JSON the place in the variable. No value is shown.
    pub fn from_variables(asked: Asked<'_>) -> Result<Self> {
        let (text, notes) = convert(asked.variables, asked.environment, None)?;
        let asked = Asked { environment: None, ..asked };
        let mut settings = Self::read(SettingsSource::Variables, text, asked)?;
        settings.is_undecided = dry_run::is_absent(asked.variables);
        settings.notes.splice(0..0, notes);
        Ok(settings)
    }
}

/// Settings that say what the environment variables say, with comments, and what a person should know about the variables. `folder` is
/// that of the file, if one is written.
///
/// # Errors
/// As [`Settings::from_variables`].
pub(super) fn convert(
    variables: &ProcessVariables,
    environment: Option<&str>,
    folder: Option<&Path>,
) -> Result<(SourceText, Vec<Note>)> {
    let (findings, mut writer) = (Findings::default(), Writer::new(variables));
    let all = Members::of(variables, &findings);
    let dry_run = dry_run::read(variables).map_err(|problem| all.add(problem));
    let is_dry = matches!(dry_run, Ok((Some(true), _)));
    if is_dry && folder.is_some() {
        let hint = "write nothing with DRY_RUN=true or `deploy --dry-run`";
        all.note(Note::warning(format!("DRY_RUN is not a key of the file: {hint}")));
    }
    write(&all, environment, is_dry, folder, &mut writer);
    if !findings.problems.borrow().is_empty() {
        // Commands that write need it: it is reported together with the others.
        if dry_run::is_absent(variables) {
            all.missing::<()>(dry_run::NAME);
        }
        let message = "the environment variables cannot be used";
        return Err(Error::many(Kind::Settings, message, findings.problems.take()));
    }
    Ok((writer.finish(), findings.notes.take()))
}

/// Writes the settings that the variables stand for, with the defaults of the variables written out. Settings that have a problem are
/// not used.
fn write(all: &Members<'_>, asked: Option<&str>, is_dry: bool, folder: Option<&Path>, writer: &mut Writer) {
    let source = all.required("NODE_FOLDER").unwrap_or_default();
    let environment = asked.or_else(|| all.required("ENVIRONMENT"));
    let environment = environment.and_then(|name| environment_of(all, name)).unwrap_or_default();
    let is_ci = environment == CONTINUOUS_INTEGRATION;
    let allow_http = all.strict_boolean("ALLOW_HTTP").unwrap_or(false);
    writer.comment(HEADER);
    writer.value("environment", environment).from("ENVIRONMENT");
    if all.text("RELEASE_URL").is_some() {
        writer.refer("link", "RELEASE_URL", &[]);
    }
    writer.value("log_level", level(all)).from("LOG_LEVEL");
    writer.table(&["source"]);
    writer.comment("A relative path starts at the folder of this file.");
    writer.value("kind", "folder");
    writer.value("path", relative(source, folder)).from("NODE_FOLDER");
    configuration(all, is_ci, writer);
    writer.table(&["verify"]);
    let verify_secrets = all.boolean("VERIFY_SECRETS").unwrap_or(true);
    writer.value("variables", all.boolean("VERIFY_VARIABLES").unwrap_or(true)).from("VERIFY_VARIABLES");
    writer.value("secrets", verify_secrets).from("VERIFY_SECRETS");
    writer.comment(
        "The original did not check entities. With `true`, a fault that a node would report ends the run.",
    );
    writer.value("entities", false);
    writer.table(&["safety"]);
    writer.comment(
        "With `true`, a plan that removes more than ten entities and a tenth of a node needs consent.",
    );
    writer.value("deletion_guard", false);
    writer.comment("The original did not wait until a node had deployed its pipes.");
    writer.value("wait_seconds", 0);

    let is_unused = is_ci && is_dry;
    if is_unused {
        let message =
            "ENVIRONMENT is ci and DRY_RUN is true: the configuration is only verified, no node is asked";
        all.note(Note::remark(message));
    } else if all.text("MASTER_NODE").is_none() {
        all.required("MASTER_NODE");
    }
    // If the variable is set, it must be JSON even if it is not used, as for the original.
    let master = all.json("MASTER_NODE").filter(|_| !is_unused);
    let upload = |name| master.as_ref().is_some_and(|master| master.required_boolean(name));
    let (upload_variables, upload_secrets) = (upload("UPLOAD_VARIABLES"), upload("UPLOAD_SECRETS"));
    let has_store = (verify_secrets || upload_secrets) && vault::store(all, verify_secrets, writer);
    let stores: &[&str] = if has_store { &[STORE] } else { &[] };
    writer.table(&["nodes", MASTER]);
    writer.value("secrets", stores);
    writer.value("upload_variables", upload_variables).from("MASTER_NODE.UPLOAD_VARIABLES");
    writer.value("upload_secrets", upload_secrets && has_store).from("MASTER_NODE.UPLOAD_SECRETS");
    let force = all.strict_boolean("FORCE").unwrap_or(true);
    match &master {
        Some(master) => nodes::master_target(master, force, allow_http, writer),
        None => drop(writer.value("target", false)),
    }
    if is_ci {
        return;
    }
    if let Some(extras) = all.json("EXTRA_NODES") {
        // An extra node reads its secrets itself; they are read only to be verified.
        nodes::extras(&extras, allow_http, if verify_secrets { stores } else { &[] }, writer);
    }
    if let Some(channel) = slack_channel(all) {
        writer.heading("[[notify]]");
        writer.value("kind", "slack");
        writer.refer("token", "SLACK_API_TOKEN", &[]);
        writer.value("channel", channel).from("SLACK_CHANNEL");
        writer.comment("The original posts the link and then the diff as a file, both into the channel, whatever the run did.");
        writer.value("diff", "file");
        writer.value("thread", false);
        writer.value("send", "always");
    }
}

/// Writes `[configuration]`: the whitelist, the files that variables are verified against, and the file that is uploaded.
fn configuration(all: &Members<'_>, is_ci: bool, writer: &mut Writer) {
    const VERIFIED: &str = "VERIFY_VARIABLES_FROM_FILES";
    let own = "variables/variables-{environment}.json";
    let (whitelist, uploaded, verified): (_, _, &[&str]) = if is_ci {
        let both = &["variables/variables-test.json", "variables/variables-prod.json"];
        ("deployment/whitelist-master.txt", "test-env.json", both)
    } else {
        ("deployment/whitelist-{environment}.txt", own, &[own])
    };
    let path = |name, default: &str| {
        all.text(name).and_then(|text| path(all, name, text)).unwrap_or_else(|| default.to_owned())
    };
    let listed = all.text(VERIFIED).map(file_list).unwrap_or_default();
    let listed: Vec<String> = listed.into_iter().filter_map(|text| self::path(all, VERIFIED, text)).collect();
    writer.table(&["configuration"]);
    writer.value("folder", "node");
    writer.value("whitelist", path("WHITELIST_FILE_PATH", whitelist)).from("WHITELIST_FILE_PATH");
    let verified = if listed.is_empty() { json!(verified) } else { json!(listed) };
    writer.value("variables", verified).from(VERIFIED);
    let uploaded = path("UPLOAD_VARIABLES_FROM_FILE", uploaded);
    writer.value("upload_variables", uploaded).from("UPLOAD_VARIABLES_FROM_FILE");
    writer.comment(
        "The original's rule. `full` follows every reference to a dataset, and may make more replicas.",
    );
    writer.value("links", "seed");
    writer.value("split", !is_ci);
}

/// A path as the settings write it.
fn path(all: &Members<'_>, name: &str, text: &str) -> Option<String> {
    match escaped(text) {
        path if path.is_empty() => all.refuse(name, "names no file"),
        path if path.contains('\\') => all.refuse(name, "holds a `\\`; paths are written with `/`"),
        path => Some(path),
    }
}

/// The files of a list with `;` between them. The original's README shows a list in brackets, which it could not read itself.
fn file_list(text: &str) -> Vec<&str> {
    let bracketed = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parts: Vec<&str> = match bracketed {
        Some(list) => list.split(',').map(|part| part.trim().trim_matches(['"', '\''])).collect(),
        None => text.split(';').collect(),
    };
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// A path of the current folder as seen from another folder, if that takes no `..`; otherwise the absolute path.
fn relative(path: &str, folder: Option<&Path>) -> String {
    let folder = folder.and_then(|folder| std::path::absolute(folder).ok());
    let (Some(folder), Ok(whole)) = (folder, std::path::absolute(path)) else { return path.to_owned() };
    match whole.strip_prefix(&folder) {
        Ok(rest) if rest == Path::new("") => ".".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => whole.display().to_string(),
    }
}

/// The name of the environment: the original's three in any case, any other as it is written.
fn environment_of(all: &Members<'_>, name: &str) -> Option<String> {
    let name = name.trim();
    if let Err(what) = environment_name(name) {
        all.add(all.refused("ENVIRONMENT", "cannot be used").with_cause(what));
        return None;
    }
    let lower = name.to_ascii_lowercase();
    Some(if ["ci", "test", "prod"].contains(&lower.as_str()) { lower } else { name.to_owned() })
}

/// The channel to notify, if the token is set as well.
fn slack_channel<'a>(all: &'a Members<'_>) -> Option<&'a str> {
    let (set, unset) = match (all.text("SLACK_API_TOKEN"), all.text("SLACK_CHANNEL")) {
        (Some(_), Some(channel)) => return Some(channel.trim()),
        (None, None) => return None,
        (Some(_), None) => ("SLACK_API_TOKEN", "SLACK_CHANNEL"),
        (None, Some(_)) => ("SLACK_CHANNEL", "SLACK_API_TOKEN"),
    };
    all.note(Note::warning(format!("{set} is set and {unset} is not: nothing is posted to Slack")));
    None
}

/// The log level, by a name that the settings know.
fn level(all: &Members<'_>) -> Option<String> {
    let name = all.text("LOG_LEVEL")?.trim();
    if let Some(level) = log_level(name) {
        return Some(level.to_string().to_ascii_lowercase());
    }
    let mut message = "LOG_LEVEL names no log level and is not used".to_owned();
    if let Some(near) = nearest(&name.to_ascii_lowercase(), ["error", "warning", "info", "debug", "trace"]) {
        message.push_str(&format!("; did you mean {near}?"));
    }
    all.note(Note::warning(message));
    None
}

#[cfg(test)]
mod tests;
