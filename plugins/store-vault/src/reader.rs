//! Reading and listing in a key-value engine of either version
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv>).

use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Response;
use vaultrs::api::kv1::requests::{GetSecretRequest, ListSecretRequest};
use vaultrs::api::kv2::requests::{ListSecretsRequest, ReadSecretRequest};

use crate::engine::{Engine, KvVersion};
use crate::errors::{self, Said};
use crate::naming::Naming;
use crate::wire::{
    AskCapabilities, Capabilities, Fields, ListAnswer, ListByGet, PlainAnswer, ReadAnswer, VersionMetadata,
    Wire, is_of_vault,
};

/// Reads with a token.
pub(crate) struct Reader<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) engine: &'a Engine,
    pub(crate) naming: &'a Naming,
    pub(crate) token: &'a SecretValue,
}

/// The content of a path.
pub(crate) enum PathContent {
    Fields(FieldsAnswer),
    /// There is nothing, for a reason if Vault returns one.
    Missing(Option<String>),
}

/// The answer with the fields of a secret.
pub(crate) struct FieldsAnswer {
    answer: Response,
    version: KvVersion,
    attempted: String,
}

impl FieldsAnswer {
    /// The fields as they were written.
    pub(crate) fn fields(&self) -> Result<Fields<'_>> {
        let fields = match self.version {
            KvVersion::One => self.answer.json::<PlainAnswer<'_>>("the secret").map(|answer| answer.data),
            KvVersion::Two => self
                .answer
                .json::<ReadAnswer<'_>>("the secret")
                .map(|answer| answer.data.and_then(|version| version.data)),
        };
        fields.map_err(|error| error.context(&self.attempted))?.ok_or_else(|| {
            Error::new(Kind::Unexpected, &self.attempted)
                .with_cause("the answer is not that of a key-value engine of this version")
                .with_hint("check `mount` and `kv_version`")
        })
    }
}

impl Reader<'_> {
    /// Reads a path below the mount, in the version that the settings pin.
    pub(crate) async fn read(&self, path: &str) -> Result<PathContent> {
        let attempted = format!("read secrets from {}", self.wire.location());
        let pinned = self.naming.version(path);
        let (version, answer) = self.ask(&attempted, path, pinned).await?;
        let mount = self.naming.mount();
        let policy_path = match version {
            KvVersion::One => format!("{mount}/{path}"),
            KvVersion::Two => format!("{mount}/data/{path}"),
        };
        match answer.status {
            200 => Ok(PathContent::Fields(FieldsAnswer {
                answer,
                version,
                attempted: format!("read {mount}/{path}"),
            })),
            404 => self.missing(&attempted, &answer, pinned).await.map(PathContent::Missing),
            _ => Err(self.refused("read", &attempted, &policy_path, &answer).await),
        }
    }

    /// Requests a path. While Vault is asked for the version, the path is requested as of version 2, the usual one. That answer counts
    /// only if the version is 2: as of the wrong version, a secret would have a wrong value.
    async fn ask(&self, attempted: &str, path: &str, pinned: Option<u64>) -> Result<(KvVersion, Response)> {
        let version = match self.engine.known_version() {
            Some(version) => version,
            None => {
                let version = self.engine.version(self.wire, self.token);
                let guess = async { Ok(self.ask_as(KvVersion::Two, attempted, path, pinned).await) };
                match tokio::try_join!(version, guess)? {
                    (KvVersion::Two, answer) => return Ok((KvVersion::Two, answer?)),
                    (version, _) => version,
                }
            }
        };
        Ok((version, self.ask_as(version, attempted, path, pinned).await?))
    }

    async fn ask_as(
        &self,
        version: KvVersion,
        attempted: &str,
        path: &str,
        pinned: Option<u64>,
    ) -> Result<Response> {
        let (mount, path) = (self.naming.mount().to_owned(), path.to_owned());
        match version {
            KvVersion::One if pinned.is_some() => {
                Err(errors::wrong_mount("the key-value engine is of version 1 and keeps no versions to pin")
                    .with_hint("take `versions` out of the settings"))
            }
            KvVersion::One => {
                let request = GetSecretRequest { mount, path };
                self.wire.call(attempted, &request, Some(self.token)).await
            }
            KvVersion::Two => {
                let request = ReadSecretRequest { mount, path, version: pinned };
                self.wire.call(attempted, &request, Some(self.token)).await
            }
        }
    }

    /// Tells a secret that is not there from one that was deleted, and both from a mount that is not what we take it for.
    async fn missing(
        &self,
        attempted: &str,
        answer: &Response,
        pinned: Option<u64>,
    ) -> Result<Option<String>> {
        if !is_of_vault(answer) {
            return Err(errors::not_vault(attempted, answer));
        }
        let version =
            answer.json::<ReadAnswer<'_>>("the secret").ok().and_then(|answer| answer.data?.metadata);
        if let Some(why) = version.as_ref().and_then(deleted) {
            return Ok(Some(why));
        }
        let said = Said::read(answer, self.wire.redactor());
        let mount = self.naming.mount();
        if said.any(&["no handler for route", "route entry not found"]) {
            return Err(errors::wrong_mount(format!("nothing is mounted at {mount}")));
        }
        if let Some(problem) = self.engine.problem(self.wire, self.token).await {
            return Err(problem);
        }
        if said.any(&["invalid path for a versioned k/v"]) {
            return Err(errors::wrong_mount(format!(
                "{mount} is, or lies inside, a key-value engine of version 2, and is read as another"
            )));
        }
        Ok(pinned.map(|pinned| format!("it is not there, or has no version {pinned}")))
    }

    /// A refused request, told with what the token may do where that was the reason.
    async fn refused(
        &self,
        capability: &str,
        attempted: &str,
        policy_path: &str,
        answer: &Response,
    ) -> Error {
        let said = Said::read(answer, self.wire.redactor());
        if answer.status != 403 || said.is_invalid_token() {
            return errors::access(capability, attempted, policy_path, answer, &said);
        }
        let granted = self.capabilities(policy_path).await;
        let error = said.add_to(errors::denied(capability, policy_path, granted.as_deref()));
        if self.engine.is_guessed() {
            return error.with_hint(
                "Vault does not tell this token the version of the engine, so 2 is assumed: set `kv_version`",
            );
        }
        error
    }

    /// What the token may do with a path; none when it cannot be found out.
    async fn capabilities(&self, path: &str) -> Option<Vec<String>> {
        let request = AskCapabilities { paths: vec![path.to_owned()] };
        let answer = self.wire.call("ask for capabilities", &request, Some(self.token)).await.ok()?;
        let by_path =
            answer.is_success().then(|| answer.json::<Capabilities>("capabilities").ok()?.data)??;
        by_path.get(path).cloned()
    }

    /// The names directly in a folder, without those of further folders. None when the token may not list.
    pub(crate) async fn folder(&self, folder: &str) -> Result<Option<Vec<String>>> {
        let attempted = format!("list secrets of {}", self.wire.location());
        let answer = self.list(&attempted, folder).await?;
        let keys = match answer.status {
            200 => answer
                .json::<ListAnswer>("the names of secrets")
                .map_err(|error| error.context(&attempted))?,
            404 if is_of_vault(&answer) => return Ok(Some(Vec::new())),
            404 => return Err(errors::not_vault(&attempted, &answer)),
            403 => return Ok(None),
            _ => {
                return Err(errors::general(&attempted, &answer, &Said::read(&answer, self.wire.redactor())));
            }
        };
        let mut keys = keys.data.and_then(|data| data.keys).unwrap_or_default();
        keys.retain(|key| !key.ends_with('/'));
        Ok(Some(keys))
    }

    async fn list(&self, attempted: &str, folder: &str) -> Result<Response> {
        let (mount, path) = (self.naming.mount().to_owned(), folder.to_owned());
        let (by_get, answer) = match self.engine.version(self.wire, self.token).await? {
            KvVersion::One => {
                let by_get = format!("{mount}/{path}");
                let request = ListSecretRequest { mount, path };
                (by_get, self.wire.call(attempted, &request, Some(self.token)).await?)
            }
            KvVersion::Two => {
                let by_get = format!("{mount}/metadata/{path}");
                let request = ListSecretsRequest { mount, path };
                (by_get, self.wire.call(attempted, &request, Some(self.token)).await?)
            }
        };
        // A server or a proxy that does not know the method.
        if !matches!(answer.status, 405 | 501) {
            return Ok(answer);
        }
        self.wire.call(attempted, &ListByGet { path: by_get, list: true }, Some(self.token)).await
    }

    /// The names of the fields of a path that hold a value. None when the token may not read it.
    pub(crate) async fn field_names(&self, path: &str) -> Result<Option<Vec<String>>> {
        match self.read(path).await {
            Ok(PathContent::Fields(content)) => {
                let fields = content.fields()?;
                let held = fields.iter().filter(|(_, value)| value.get() != "null");
                Ok(Some(held.map(|(name, _)| name.clone()).collect()))
            }
            Ok(PathContent::Missing(_)) => Ok(Some(Vec::new())),
            Err(error) if error.kind() == Kind::Denied => Ok(None),
            Err(error) => Err(error),
        }
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
