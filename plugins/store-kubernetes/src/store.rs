//! The Secrets of a namespace as a store.

use std::collections::BTreeMap;

use deployer_core::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Kind, Result};
use deployer_http::Effect;
use deployer_kubernetes::Refusal;

use crate::errors;
use crate::naming::{Naming, Place};
use crate::settings::Resolved;
use crate::wire::{Data, Wire};

/// The Secrets of one namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    wire: Wire,
    naming: Naming,
}

impl Namespace {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { wire, naming } = resolved;
        Self { wire, naming }
    }

    /// The data of a Secret; none when it doesn't exist.
    async fn secret(&self, name: &str) -> Result<Option<Data>> {
        // Failures that are the same for every secret have the same text: the runner reports them once.
        let attempted = format!("read secrets from {}", self.wire.location());
        self.open().await?;
        let response = self.wire.secret(&attempted, name).await?;
        if response.is_success() {
            return self.wire.data(&attempted, name, &response).map(Some);
        }
        let refusal = Refusal::read(&response, self.wire.redactor());
        if refusal.is_missing("secrets", name) {
            return Ok(None);
        }
        Err(errors::read(&attempted, name, &self.wire.location(), &response, &refusal))
    }

    async fn bundled_names(&self, bundle: &str) -> Result<Option<Vec<SecretName>>> {
        match self.secret(bundle).await {
            Ok(data) => {
                let keys = data.map(Data::keys).unwrap_or_default();
                Ok(Some(keys.iter().filter_map(|key| self.naming.name_of_key(key)).collect()))
            }
            Err(error) if error.kind() == Kind::Denied => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl SecretStore for Namespace {
    fn location(&self) -> String {
        match self.naming.shown() {
            "" => self.wire.location(),
            start => format!("{}, {start}", self.wire.location()),
        }
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.naming.place(secret).map(|place| SecretAddress::new(place.to_string()))
    }

    /// One request per Secret, whichever of its keys are wanted.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut by_name: BTreeMap<String, Vec<(WantedSecret, Place)>> = BTreeMap::new();
        for secret in secrets {
            let place = self.naming.place(secret)?;
            by_name.entry(place.name.clone()).or_default().push((secret.clone(), place));
        }
        let read = |(name, secrets)| -> Box<dyn SecretRead + 'a> {
            Box::new(WholeRead { store: self, name, secrets })
        };
        Ok(by_name.into_iter().map(read).collect())
    }

    /// Every request has the credential, so that there is no login.
    async fn open(&self) -> Result<()> {
        self.naming.check_collisions(&self.wire.location())
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        if let Some(bundle) = self.naming.bundle() {
            return self.bundled_names(bundle).await;
        }
        let attempted = format!("list the Secrets of {}", self.wire.location());
        let mut pages = self.wire.pages();
        while let Some(response) = pages.next(&attempted).await? {
            if !response.is_success() {
                let refusal = Refusal::read(&response, self.wire.redactor());
                if refusal.is_about_permission() {
                    return Ok(None);
                }
                return Err(refusal.error(&attempted, &response, Effect::Read));
            }
            pages.take(&attempted, &response)?;
        }
        Ok(Some(pages.names.iter().flat_map(|name| self.naming.names_of(name)).collect()))
    }
}

/// Reads one Secret, for all of its keys.
struct WholeRead<'a> {
    store: &'a Namespace,
    name: String,
    secrets: Vec<(WantedSecret, Place)>,
}

#[async_trait]
impl SecretRead for WholeRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let data = self.store.secret(&self.name).await?;
        let answer = |(secret, place): &(WantedSecret, Place)| {
            let answer = match &data {
                Some(data) => data.answer(place),
                None => SecretAnswer::missing(),
            };
            (secret.clone(), answer)
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
