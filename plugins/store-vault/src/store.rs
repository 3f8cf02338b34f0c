//! The store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Result, SecretValue};

use crate::engine::Engine;
use crate::naming::{FieldChoice, FieldPlace, Listing, Naming};
use crate::reader::{PathContent, Reader};
use crate::session::Session;
use crate::settings::Resolved;
use crate::values;
use crate::wire::Wire;

/// Secrets in a key-value engine.
#[derive(Debug)]
pub(crate) struct VaultStore {
    /// In the namespace of the secrets.
    wire: Wire,
    session: Session,
    naming: Naming,
    engine: Engine,
}

impl VaultStore {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { client, endpoint, redirects, naming, identity, redactor, .. } = resolved;
        let wire = Wire::new(client, endpoint, redirects, redactor);
        let session = Session::new(wire.clone().in_namespace(resolved.login_namespace), identity);
        let engine = Engine::new(naming.mount(), resolved.kv_version);
        Self { wire: wire.in_namespace(resolved.namespace), session, naming, engine }
    }

    fn reader<'a>(&'a self, token: &'a SecretValue) -> Reader<'a> {
        Reader { wire: &self.wire, engine: &self.engine, naming: &self.naming, token }
    }
}

#[async_trait]
impl SecretStore for VaultStore {
    fn location(&self) -> String {
        format!("{}, {}", self.wire.location(), self.naming.shown())
    }

    fn capabilities(&self) -> StoreCapabilities {
        // A listed path can lack the field, and the list includes deleted secrets.
        let proves = matches!(self.naming.listing(), Some(Listing::Fields { .. }));
        StoreCapabilities::default().with_names_prove_presence(proves)
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.naming.address(secret)
    }

    /// One request per path.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut by_path: BTreeMap<String, Vec<(WantedSecret, FieldChoice)>> = BTreeMap::new();
        for secret in secrets {
            let FieldPlace { path, field } = self.naming.place(secret)?;
            by_path.entry(path).or_default().push((secret.clone(), field));
        }
        let read = |(path, secrets)| -> Box<dyn SecretRead + 'a> {
            Box::new(PathRead { store: self, path, secrets })
        };
        Ok(by_path.into_iter().map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        self.session.token().await.map(drop)
    }

    async fn check(&self) -> Result<()> {
        let token = self.session.token().await?;
        self.engine.version(&self.wire, &token).await.map(drop)
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let Some(listing) = self.naming.listing() else { return Ok(None) };
        let token = self.session.token().await?;
        let (names, start) = match listing {
            Listing::Folder { folder, start } => (self.reader(&token).folder(folder).await?, start),
            Listing::Fields { path, start } => (self.reader(&token).field_names(path).await?, start),
        };
        let below =
            |name: &String| name.strip_prefix(start).filter(|name| !name.is_empty()).map(SecretName::new);
        Ok(names.map(|names| names.iter().filter_map(below).collect()))
    }

    async fn close(&self) -> Result<()> {
        self.session.close().await
    }
}

/// Reads the fields of one path.
struct PathRead<'a> {
    store: &'a VaultStore,
    path: String,
    secrets: Vec<(WantedSecret, FieldChoice)>,
}

#[async_trait]
impl SecretRead for PathRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let token = self.store.session.token().await?;
        let content = self.store.reader(&token).read(&self.path).await?;
        let fields = match &content {
            PathContent::Fields(content) => Ok(content.fields()?),
            PathContent::Missing(why) => Err(why),
        };
        let path = format!("{}/{}", self.store.naming.mount(), self.path);
        let answer = |(secret, choice): &(WantedSecret, FieldChoice)| {
            let answer = match &fields {
                Ok(fields) => values::choose(&path, fields, choice),
                Err(Some(why)) => SecretAnswer::missing_because(why.as_str()),
                Err(None) => SecretAnswer::missing(),
            };
            (secret.clone(), answer)
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
