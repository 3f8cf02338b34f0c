//! The store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::time::OffsetDateTime;
use deployer_core::model::SecretName;
use deployer_core::traits::{Address, Answer, SecretStore, StoreCapabilities, Wanted};
use deployer_core::{Error, Kind, Result};

use crate::errors;
use crate::naming::{Naming, Place};
use crate::session::Session;
use crate::settings::Resolved;
use crate::values;
use crate::wire::{Failure, Found, Members, Wire};

/// The secrets of one key vault.
#[derive(Debug)]
pub(crate) struct KeyVault {
    wire: Arc<Wire>,
    session: Session,
    naming: Naming,
    /// How messages call it.
    vault: String,
}

impl KeyVault {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { wire, naming, vault } = resolved;
        Self { wire: Arc::new(wire), session: Session::default(), naming, vault }
    }

    /// Reads a secret as a whole; none with what is known about it when it is not there.
    async fn secret(&self, place: &Place) -> Result<Result<Found, Option<String>>> {
        self.open().await?;
        let failure = match self.wire.secret(&place.name, place.version.as_deref()).await {
            Ok(found) => return Ok(Ok(found)),
            Err(failure) => failure,
        };
        match &failure {
            // A 404 of another server proves nothing.
            Failure::Refused(refusal) if refusal.status == 404 && refusal.says("SecretNotFound") => {
                Ok(Err(self.deleted(&place.name).await))
            }
            _ => {
                let attempted = format!("read secrets from {}", self.vault);
                Err(errors::read(&attempted, place, &self.vault, failure))
            }
        }
    }

    /// What is known of a secret that was deleted and can be recovered.
    async fn deleted(&self, name: &str) -> Option<String> {
        let (until, since) = self.wire.deleted(name).await?;
        let since = since.map(|since| format!(" at {since}")).unwrap_or_default();
        let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
        Some(format!("it was deleted{since}; `az keyvault secret recover` brings it back{until}"))
    }

    async fn answers<'a>(&self, addresses: &'a [Address]) -> BTreeMap<&'a Address, Answer> {
        // One secret of the vault in a group; a group of several, which `reads` never makes, is read in turn.
        let mut secrets: BTreeMap<Place, Result<Result<Found, Option<String>>>> = BTreeMap::new();
        let mut answers = BTreeMap::new();
        for address in addresses {
            let Some(place) = self.naming.place(address) else {
                let error = Error::new(Kind::Bug, format!("{address} is no address of {}", self.vault));
                answers.insert(address, Answer::Failed(error));
                continue;
            };
            let whole = Place { field: None, ..place.clone() };
            if !secrets.contains_key(&whole) {
                let secret = self.secret(&whole).await;
                secrets.insert(whole.clone(), secret);
            }
            let answer = match &secrets[&whole] {
                Ok(Ok(found)) => values::answer(&place, found, OffsetDateTime::now_utc()),
                Ok(Err(why)) => Answer::Missing(why.clone()),
                Err(error) => Answer::Failed(error.clone()),
            };
            answers.insert(address, answer);
        }
        answers
    }

    async fn bundled_names(&self, bundle: &Place) -> Result<Option<Vec<SecretName>>> {
        let found = match self.secret(bundle).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => return Ok(Some(Vec::new())),
            Err(error) if error.kind() == Kind::Denied => return Ok(None),
            Err(error) => return Err(error),
        };
        let members = Members::read(&found.value).map(|members| members.names()).unwrap_or_default();
        Ok(Some(members.iter().filter_map(|member| self.naming.name_of_member(member)).collect()))
    }
}

#[async_trait]
impl SecretStore for KeyVault {
    fn location(&self) -> String {
        match self.naming.shown() {
            "" => self.vault.clone(),
            start => format!("{}, {start}", self.vault),
        }
    }

    fn capabilities(&self) -> StoreCapabilities {
        let mut capabilities = StoreCapabilities::default();
        capabilities.names_prove_presence = self.naming.names_prove_presence();
        capabilities
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        self.naming.address(wanted)
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        let mut by_secret: BTreeMap<Option<Place>, Vec<Address>> = BTreeMap::new();
        for address in addresses {
            let secret = self.naming.place(address).map(|place| Place { field: None, ..place });
            by_secret.entry(secret).or_default().push(address.clone());
        }
        by_secret.into_values().collect()
    }

    async fn open(&self) -> Result<()> {
        self.naming.check_collisions(&self.vault)?;
        let (wire, attempted) = (Arc::clone(&self.wire), format!("open {}", self.vault));
        let log_in =
            || async move { wire.greet().await.map_err(|failure| errors::general(&attempted, failure)) };
        self.session.opened(log_in).await
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        let answers = self.answers(addresses).await;
        addresses.iter().map(|address| answers[address].clone()).collect()
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        if let Some(bundle) = self.naming.bundle() {
            return self.bundled_names(&bundle).await;
        }
        self.open().await?;
        match self.wire.names().await {
            Ok(names) => Ok(Some(names.iter().flat_map(|name| self.naming.names_of(name)).collect())),
            Err(Failure::Refused(refusal)) if refusal.is_about_permission() => Ok(None),
            Err(failure) => Err(errors::general(&format!("list the secrets of {}", self.vault), failure)),
        }
    }
}
