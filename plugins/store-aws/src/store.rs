//! The store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use deployer_aws::Access;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Error, Kind, Result};
use futures::future::join_all;
use tokio::sync::OnceCell;

use crate::errors::{Failure, Refusal, Verdict};
use crate::naming::{Listing, Naming, Reference, Version, region};
use crate::settings::Resolved;
use crate::values::{self, Content};
use crate::wire::{Batch, Entry, Wire};

/// The most secrets of one batch
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>).
const BATCH: usize = 20;

/// Single reads under way in place of one batch.
const AT_ONCE: usize = 4;

/// Secrets of AWS Secrets Manager.
#[derive(Debug)]
pub(crate) struct AwsStore {
    access: Access,
    naming: Naming,
    wire: OnceCell<Wire>,
    /// The identity may read secrets, and may not read them in batches.
    batch_denied: AtomicBool,
}

/// The outcome of reading one version of a secret.
type Read = Result<Content, Failure>;

impl AwsStore {
    pub(crate) fn new(resolved: Resolved) -> Self {
        let Resolved { access, naming } = resolved;
        Self { access, naming, wire: OnceCell::new(), batch_denied: AtomicBool::new(false) }
    }

    /// The connection, made where there is none. However many ask at once, one is made.
    async fn wire(&self) -> Result<&Wire> {
        self.wire.get_or_try_init(|| Wire::connect(&self.access, self.attempted())).await
    }

    /// The attempt that failures name. It names no secret, so that equal failures of many are reported once.
    fn attempted(&self) -> String {
        format!("read secrets from {}", self.location())
    }

    /// Reads the current versions of secrets: in one call where there are several, one by one where that is not permitted.
    async fn current<'a>(&self, wire: &Wire, ids: &[&'a str]) -> Vec<(&'a str, Read)> {
        if ids.len() < 2 || self.batch_denied.load(Ordering::Relaxed) {
            return self.one_by_one(wire, ids).await;
        }
        match wire.batch(ids).await {
            Ok(batch) => self.of_batch(wire, ids, batch).await,
            Err(Failure::Refused(refusal)) if refusal.is_denied() => {
                if !self.batch_denied.swap(true, Ordering::Relaxed) {
                    tracing::info!(
                        "secretsmanager:BatchGetSecretValue is not permitted: secrets are read one by one"
                    );
                }
                self.one_by_one(wire, ids).await
            }
            Err(failure) => ids.iter().map(|id| (*id, Err(failure.clone()))).collect(),
        }
    }

    async fn one_by_one<'a>(&self, wire: &Wire, ids: &[&'a str]) -> Vec<(&'a str, Read)> {
        let mut reads = Vec::with_capacity(ids.len());
        for part in ids.chunks(AT_ONCE) {
            let part = part.iter().map(|id| async move { (*id, wire.get(id, &Version::Current).await) });
            reads.extend(join_all(part.collect::<Vec<_>>()).await);
        }
        reads
    }

    /// Finds the secret of every id in a batch, whose order says nothing. One that is in none of its lists is read by itself.
    async fn of_batch<'a>(&self, wire: &Wire, ids: &[&'a str], batch: Batch) -> Vec<(&'a str, Read)> {
        let Batch { mut found, mut refused } = batch;
        let mut reads = Vec::with_capacity(ids.len());
        // ARNs first: a secret of another account may have the name of one of ours.
        let (arns, names): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| id.starts_with("arn:"));
        let mut left = Vec::new();
        for id in arns.into_iter().chain(names) {
            if let Some(at) = found.iter().position(|entry| is_meant(id, entry)) {
                reads.push((id, Ok(found.swap_remove(at).content)));
            } else if let Some(at) = refused.iter().position(|(refused, _)| refused == id) {
                reads.push((id, Err(Failure::Refused(refused.swap_remove(at).1))));
            } else {
                left.push(id);
            }
        }
        reads.extend(self.one_by_one(wire, &left).await);
        reads
    }

    fn answer(&self, reference: &Reference, read: &Read) -> SecretAnswer {
        match read {
            Ok(content) => values::choose(reference, content),
            Err(Failure::Broken(error)) => SecretAnswer::failed(error.clone()),
            Err(Failure::Refused(refusal)) => {
                match self.verdict(refusal, "secretsmanager:GetSecretValue", &reference.id) {
                    // Not every server says which of the two is absent.
                    Verdict::Missing(None) if reference.version != Version::Current => {
                        SecretAnswer::missing_because("there is no such secret, or it has no such version")
                    }
                    Verdict::Missing(Some(why)) => SecretAnswer::missing_because(why),
                    Verdict::Missing(None) => SecretAnswer::missing(),
                    Verdict::Failed(error) => SecretAnswer::failed(error),
                }
            }
        }
    }

    fn verdict(&self, refusal: &Refusal, action: &str, id: &str) -> Verdict {
        refusal.verdict(&self.attempted(), action, id)
    }
}

/// Whether a secret of a batch is the one of an id: its name, its ARN, or its ARN without the six characters at its end.
fn is_meant(id: &str, entry: &Entry) -> bool {
    if !id.starts_with("arn:") {
        return entry.name == id;
    }
    let rest = entry.arn.strip_prefix(id);
    rest.is_some_and(|rest| rest.is_empty() || (rest.len() == 7 && rest.starts_with('-')))
}

/// The error for a secret of another region than the store's.
fn elsewhere(wire: &Wire, id: &str) -> Option<Error> {
    let other = region(id).filter(|region| *region != wire.region())?;
    Some(
        Error::new(Kind::Settings, format!("read {id}"))
            .with_cause(format!("it lies in the region {other}, and this store asks {}", wire.region()))
            .with_hint(format!(
                "make another store with `region = \"{other}\"`, or name a replica of the secret"
            )),
    )
}

#[async_trait]
impl SecretStore for AwsStore {
    fn location(&self) -> String {
        let Access { region, profile, endpoint, .. } = &self.access;
        let region = region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        let profile = profile.as_ref().map(|profile| format!(" as {profile}")).unwrap_or_default();
        let endpoint = endpoint.as_ref().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
        let place = match self.naming.shown() {
            "" => String::new(),
            shown => format!(", {shown}"),
        };
        format!("AWS Secrets Manager{region}{endpoint}{profile}{place}")
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        self.naming.reference(secret).map(|reference| SecretAddress::new(reference.to_string()))
    }

    /// Current versions in batches, pinned versions one by one. The fields of one secret are always in one read.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let mut by_version: BTreeMap<(Version, String), Vec<(WantedSecret, Reference)>> = BTreeMap::new();
        for secret in secrets {
            let reference = self.naming.reference(secret)?;
            let key = (reference.version.clone(), reference.id.clone());
            by_version.entry(key).or_default().push((secret.clone(), reference));
        }
        let (current, pinned): (Vec<_>, Vec<_>) =
            by_version.into_iter().partition(|((version, _), _)| *version == Version::Current);
        let current: Vec<_> = current.into_iter().map(|(_, secrets)| secrets).collect();
        let batches = current.chunks(BATCH).map(<[_]>::concat);
        let reads = batches.chain(pinned.into_iter().map(|(_, secrets)| secrets));
        let read = |secrets| -> Box<dyn SecretRead + 'a> { Box::new(VersionsRead { store: self, secrets }) };
        Ok(reads.map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        self.wire().await.map(drop)
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        let Some(listing) = self.naming.listing() else { return Ok(None) };
        let wire = self.wire().await?;
        let (listed, action, id) = match &listing {
            Listing::Secrets { start } => {
                let names = wire.list(start).await;
                let listed = names.map(|names| {
                    let names = names.iter().filter_map(|name| name.strip_prefix(start.as_str()));
                    names.filter(|name| !name.is_empty()).map(SecretName::new).collect()
                });
                (listed, "secretsmanager:ListSecrets", "the list of secrets")
            }
            Listing::Fields { secret, start } => {
                let names = match wire.get(&secret.id, &secret.version).await {
                    Ok(content) => values::names(secret, &content, start).map_err(Failure::Broken),
                    Err(failure) => Err(failure),
                };
                (names, "secretsmanager:GetSecretValue", secret.id.as_str())
            }
        };
        match listed {
            Ok(names) => Ok(Some(names)),
            Err(Failure::Broken(error)) => Err(error),
            Err(Failure::Refused(refusal)) if refusal.is_denied() => Ok(None),
            Err(Failure::Refused(refusal)) => match self.verdict(&refusal, action, id) {
                Verdict::Missing(_) => Ok(Some(Vec::new())),
                Verdict::Failed(error) => Err(error),
            },
        }
    }
}

/// Reads one pinned version, or the current versions of up to [`BATCH`] secrets.
struct VersionsRead<'a> {
    store: &'a AwsStore,
    secrets: Vec<(WantedSecret, Reference)>,
}

#[async_trait]
impl SecretRead for VersionsRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().map(|(secret, _)| secret).collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let wire = self.store.wire().await?;
        let mut reads: BTreeMap<(&str, &Version), Read> = BTreeMap::new();
        let mut current: BTreeSet<&str> = BTreeSet::new();
        for (_, Reference { id, version, .. }) in &self.secrets {
            if let Some(error) = elsewhere(wire, id) {
                reads.insert((id, version), Err(Failure::Broken(error)));
            } else if *version == Version::Current {
                current.insert(id);
            } else if !reads.contains_key(&(id.as_str(), version)) {
                reads.insert((id, version), wire.get(id, version).await);
            }
        }
        if !current.is_empty() {
            let current: Vec<&str> = current.into_iter().collect();
            let read = self.store.current(wire, &current).await;
            reads.extend(read.into_iter().map(|(id, read)| ((id, &Version::Current), read)));
        }
        let answer = |(secret, reference): &(WantedSecret, Reference)| {
            let read = &reads[&(reference.id.as_str(), &reference.version)];
            (secret.clone(), self.store.answer(reference, read))
        };
        Ok(self.secrets.iter().map(answer).collect())
    }
}
