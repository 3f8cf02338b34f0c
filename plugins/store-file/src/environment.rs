//! The environment variables of the process as a store.

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Result, SecretValue};

use crate::settings::EnvironmentSettings;
use crate::variables::Rule;

/// Secrets in the variables that the process was started with.
#[derive(Debug)]
pub(crate) struct EnvironmentStore {
    rule: Rule,
    variables: ProcessVariables,
}

impl EnvironmentStore {
    pub(crate) fn new(settings: EnvironmentSettings, context: &Context) -> Self {
        Self { rule: Rule::new(settings), variables: context.variables.clone() }
    }

    fn answer(&self, variable: &str) -> SecretAnswer {
        match self.variables.get(variable) {
            Some(value) => SecretAnswer::found(SecretValue::new(value)),
            // `get` takes an empty variable for an absent one.
            None if self.variables.names().any(|name| name == variable) => {
                SecretAnswer::found(SecretValue::new(""))
            }
            None => SecretAnswer::missing(),
        }
    }
}

#[async_trait]
impl SecretStore for EnvironmentStore {
    fn location(&self) -> String {
        format!("environment variables {}*", self.rule.prefix())
    }

    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::default().with_names_prove_presence(self.rule.is_exact())
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.rule.variable(&secret.name).map(SecretAddress::new)
    }

    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut variables = Vec::with_capacity(secrets.len());
        for secret in secrets {
            variables.push((secret.clone(), self.rule.variable(&secret.name)?));
        }
        if variables.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(VariablesRead { store: self, variables })])
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let names = self.variables.names().filter_map(|name| name.strip_prefix(self.rule.prefix()));
        Ok(Some(names.filter(|name| !name.is_empty()).map(SecretName::new).collect()))
    }
}

/// Reads all variables at once.
struct VariablesRead<'a> {
    store: &'a EnvironmentStore,
    /// Each secret with the name of its variable.
    variables: Vec<(WantedSecret, String)>,
}

#[async_trait]
impl SecretRead for VariablesRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.variables.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let answer =
            |(secret, variable): &(WantedSecret, String)| (secret.clone(), self.store.answer(variable));
        Ok(self.variables.iter().map(answer).collect())
    }
}
