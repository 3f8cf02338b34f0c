//! How problems of settings are told: by the place in a file, or by the variable that a value was made of.

use std::collections::HashSet;

use deployer_core::document::SourceText;
use deployer_core::plugin::Family;
use deployer_core::{Error, Kind};

use super::model::{MadeOf, Settings};
use super::parts::{PluginUse, SettingsSource};

/// All problems under one heading, each once: a problem outside of environments is found in every environment.
pub(super) fn unusable(source: &SettingsSource, text: &SourceText, mut problems: Vec<Error>) -> Error {
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    let from = match source {
        SettingsSource::Variables => "the environment variables",
        SettingsSource::File(_) | SettingsSource::BuiltIn => &format!("the settings in {}", text.file()),
    };
    Error::many(Kind::Settings, format!("{from} cannot be used"), problems)
}

/// The variables that settings were made of, if they come from environment variables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origins<'s>(pub(super) Option<&'s MadeOf>);

impl Settings {
    pub(super) fn origins(&self) -> Origins<'_> {
        Origins((self.source == SettingsSource::Variables).then_some(&self.made_of))
    }
}

impl Origins<'_> {
    /// A problem without its places, which lie in a text that nobody wrote, and with the variables that the value was made of.
    pub(super) fn of_section(self, problem: Error, used: &PluginUse) -> Error {
        self.respelled(problem, variables_of(used))
    }

    /// The same for a problem of any place. `otherwise` names the variables of a value that has a default.
    pub(super) fn respelled(self, problem: Error, otherwise: &str) -> Error {
        let Some(made_of) = self.0 else { return problem };
        let variable = problem.places().first().and_then(|place| made_of.get(&place.line));
        let from = variable.map_or(otherwise, String::as_str);
        let problem = without_places(&problem);
        if from.is_empty() { problem } else { problem.with_hint(format!("this comes from {from}")) }
    }
}

/// The variables that a plugin's section is made of.
fn variables_of(used: &PluginUse) -> &'static str {
    match used.family {
        Family::Source => "NODE_FOLDER",
        Family::Store => {
            "VAULT_URL, VAULT_MOUNTING_POINT, VAULT_PATH_PREFIX, VAULT_AUTH, VAULT_GIT_TOKEN, VAULT_APPROLE_ID"
        }
        Family::Target if used.path.get(1).is_some_and(|name| name == "master") => "MASTER_NODE",
        Family::Target => "EXTRA_NODES",
        Family::Notify => "SLACK_API_TOKEN, SLACK_CHANNEL",
        // No variable names a place.
        Family::State => "",
    }
}

/// The problems of a section, without their heading.
pub(super) fn one_by_one(error: Error) -> Vec<Error> {
    match error.related() {
        [] => vec![error],
        related => related.to_vec(),
    }
}

fn without_places(problem: &Error) -> Error {
    let mut error = Error::new(problem.kind(), problem.message()).with_retry(problem.retry());
    if let Some(cause) = problem.cause() {
        error = error.with_cause(cause);
    }
    error = problem.details().iter().fold(error, Error::with_detail);
    error = problem.hints().iter().fold(error, Error::with_hint);
    problem.related().iter().map(without_places).fold(error, Error::with_related)
}
