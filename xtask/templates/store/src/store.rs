//! The service as a store of secrets.

use async_trait::async_trait;
use deployer_core::error::Note;
use deployer_core::plugin::Context;
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Request;
use serde::Deserialize;

use crate::errors::check;
use crate::settings::Settings;
use crate::wire::Wire;

/// A service that answers `GET /<name>` with one secret.
#[derive(Debug)]
pub(crate) struct Store {
    wire: Wire,
}

/// What the service answers. It holds a secret, so it cannot be shown.
#[derive(Deserialize)]
struct Secret {
    value: String,
}

impl Store {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context)? })
    }

    async fn read_one(&self, address: &Address) -> Result<Answer> {
        let attempted = format!("read the secret {address}");
        let request = Request::get(self.wire.url(&[address.as_str()]));
        let response = self.wire.send(&attempted, request).await?;
        if response.status == 404 {
            return Ok(Answer::Missing(None));
        }
        let secret: Secret = check(&attempted, response)?.json("a secret")?;
        let is_empty = secret.value.is_empty();
        let notes = is_empty.then(|| Note::warning(format!("the secret {address} is empty")));
        Ok(Answer::Found(SecretValue::new(secret.value), notes.into_iter().collect()))
    }
}

#[async_trait]
impl SecretStore for Store {
    fn location(&self) -> String {
        self.wire.location()
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        match wanted.name.as_str() {
            name @ ("" | "." | "..") => {
                let text = format!("{} cannot have a secret {name:?}", self.location());
                Err(Error::new(Kind::Verification, text).with_hint("give it another name"))
            }
            name => Ok(Address::new(name)),
        }
    }

    /// A request reads one secret.
    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        addresses.iter().map(|address| vec![address.clone()]).collect()
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(addresses.len());
        for address in addresses {
            answers.push(self.read_one(address).await.unwrap_or_else(Answer::Failed));
        }
        answers
    }
}
