//! The secrets of a project as a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::model::SecretName;
use deployer_core::secret::Members;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Kind, Result, SecretValue};
use deployer_gcp::{Login, Refusal, Token};
use deployer_http::SharedLogin;

use crate::errors;
use crate::naming::{Naming, Place};
use crate::settings::Resolved;
use crate::values;
use crate::wire::Wire;

/// The secrets of one project, or of one of its locations.
#[derive(Debug)]
pub(crate) struct SecretManager {
    wire: Wire,
    login: Arc<Login>,
    token: SharedLogin<Token>,
    naming: Naming,
}

/// The outcome of reading a version.
enum Version {
    Found(SecretValue),
    /// It doesn't exist, for a reason if the service returns one.
    Missing(Option<String>),
}

impl SecretManager {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { wire, login, naming } = resolved;
        Self { wire, login: Arc::new(login), token: SharedLogin::default(), naming }
    }

    async fn token(&self) -> Result<SecretValue> {
        let login = Arc::clone(&self.login);
        let token = self.token.get(Token::is_fresh, || async move { login.log_in().await }).await?;
        Ok(token.value())
    }

    /// Reads the whole value of a version.
    async fn version(&self, place: &Place) -> Result<Version> {
        // Failures that are the same for every secret have the same text: the runner reports them once.
        let attempted = format!("read secrets from {}", self.wire.location());
        let token = self.token().await?;
        let response = self.wire.access(&attempted, &token, &place.name, &place.version).await?;
        if response.is_success() {
            return self.wire.value(&attempted, place, &response).map(Version::Found);
        }
        let refusal = Refusal::read(&response, &self.wire.redactor);
        match errors::absence(&refusal) {
            Some(why) => Ok(Version::Missing(why)),
            None => Err(errors::read(&attempted, place, &self.wire.location(), &response, &refusal)),
        }
    }

    async fn bundled_names(&self, bundle: &Place) -> Result<Option<Vec<SecretName>>> {
        let value = match self.version(bundle).await {
            Ok(Version::Found(value)) => value,
            Ok(Version::Missing(_)) => return Ok(Some(Vec::new())),
            Err(error) if error.kind() == Kind::Denied => return Ok(None),
            Err(error) => return Err(error),
        };
        let members = Members::read(&value).map(|members| members.names()).unwrap_or_default();
        Ok(Some(members.iter().filter_map(|member| self.naming.name_of_member(member)).collect()))
    }
}

#[async_trait]
impl SecretStore for SecretManager {
    fn location(&self) -> String {
        match self.naming.shown() {
            "" => self.wire.location(),
            start => format!("{}, {start}", self.wire.location()),
        }
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.naming.place(secret).map(|place| SecretAddress::new(place.to_string()))
    }

    /// One request per version, whichever of its members are wanted: the service has no request for several.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut by_version: BTreeMap<Place, Vec<(WantedSecret, Place)>> = BTreeMap::new();
        for secret in secrets {
            let place = self.naming.place(secret)?;
            let whole = Place { field: None, ..place.clone() };
            by_version.entry(whole).or_default().push((secret.clone(), place));
        }
        let read = |(whole, secrets)| -> Box<dyn SecretRead + 'a> {
            Box::new(VersionRead { store: self, whole, secrets })
        };
        Ok(by_version.into_iter().map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        self.token().await.map(drop)
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        if let Some(bundle) = self.naming.bundle() {
            return self.bundled_names(&bundle).await;
        }
        let attempted = format!("list the secrets of {}", self.wire.location());
        let token = self.token().await?;
        let mut pages = self.wire.pages();
        while let Some(response) = pages.next(&attempted, &token).await? {
            if !response.is_success() {
                let refusal = Refusal::read(&response, &self.wire.redactor);
                if refusal.is_about_permission() {
                    return Ok(None);
                }
                return Err(errors::general(&attempted, &response, &refusal));
            }
            pages.take(&attempted, &response)?;
        }
        Ok(Some(pages.names.iter().flat_map(|name| self.naming.names_of(name)).collect()))
    }
}

/// Reads one version, for all of its members.
struct VersionRead<'a> {
    store: &'a SecretManager,
    whole: Place,
    secrets: Vec<(WantedSecret, Place)>,
}

#[async_trait]
impl SecretRead for VersionRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let version = self.store.version(&self.whole).await?;
        let answer = |(secret, place): &(WantedSecret, Place)| {
            let answer = match &version {
                Version::Found(value) => values::answer(place, value),
                Version::Missing(Some(why)) => SecretAnswer::missing_because(why.as_str()),
                Version::Missing(None) => SecretAnswer::missing(),
            };
            (secret.clone(), answer)
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
