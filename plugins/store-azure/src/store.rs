//! The store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::time::OffsetDateTime;
use deployer_core::model::SecretName;
use deployer_core::secret::Members;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Kind, Result};
use deployer_http::SharedLogin;

use crate::errors;
use crate::naming::{Naming, VaultPlace};
use crate::settings::Resolved;
use crate::values;
use crate::wire::{Failure, KeyVaultSecret, Wire};

/// The secrets of one key vault.
#[derive(Debug)]
pub(crate) struct KeyVault {
    wire: Arc<Wire>,
    login: SharedLogin<()>,
    naming: Naming,
    /// How messages call it.
    vault: String,
}

impl KeyVault {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { wire, naming, vault } = resolved;
        Self { wire: Arc::new(wire), login: SharedLogin::default(), naming, vault }
    }

    /// Reads the whole of a secret.
    async fn secret(&self, place: &VaultPlace) -> Result<WholeSecret> {
        self.open().await?;
        let failure = match self.wire.secret(&place.name, place.version.as_deref()).await {
            Ok(secret) => return Ok(WholeSecret::Found(secret)),
            Err(failure) => failure,
        };
        match &failure {
            // A 404 of another server proves nothing.
            Failure::Refused(refusal) if refusal.status == 404 && refusal.says("SecretNotFound") => {
                Ok(WholeSecret::Missing(self.deleted(&place.name).await))
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

    async fn bundled_names(&self, bundle: &VaultPlace) -> Result<Option<Vec<SecretName>>> {
        let found = match self.secret(bundle).await {
            Ok(WholeSecret::Found(secret)) => secret,
            Ok(WholeSecret::Missing(_)) => return Ok(Some(Vec::new())),
            Err(error) if error.kind() == Kind::Denied => return Ok(None),
            Err(error) => return Err(error),
        };
        let members = Members::read(&found.value).map(|members| members.names()).unwrap_or_default();
        Ok(Some(members.iter().filter_map(|member| self.naming.name_of_member(member)).collect()))
    }
}

/// The outcome of reading a secret.
enum WholeSecret {
    Found(KeyVaultSecret),
    /// It doesn't exist, for a reason if the vault returns one.
    Missing(Option<String>),
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
        StoreCapabilities::default().with_names_prove_presence(self.naming.names_prove_presence())
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.naming.place(secret).map(|place| SecretAddress::new(place.to_string()))
    }

    /// One request per secret of the vault, whichever of its members are wanted.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut by_whole: BTreeMap<VaultPlace, Vec<(WantedSecret, VaultPlace)>> = BTreeMap::new();
        for secret in secrets {
            let place = self.naming.place(secret)?;
            let whole = VaultPlace { field: None, ..place.clone() };
            by_whole.entry(whole).or_default().push((secret.clone(), place));
        }
        let read = |(whole, secrets)| -> Box<dyn SecretRead + 'a> {
            Box::new(WholeRead { vault: self, whole, secrets })
        };
        Ok(by_whole.into_iter().map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        self.naming.check_collisions(&self.vault)?;
        let (wire, attempted) = (Arc::clone(&self.wire), format!("open {}", self.vault));
        let log_in =
            || async move { wire.greet().await.map_err(|failure| errors::general(&attempted, failure)) };
        self.login.get(|()| true, log_in).await
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

/// Reads one secret of the vault, for all of its members.
struct WholeRead<'a> {
    vault: &'a KeyVault,
    whole: VaultPlace,
    secrets: Vec<(WantedSecret, VaultPlace)>,
}

#[async_trait]
impl SecretRead for WholeRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let whole = self.vault.secret(&self.whole).await?;
        let now = OffsetDateTime::now_utc();
        let answer = |(secret, place): &(WantedSecret, VaultPlace)| {
            let answer = match &whole {
                WholeSecret::Found(found) => values::answer(place, found, now),
                WholeSecret::Missing(Some(why)) => SecretAnswer::missing_because(why.as_str()),
                WholeSecret::Missing(None) => SecretAnswer::missing(),
            };
            (secret.clone(), answer)
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
