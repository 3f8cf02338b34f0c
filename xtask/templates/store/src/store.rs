//! The service as a store of secrets.

use deployer_core::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Request, Response};
use serde::Deserialize;

use crate::errors::check;
use crate::settings::Settings;
use crate::wire::Wire;

/// A service that answers `GET /<name>` with one secret.
#[derive(Debug)]
pub(crate) struct Store {
    wire: Wire,
}

/// The answer with a secret. It has no `Debug`, because that would show the value.
#[derive(Deserialize)]
struct Secret {
    value: String,
}

/// The answer for a secret that doesn't exist.
#[derive(Deserialize)]
struct Missing {
    missing: String,
}

fn is_missing(response: &Response, name: &str) -> bool {
    response.json::<Missing>("a missing secret").is_ok_and(|answer| answer.missing == name)
}

impl Store {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context)? })
    }
}

#[async_trait]
impl SecretStore for Store {
    fn location(&self) -> String {
        self.wire.location()
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        match secret.name.as_str() {
            name @ ("" | "." | "..") => {
                let text = format!("{} cannot have a secret {name:?}", self.location());
                Err(Error::new(Kind::Verification, text).with_hint("give it another name"))
            }
            name => Ok(SecretAddress::new(name)),
        }
    }

    /// A request reads one secret.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let read = |secret: &WantedSecret| -> Box<dyn SecretRead + 'a> {
            Box::new(ReadOne { wire: &self.wire, secret: secret.clone() })
        };
        Ok(secrets.iter().map(read).collect())
    }
}

/// Reads one secret.
struct ReadOne<'a> {
    wire: &'a Wire,
    secret: WantedSecret,
}

#[async_trait]
impl SecretRead for ReadOne<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        vec![&self.secret]
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let name = self.secret.name.as_str();
        // Failures that are the same for every secret have the same text: the runner reports them once.
        let attempted = format!("read secrets from {}", self.wire.location());
        let response = self.wire.send(&attempted, Request::get(self.wire.url(&[name]))).await?;
        let answer = match response.status {
            // The 404 of a proxy or of a wrong base path proves nothing.
            404 if is_missing(&response, name) => SecretAnswer::missing(),
            status => {
                let of_this = format!("read {name} from {}", self.wire.location());
                let attempted = if status == 403 { of_this } else { attempted };
                let secret: Secret = check(&attempted, response)?.json("a secret")?;
                SecretAnswer::found(SecretValue::new(secret.value))
            }
        };
        Ok(SecretAnswers::from([(self.secret.clone(), answer)]))
    }
}
