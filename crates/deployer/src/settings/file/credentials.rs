//! Credentials that a run needs and that cannot be found.

use deployer_core::Error;
use deployer_core::plugin::{Context, Credential, Family};
use serde::Deserialize;
use toml::de::ValueDeserializer;

use super::asked::Asked;
use super::tables::label;
use crate::settings::merge::{leaves, place, value_at};
use crate::settings::model::Settings;

/// A problem for every environment variable and file of a plugin's credential that cannot be found. No command is run.
pub(super) fn missing(settings: &Settings, asked: Asked<'_>) -> Vec<Error> {
    let context = Context::new("").with_variables(asked.variables.clone()).with_folder(settings.folder());
    let mut problems = Vec::new();
    for used in settings.plugins.iter().filter(|used| asked.credentials.contains(&used.family)) {
        let section = value_at(settings.root.get_ref(), &used.path);
        for (path, value) in section.map(|section| leaves(section, &[])).unwrap_or_default() {
            let credential = Credential::deserialize(ValueDeserializer::from(value.clone())).ok();
            let credential =
                credential.filter(|credential| !matches!(credential, Credential::Command { .. }));
            if let Some(Err(error)) = credential.map(|credential| credential.check(&context)) {
                let path = [&[used.section.as_str()], path.as_slice()].concat().join(".");
                let place = place(&settings.origin.text, &value.span());
                problems.push(error.context(label(&path)).at(place));
            }
        }
    }
    problems
}

impl Settings {
    /// Checks that the credentials of some families can be found, without running a command: those that `apply` needs for a plan.
    ///
    /// # Errors
    /// `Settings`, with a related error for every credential that cannot be found.
    pub fn check_credentials(&self, context: &Context, families: &[Family]) -> deployer_core::Result<()> {
        let asked = Asked { credentials: families, ..Asked::new(None, &context.variables) };
        let problems = missing(self, asked);
        if problems.is_empty() {
            return Ok(());
        }
        let message = "`apply` needs credentials that cannot be found; no plan was saved";
        Err(Error::many(deployer_core::Kind::Settings, message, problems))
    }
}
