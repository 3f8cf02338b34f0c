//! The key-value engine that a store reads from: where it is mounted and of which version.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use deployer_core::plugin::rejected;
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;

use crate::errors::{self, Said};
use crate::wire::{FindMount, Mount, MountAnswer, Wire, is_of_vault};

/// The version of a key-value engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "u8", extend("enum" = [1, 2]))]
pub(crate) enum KvVersion {
    /// Fields directly at the path.
    One,
    /// Versioned secrets, below `data/` and `metadata/`.
    Two,
}

impl<'de> Deserialize<'de> for KvVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            _ => Err(rejected("expected 1 or 2")),
        }
    }
}

impl KvVersion {
    fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// The engine, and the state of its mount.
#[derive(Debug)]
pub(crate) struct Engine {
    mount: String,
    pinned: Option<KvVersion>,
    found: OnceLock<MountState>,
    /// The failure of the last request for the mount. Locked while a request is under way.
    failure: Mutex<Option<Error>>,
    /// The number of failed requests. All reads that wait for one request share its failure: none of them repeats it.
    failed: AtomicUsize,
}

#[derive(Debug, Clone)]
enum MountState {
    Version(KvVersion),
    /// Vault doesn't show the mount to this token.
    Hidden,
    Unsuitable(Error),
}

impl Engine {
    pub(crate) fn new(mount: &str, pinned: Option<KvVersion>) -> Self {
        Self {
            mount: mount.to_owned(),
            pinned,
            found: OnceLock::new(),
            failure: Mutex::default(),
            failed: AtomicUsize::new(0),
        }
    }

    /// The version, if no request is needed for it.
    pub(crate) fn known_version(&self) -> Option<KvVersion> {
        self.pinned.or_else(|| match self.found.get()? {
            MountState::Version(version) => Some(*version),
            MountState::Hidden => Some(KvVersion::Two),
            MountState::Unsuitable(_) => None,
        })
    }

    /// The version of the settings, else the one that Vault tells, else 2, the usual one.
    ///
    /// # Errors
    /// `Settings` when no key-value engine is mounted there; else as the request failed.
    pub(crate) async fn version(&self, wire: &Wire, token: &SecretValue) -> Result<KvVersion> {
        match self.pinned {
            Some(pinned) => Ok(pinned),
            None => match self.found(wire, token).await? {
                MountState::Version(version) => Ok(*version),
                MountState::Hidden => Ok(KvVersion::Two),
                MountState::Unsuitable(problem) => Err(problem.clone()),
            },
        }
    }

    /// Whether the version is a guess.
    pub(crate) fn is_guessed(&self) -> bool {
        self.pinned.is_none() && matches!(self.found.get(), Some(MountState::Hidden))
    }

    /// Why the mount is not what the settings take it for: asked for before a secret is called missing. None when all is well,
    /// and when it cannot be found out.
    pub(crate) async fn problem(&self, wire: &Wire, token: &SecretValue) -> Option<Error> {
        match self.found(wire, token).await.ok()? {
            MountState::Unsuitable(problem) => Some(problem.clone()),
            MountState::Version(version) => {
                let pinned = self.pinned.filter(|pinned| pinned != version)?;
                Some(errors::wrong_mount(format!(
                    "the key-value engine at {} is of version {}, and `kv_version` says {}",
                    self.mount,
                    version.number(),
                    pinned.number()
                )))
            }
            MountState::Hidden => None,
        }
    }

    async fn found(&self, wire: &Wire, token: &SecretValue) -> Result<&MountState> {
        let failed_before = self.failed.load(Ordering::SeqCst);
        let mut last = self.failure.lock().await;
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        if let (Some(failure), true) = (&*last, self.failed.load(Ordering::SeqCst) != failed_before) {
            return Err(failure.clone());
        }
        match self.find(wire, token).await {
            Ok(found) => Ok(self.found.get_or_init(|| found)),
            Err(failure) => {
                self.failed.fetch_add(1, Ordering::SeqCst);
                *last = Some(failure.clone());
                Err(failure)
            }
        }
    }

    async fn find(&self, wire: &Wire, token: &SecretValue) -> Result<MountState> {
        let attempted = format!("find the mount {} of {}", self.mount, wire.location());
        let answer = wire.call(&attempted, &FindMount { path: self.mount.clone() }, Some(token)).await?;
        match answer.status {
            200 => self.read(&attempted, &answer),
            404 if !is_of_vault(&answer) => Err(errors::not_vault(&attempted, &answer)),
            // Vault tells only a token that may do something below the mount, and older servers do not tell at all.
            403..=405 if !Said::read(&answer, wire.redactor()).is_invalid_token() => Ok(MountState::Hidden),
            _ => {
                let said = Said::read(&answer, wire.redactor());
                Err(errors::harmless(&attempted, &answer, &said))
            }
        }
    }

    fn read(&self, attempted: &str, answer: &Response) -> Result<MountState> {
        let mount = answer.json::<MountAnswer>("the mount").map_err(|error| error.context(attempted))?.data;
        // An answer that tells too little is not guessed at: a secret read as of the wrong version would have a wrong value.
        mount.and_then(|mount| self.judge(&mount)).ok_or_else(|| {
            Error::new(Kind::Unexpected, attempted)
                .with_cause("the answer does not tell what is mounted there")
                .with_hint("set `kv_version` to 1 or 2, and nothing is asked")
        })
    }

    fn judge(&self, mount: &Mount) -> Option<MountState> {
        let path = mount.path.as_deref()?.trim_matches('/');
        if path != self.mount {
            return Some(MountState::Unsuitable(self.inside(path)));
        }
        let unfit = |cause: String| MountState::Unsuitable(errors::wrong_mount(cause));
        let version = mount.options.as_ref().and_then(|options| options.version.as_deref()).unwrap_or("1");
        Some(match (mount.kind.as_deref()?, version) {
            ("kv" | "generic", "1") => MountState::Version(KvVersion::One),
            ("kv" | "generic", "2") => MountState::Version(KvVersion::Two),
            ("kv" | "generic", other) => {
                unfit(format!("the key-value engine at {path} is of version {other}, which is not known"))
            }
            (other, _) => unfit(format!("at {path} there is an engine of the kind {other:?}")),
        })
    }

    /// The setting names a path inside of a mount.
    fn inside(&self, path: &str) -> Error {
        let error =
            errors::wrong_mount(format!("{} is no mount: it lies inside the mount {path}", self.mount));
        let rest = self.mount.strip_prefix(path).map(|rest| rest.trim_matches('/')).unwrap_or_default();
        match rest.strip_prefix("data").map(|rest| rest.trim_start_matches('/')) {
            Some("") => error.with_hint(format!("set `mount = \"{path}\"`: `data/` is put in by itself")),
            Some(rest) => error.with_hint(format!("set `mount = \"{path}\"` and `prefix = \"{rest}/\"`")),
            None => error.with_hint(format!("set `mount = \"{path}\"` and `prefix = \"{rest}/\"`")),
        }
    }
}
