//! The store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Response;
use tokio::sync::OnceCell;
use vaultrs::api::kv2::requests::{ListSecretsRequest, ReadSecretRequest};

use crate::errors::{self, Said};
use crate::naming::Naming;
use crate::session::Session;
use crate::settings::Resolved;
use crate::values;
use crate::wire::{FindMount, ListAnswer, ListByGet, Mount, MountAnswer, ReadAnswer, VersionMetadata, Wire};

/// Secrets in a key-value engine of version 2, one path each.
#[derive(Debug)]
pub(crate) struct VaultStore {
    wire: Arc<Wire>,
    session: Session,
    naming: Naming,
    /// What is wrong with the mount, asked once and only when a secret is missing.
    mount_problem: OnceCell<Option<Error>>,
}

impl VaultStore {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { client, endpoint, namespace, naming, identity, redactor } = resolved;
        let wire = Arc::new(Wire::new(client, endpoint, namespace, redactor));
        let session = Session::new(Arc::clone(&wire), identity);
        Self { wire, session, naming, mount_problem: OnceCell::new() }
    }

    async fn read_path(&self, address: &Address) -> Result<Answer> {
        let token = self.session.token().await?;
        let attempted = format!("read secrets from {}", self.wire.location());
        let path = self.naming.path(address).to_owned();
        let request = ReadSecretRequest { mount: self.naming.mount().to_owned(), path, version: None };
        let answer = self.wire.call(&attempted, &request, Some(&token)).await?;
        match answer.status {
            200 => self.value(address, &answer),
            404 => self.missing(&answer, &token).await,
            _ => {
                let said = Said::read(&answer, self.wire.redactor());
                let policy_path = format!("{}/data/{}", self.naming.mount(), request.path);
                Err(errors::access("read", &attempted, &policy_path, &answer, &said))
            }
        }
    }

    fn value(&self, address: &Address, answer: &Response) -> Result<Answer> {
        let secret = answer
            .json::<ReadAnswer<'_>>("the secret")
            .map_err(|error| error.context(format!("read {address}")))?
            .data;
        match secret.and_then(|secret| secret.data) {
            Some(fields) => Ok(values::choose(address.as_str(), &fields, self.naming.field())),
            None => Err(Error::new(Kind::Unexpected, format!("read {address}"))
                .with_cause("the answer is not one of a key-value engine of version 2")
                .with_hint("check `mount`: it is the path of such an engine, without `data/`")),
        }
    }

    /// Tells a secret that is not there from one that was deleted, and both from a mount that is not what we take it for.
    async fn missing(&self, answer: &Response, token: &SecretValue) -> Result<Answer> {
        let version =
            answer.json::<ReadAnswer<'_>>("the secret").ok().and_then(|answer| answer.data?.metadata);
        if let Some(why) = version.as_ref().and_then(deleted) {
            return Ok(Answer::Missing(Some(why)));
        }
        let said = Said::read(answer, self.wire.redactor());
        let mount = self.naming.mount();
        if said.any(&["no handler for route", "route entry not found"]) {
            return Err(errors::wrong_mount(format!("nothing is mounted at {mount}")));
        }
        if said.any(&["invalid path for a versioned k/v"]) {
            return Err(errors::wrong_mount(format!(
                "{mount} lies inside a key-value engine of version 2 and is not its mount"
            )));
        }
        match self.mount_problem.get_or_init(|| self.find_mount_problem(token)).await {
            Some(problem) => Err(problem.clone()),
            None => Ok(Answer::Missing(None)),
        }
    }

    /// Asks what is mounted. None when all is well, and when it cannot be found out: the answer needs a permission that a token
    /// need not have.
    async fn find_mount_problem(&self, token: &SecretValue) -> Option<Error> {
        let request = FindMount { path: self.naming.mount().to_owned() };
        let answer = self.wire.call("find the mount", &request, Some(token)).await.ok()?;
        let mount =
            answer.is_success().then(|| answer.json::<MountAnswer>("the mount").ok()?.data).flatten()?;
        unfit(self.naming.mount(), &mount).map(errors::wrong_mount)
    }

    async fn list(&self, attempted: &str, token: &SecretValue) -> Result<Response> {
        let (mount, folder) = (self.naming.mount().to_owned(), self.naming.folder().0.to_owned());
        let request = ListSecretsRequest { mount, path: folder };
        let answer = self.wire.call(attempted, &request, Some(token)).await?;
        // A server or a proxy that does not know the method.
        if !matches!(answer.status, 405 | 501) {
            return Ok(answer);
        }
        let request = ListByGet { mount: request.mount, folder: request.path, list: true };
        self.wire.call(attempted, &request, Some(token)).await
    }
}

#[async_trait]
impl SecretStore for VaultStore {
    fn location(&self) -> String {
        format!("{}, {}", self.wire.location(), self.naming.shown())
    }

    fn address(&self, wanted: &Wanted) -> Result<Address> {
        self.naming.address(wanted)
    }

    fn reads(&self, addresses: &[Address]) -> Vec<Vec<Address>> {
        let mut by_path: BTreeMap<&str, Vec<Address>> = BTreeMap::new();
        for address in addresses {
            by_path.entry(self.naming.path(address)).or_default().push(address.clone());
        }
        by_path.into_values().collect()
    }

    async fn open(&self) -> Result<()> {
        self.session.token().await.map(drop)
    }

    async fn read(&self, addresses: &[Address]) -> Vec<Answer> {
        // One path in a group; a group of several paths, which `reads` never makes, is read in turn.
        let mut answers: BTreeMap<&Address, Answer> = BTreeMap::new();
        for address in addresses {
            if !answers.contains_key(address) {
                answers.insert(address, self.read_path(address).await.unwrap_or_else(Answer::Failed));
            }
        }
        addresses.iter().map(|address| answers[address].clone()).collect()
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let token = self.session.token().await?;
        let attempted = format!("list secrets of {}", self.wire.location());
        let answer = self.list(&attempted, &token).await?;
        let keys = match answer.status {
            200 => answer
                .json::<ListAnswer>("the names of secrets")
                .map_err(|error| error.context(&attempted))?,
            404 => return Ok(Some(Vec::new())),
            403 => return Ok(None),
            _ => {
                return Err(errors::general(&attempted, &answer, &Said::read(&answer, self.wire.redactor())));
            }
        };
        let keys = keys.data.and_then(|data| data.keys).unwrap_or_default();
        let start = self.naming.folder().1;
        let names = keys.iter().filter(|key| !key.ends_with('/')).filter_map(|key| key.strip_prefix(start));
        Ok(Some(names.filter(|name| !name.is_empty()).map(SecretName::new).collect()))
    }

    async fn close(&self) -> Result<()> {
        self.session.close().await
    }
}

/// Why a version that is listed cannot be read.
fn deleted(version: &VersionMetadata) -> Option<String> {
    let number =
        version.version.map_or_else(|| "its version".to_owned(), |number| format!("its version {number}"));
    if version.destroyed == Some(true) {
        return Some(format!("{number} was destroyed and cannot be brought back"));
    }
    let time = version.deletion_time.as_deref().filter(|time| !time.is_empty())?;
    Some(format!("{number} was deleted at {time}; `vault kv undelete` brings it back"))
}

/// Why a mount is not the one that the settings mean.
fn unfit(wanted: &str, mount: &Mount) -> Option<String> {
    let path = mount.path.as_deref()?.trim_matches('/');
    let version = mount.options.as_ref().and_then(|options| options.version.as_deref()).unwrap_or("1");
    match mount.kind.as_deref() {
        _ if path != wanted => Some(format!("{wanted} is no mount: it lies inside the mount {path}")),
        Some("kv" | "generic") if version != "2" => {
            Some(format!("the key-value engine at {path} is of version {version}; version 2 is supported"))
        }
        Some("kv" | "generic") | None => None,
        Some(other) => Some(format!("at {path} there is an engine of the kind {other:?}")),
    }
}
