//! In the place of github-autodeployer: its environment variables as the settings of a watch.
//!
//! They become the text of a settings file, in which the place of each line is the variable that it was made of, and the reader of settings
//! files reads it.

mod read;
mod repository;
mod write;

use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};

use self::read::Variables;
use crate::settings::{Asked, Settings, SettingsSource};

/// The variables that this program is started with only in the place of github-autodeployer.
const SIGNS: [&str; 2] = ["AUTODEPLOYER_PATH", "GIT_REPO"];

/// The variable that stops the deploys.
const OFF: &str = "off";

/// Whether variables of github-autodeployer are set.
pub(crate) fn is_present(variables: &ProcessVariables) -> bool {
    SIGNS.iter().any(|name| variables.get(name).is_some())
}

/// Whether the variables ask for a process that does nothing.
pub(crate) fn is_off(variables: &ProcessVariables) -> bool {
    variables.get(OFF).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// Reads the variables.
///
/// # Errors
/// `Settings`, with a related error for every variable that is missing or malformed. No value is shown.
pub(crate) fn settings(asked: Asked<'_>) -> Result<Settings> {
    let mut problems = Vec::new();
    let read = Variables::read(asked.variables, &mut problems);
    let (read, notes) = match read.filter(|_| problems.is_empty()) {
        Some(read) => read,
        None => {
            let message = "the environment variables of github-autodeployer cannot be used";
            return Err(Error::many(Kind::Settings, message, problems));
        }
    };
    let text = write::text(&read, asked.variables);
    let mut settings = Settings::read(SettingsSource::Variables, text, asked)?;
    // A repository without metadata, or without systems, is as good as any.
    for glob in &mut settings.configuration.whitelist.include {
        *glob = glob.clone().optional();
    }
    settings.notes.splice(0..0, notes);
    Ok(settings)
}

#[cfg(test)]
mod tests;
