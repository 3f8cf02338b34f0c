//! The environment variables of the process as a store.

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::model::SecretName;
use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::traits::{Address, Answer, SecretStore, StoreCapabilities, Wanted};
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

    fn answer(&self, variable: &str) -> Answer {
        match self.variables.get(variable) {
            Some(value) => Answer::Found(SecretValue::new(value), Vec::new()),
            // `get` takes an empty variable for an absent one.
            None if self.variables.names().any(|name| name == variable) => {
                let note = Note::warning(format!("the environment variable {variable} is empty"));
                Answer::Found(SecretValue::new(""), vec![note])
            }
            None => Answer::Missing(None),
        }
    }
}

#[async_trait]
impl SecretStore for EnvironmentStore {
    fn location(&self) -> String {
        format!("environment variables {}*", self.rule.prefix())
    }

    fn capabilities(&self) -> StoreCapabilities {
        let mut capabilities = StoreCapabilities::default();
        capabilities.names_prove_presence = self.rule.is_exact();
        capabilities
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        self.rule.variable(&wanted.name).map(Address::new)
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        if addresses.is_empty() { Vec::new() } else { vec![addresses.to_vec()] }
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        addresses.iter().map(|address| self.answer(address.as_str())).collect()
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let names = self.variables.names().filter_map(|name| name.strip_prefix(self.rule.prefix()));
        Ok(Some(names.filter(|name| !name.is_empty()).map(SecretName::new).collect()))
    }
}
