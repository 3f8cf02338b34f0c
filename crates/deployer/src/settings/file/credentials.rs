//! Credentials that a run needs and that cannot be found.

use deployer_core::Error;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Context, Credential, Family};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::asked::Asked;
use super::source::label;
use crate::settings::merge::{is_credential, place, value_at};
use crate::settings::model::Settings;

/// A problem for every environment variable and file of a plugin's credential that cannot be found. No command is run.
pub(super) fn missing(settings: &Settings, asked: Asked<'_>) -> Vec<Error> {
    let context = Context::new("").with_variables(asked.variables.clone()).with_folder(settings.folder());
    let mut problems = Vec::new();
    for used in settings.plugins.iter().filter(|used| asked.credentials.contains(&used.family)) {
        if let Some(table) = value_at(settings.root.get_ref(), &used.path) {
            look(&used.section, table, &settings.text, &context, &mut problems);
        }
    }
    problems
}

fn look(
    path: &str,
    value: &Spanned<DeValue<'static>>,
    text: &SourceText,
    context: &Context,
    problems: &mut Vec<Error>,
) {
    let Some(table) = value.get_ref().as_table() else { return };
    if !is_credential(table) {
        for (key, inner) in table {
            look(&format!("{path}.{}", key.get_ref()), inner, text, context, problems);
        }
        return;
    }
    let found = match Credential::deserialize(ValueDeserializer::from(value.clone())) {
        Ok(Credential::Command { .. }) | Err(_) => Ok(()),
        Ok(credential) => credential.check(context),
    };
    problems.extend(found.err().map(|error| error.context(label(path)).at(place(text, &value.span()))));
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
