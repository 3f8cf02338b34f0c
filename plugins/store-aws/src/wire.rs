//! The service's API, spoken by the AWS SDK over our own client.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use aws_smithy_types::Blob;
use deployer_aws::{Access, identity, load, no_region};
use deployer_core::{Error, Redactor, Result};
use zeroize::Zeroizing;

use crate::errors::{self, Failure, Refusal};
use crate::naming::Version;
use crate::values::Content;

/// A connection to the service in one region, as one identity.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    region: String,
    redactor: Redactor,
    attempted: String,
}

/// What a batch answers.
pub(crate) struct Batch {
    pub(crate) found: Vec<Entry>,
    pub(crate) refused: Vec<(String, Refusal)>,
}

/// A secret of a batch.
pub(crate) struct Entry {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) content: Content,
}

impl Wire {
    /// Finds region and credentials. `attempted` is what failures of calls say was attempted.
    ///
    /// # Errors
    /// `Settings` when there is no region or there are no credentials, both told at once; else classified.
    pub(crate) async fn connect(access: &Access, attempted: String) -> Result<Self> {
        let config = load(access).await;
        let identity = identity(&config, access).await;
        match (config.region(), identity) {
            (Some(region), Ok(identity)) => {
                let settings = Builder::from(&config).credentials_provider(identity);
                let client = Client::from_conf(settings.build());
                let redactor = access.redactor.clone();
                Ok(Self { client, region: region.to_string(), redactor, attempted })
            }
            (Some(_), Err(error)) => Err(error),
            (None, identity) => {
                let problems = std::iter::once(no_region(access.named_profile())).chain(identity.err());
                Err(Error::unusable("log in to AWS", problems.collect()))
            }
        }
    }

    /// The region that is asked.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Reads one version of a secret.
    pub(crate) async fn get(&self, id: &str, version: &Version) -> Result<Content, Failure> {
        let call = self.client.get_secret_value().secret_id(id);
        let call = match version {
            Version::Current => call,
            Version::Stage(stage) => call.version_stage(stage),
            Version::Id(id) => call.version_id(id),
        };
        let secret = call.send().await.map_err(|error| self.failure(error))?;
        content(secret.secret_string, secret.secret_binary).ok_or_else(|| self.nothing())
    }

    /// Reads the current versions of up to 20 secrets in one call.
    pub(crate) async fn batch(&self, ids: &[&str]) -> Result<Batch, Failure> {
        let list = ids.iter().map(|id| (*id).to_owned()).collect();
        let call = self.client.batch_get_secret_value().set_secret_id_list(Some(list));
        let answer = call.send().await.map_err(|error| self.failure(error))?;
        let found = answer.secret_values.unwrap_or_default().into_iter().filter_map(|entry| {
            let content = content(entry.secret_string, entry.secret_binary)?;
            Some(Entry { arn: entry.arn.unwrap_or_default(), name: entry.name.unwrap_or_default(), content })
        });
        let refused = answer.errors.unwrap_or_default().into_iter().map(|error| {
            let refusal =
                Refusal::of_one(error.error_code.as_deref(), error.message.as_deref(), &self.redactor);
            (error.secret_id.unwrap_or_default(), refusal)
        });
        let (found, refused): (Vec<_>, Vec<_>) = (found.collect(), refused.collect());
        // An answer that says nothing at all is not one of this service: a page of a proxy that happens to be JSON.
        if found.is_empty() && refused.is_empty() {
            Err(self.nothing())
        } else {
            Ok(Batch { found, refused })
        }
    }

    /// The names of all secrets that start with a text.
    pub(crate) async fn list(&self, start: &str) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        let filter = Filter::builder().key(FilterNameStringType::Name).values(start).build();
        let mut pages = self
            .client
            .list_secrets()
            .set_filters((!start.is_empty()).then(|| vec![filter]))
            .max_results(100)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failure(error))?;
            let listed = page.secret_list.ok_or_else(|| self.nothing())?;
            names.extend(listed.into_iter().filter_map(|secret| secret.name));
        }
        Ok(names)
    }

    fn failure<E>(&self, error: errors::CallError<E>) -> Failure
    where
        E: std::error::Error + aws_sdk_secretsmanager::error::ProvideErrorMetadata + 'static,
    {
        Failure::of_call(&self.attempted, error, &self.redactor)
    }

    /// A success that holds nothing of what was asked for.
    fn nothing(&self) -> Failure {
        Failure::Broken(errors::unreadable(&self.attempted, None))
    }
}

/// What the service holds: text or bytes, moved so that no copy of ours stays behind.
fn content(text: Option<String>, bytes: Option<Blob>) -> Option<Content> {
    match (text, bytes) {
        (Some(text), _) => Some(Content::Text(Zeroizing::new(text))),
        (None, Some(bytes)) => Some(Content::Binary(Zeroizing::new(bytes.into_inner()))),
        (None, None) => None,
    }
}
