//! Sending the global secrets, and those of a system.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{Done, Landed, Secrets, Step};
use deployer_core::{Error, Kind, Result};
use futures::future::join_all;

use super::texts::counted;
use crate::errors::{Confirmation, check_write};
use crate::observe::secret_names;
use crate::wire::Wire;

/// Adds the secrets, or overwrites those that are there; others stay.
pub(crate) struct SendSecrets {
    wire: Arc<Wire>,
    /// The system that they belong to; none for global ones.
    system: Option<String>,
    values: Secrets,
    /// The names that were not there; none when they could not be listed.
    new: Option<Vec<SecretName>>,
}

impl SendSecrets {
    /// Takes the values of the names, of which some are new; every name must have one.
    pub(crate) fn new(
        wire: &Arc<Wire>,
        system: Option<&str>,
        names: &BTreeSet<SecretName>,
        new: Option<Vec<SecretName>>,
        secrets: &Secrets,
    ) -> Result<Self> {
        let value = |name: &SecretName| {
            let value = secrets.get(name).cloned().map(|value| (name.clone(), value));
            value.ok_or_else(|| Error::new(Kind::Bug, format!("the secret {name} was planned and not read")))
        };
        let values = names.iter().map(value).collect::<Result<Secrets>>()?;
        Ok(Self { wire: Arc::clone(wire), system: system.map(str::to_owned), values, new })
    }
}

#[async_trait]
impl Step for SendSecrets {
    fn name(&self) -> String {
        match &self.system {
            None => "send secrets".to_owned(),
            Some(system) => format!("send secrets of the system {system}"),
        }
    }

    async fn execute(&self) -> Result<Done> {
        let (attempted, system) = (self.name(), self.system.as_deref());
        let response =
            self.wire.post_secrets(system, &self.values).await.map_err(|e| e.context(&attempted))?;
        check_write(&attempted, response, Confirmation::Content, &self.wire)?;
        let sent = counted(self.values.len(), "secret");
        Ok(Done::new(match &self.new {
            Some(new) => format!("{sent}, {} of them new", new.len()),
            None => sent,
        }))
    }

    async fn landed(&self) -> Result<Landed> {
        let names = secret_names(&self.wire, self.system.as_deref()).await?;
        Ok(match &self.new {
            _ if self.values.keys().any(|name| !names.contains(name)) => Landed::No,
            Some(new) if !new.is_empty() => Landed::Yes,
            _ => Landed::CannotTell,
        })
    }

    fn undo(&self) -> Option<Box<dyn Step>> {
        let new = self.new.clone().filter(|new| !new.is_empty())?;
        Some(Box::new(RemoveSecrets {
            wire: Arc::clone(&self.wire),
            system: self.system.clone(),
            overwritten: self.values.len() - new.len(),
            new,
        }))
    }
}

/// Removes the secrets that were new.
struct RemoveSecrets {
    wire: Arc<Wire>,
    system: Option<String>,
    new: Vec<SecretName>,
    /// How many secrets were there before and have a new value now.
    overwritten: usize,
}

#[async_trait]
impl Step for RemoveSecrets {
    fn name(&self) -> String {
        match &self.system {
            None => "remove the new secrets".to_owned(),
            Some(system) => format!("remove the new secrets of the system {system}"),
        }
    }

    async fn execute(&self) -> Result<Done> {
        let remove = |name: &SecretName| {
            let (wire, system, name) = (Arc::clone(&self.wire), self.system.clone(), name.clone());
            async move {
                let attempted = format!("remove the secret {name}");
                let response = wire.delete_secret(system.as_deref(), name.as_str()).await;
                let response = response.map_err(|e| e.context(&attempted))?;
                if response.status == 404 {
                    Ok(())
                } else {
                    check_write(&attempted, response, Confirmation::Content, &wire).map(drop)
                }
            }
        };
        let removals = join_all(self.new.iter().map(remove)).await;
        let failures: Vec<Error> = removals.into_iter().filter_map(Result::err).collect();
        if !failures.is_empty() {
            let all = failures.len() == self.new.len();
            return Err(removal_failure(self.name(), failures, all));
        }
        let names: Vec<&str> = self.new.iter().map(SecretName::as_str).collect();
        let mut text = format!("removed {} ({})", counted(self.new.len(), "new secret"), names.join(", "));
        if self.overwritten > 0 {
            text += &format!(
                "; {} kept the new value, a node never tells the old",
                counted(self.overwritten, "secret")
            );
        }
        Ok(Done::new(text))
    }

    async fn landed(&self) -> Result<Landed> {
        let names = secret_names(&self.wire, self.system.as_deref()).await?;
        let is_gone = !self.new.iter().any(|name| names.contains(name));
        Ok(if is_gone { Landed::Yes } else { Landed::No })
    }
}

/// The failure of removals, of which others were done unless `all` failed: then a part was written.
fn removal_failure(attempted: String, failures: Vec<Error>, all: bool) -> Error {
    let unknown = failures.iter().any(|failure| failure.kind() == Kind::UnknownOutcome);
    if all && !unknown {
        return Error::together(failures[0].kind(), attempted, failures);
    }
    Error::many(Kind::UnknownOutcome, attempted, failures)
}
