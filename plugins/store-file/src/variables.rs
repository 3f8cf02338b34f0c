//! From the name of a secret to the name of a variable.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deployer_core::model::SecretName;
use deployer_core::{Error, Kind, Result};

use crate::settings::{EnvironmentSettings, VariableNames};

/// The rule, and what it has made of names so far.
#[derive(Debug)]
pub(crate) struct Rule {
    settings: EnvironmentSettings,
    /// Which secret asked for a variable first. Two secrets must not get one value by accident.
    taken: Mutex<HashMap<String, SecretName>>,
}

impl Rule {
    pub(crate) fn new(settings: EnvironmentSettings) -> Self {
        Self { settings, taken: Mutex::default() }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.settings.prefix
    }

    /// Whether a variable's name is the secret's name behind the prefix.
    pub(crate) fn is_exact(&self) -> bool {
        self.settings.names == VariableNames::Exact && !self.settings.upper_case
    }

    /// The variable that holds a secret.
    ///
    /// # Errors
    /// `Verification` for a name that no variable can have, and for one whose variable another secret has.
    pub(crate) fn variable(&self, name: &SecretName) -> Result<String> {
        let refused = |cause: &str| {
            Error::new(Kind::Verification, format!("no variable for the secret {name:?}")).with_cause(cause)
        };
        if name.as_str().is_empty() {
            return Err(refused("it has no name"));
        }
        if name.as_str().contains(['=', '\0']) && self.settings.names == VariableNames::Exact {
            return Err(refused("a variable's name holds no `=`").with_hint("set `names = \"shell\"`"));
        }
        let mapped: String = name.as_str().chars().map(|c| self.mapped(c)).collect();
        let variable = format!("{}{mapped}", self.settings.prefix);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let first = taken.entry(variable.clone()).or_insert_with(|| name.clone());
        if first == name {
            return Ok(variable);
        }
        Err(refused(&format!("{variable} stands for the secret {first:?} already"))
            .with_hint("rename one of the two, or set `names = \"exact\"` without `upper_case`"))
    }

    fn mapped(&self, c: char) -> char {
        let c = if self.settings.upper_case { c.to_ascii_uppercase() } else { c };
        let stays = self.settings.names == VariableNames::Exact || c.is_ascii_alphanumeric();
        if stays { c } else { '_' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(names: VariableNames, upper_case: bool) -> Rule {
        Rule::new(EnvironmentSettings { prefix: "P_".to_owned(), names, upper_case })
    }

    #[test]
    fn what_a_shell_cannot_have_becomes_an_underscore() {
        for (names, upper_case, name, expected) in [
            (VariableNames::Shell, false, "db-password.v1", "P_db_password_v1"),
            (VariableNames::Shell, true, "db-password", "P_DB_PASSWORD"),
            (VariableNames::Shell, true, "smørbrød=1", "P_SM_RBR_D_1"),
            (VariableNames::Exact, false, "db-password", "P_db-password"),
            (VariableNames::Exact, true, "db-password", "P_DB-PASSWORD"),
        ] {
            assert_eq!(rule(names, upper_case).variable(&SecretName::new(name)).unwrap(), expected);
        }
        assert!(rule(VariableNames::Exact, false).variable(&SecretName::new("a=b")).is_err());
        assert!(rule(VariableNames::Shell, false).variable(&SecretName::new("")).is_err());
    }

    #[test]
    fn two_secrets_never_share_a_variable() {
        let rule = rule(VariableNames::Shell, false);
        let name = SecretName::new;
        assert_eq!(rule.variable(&name("a-b")).unwrap(), "P_a_b");
        assert_eq!(rule.variable(&name("a-b")).unwrap(), "P_a_b");
        let shown = format!("{:?}", rule.variable(&name("a.b")).unwrap_err());
        assert!(shown.contains("\"a.b\"") && shown.contains("\"a-b\"") && shown.contains("P_a_b"), "{shown}");
    }
}
