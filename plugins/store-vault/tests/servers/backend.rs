//! What the cases need of a Vault, and stores that read from it.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Section};
use deployer_core::traits::{SecretAnswer, SecretStore};
use deployer_core::{Result, SecretValue};
use deployer_store_vault::VAULT;
use deployer_testkit::services::stand_ins::GithubApi;
use deployer_testkit::vault::KvVersion;
use serde_json::Value;

/// Why a case cannot run over a backend.
pub(crate) type Skip = String;

/// A Vault, fake or real. Tokens of logins may read and list everything but what is denied.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    fn address(&self) -> String;
    async fn mount(&self, path: &str, version: KvVersion);
    async fn put(&self, version: KvVersion, mount: &str, path: &str, fields: Value);
    /// Deletes the newest version of a secret of version 2.
    async fn delete(&self, mount: &str, path: &str);
    /// Destroys version 1 of a secret of version 2.
    async fn destroy_first(&self, mount: &str, path: &str);
    async fn deny(&self, path: &str);
    async fn seal(&self, sealed: bool);
    /// A token as a login would make it.
    async fn token(&self) -> String;
    /// How many tokens that logins made are alive.
    async fn live_tokens(&self) -> usize;
    /// How many renewals of tokens there have been.
    async fn renewals(&self) -> usize;

    /// A user of a method that takes a name and a password.
    async fn user(&self, method: &str, mount: &str, name: &str, password: &str) -> Result<(), Skip>;
    /// How long the tokens of a user of `userpass` live at first; they may be renewed up to an hour.
    async fn user_lifetime(&self, name: &str, password: &str, seconds: u64);
    async fn approle(&self, role_id: &str, secret_id: Option<&str>);
    /// A token that wraps a secret id of the AppRole that was made last.
    async fn wrapped_secret_id(&self) -> String;
    /// GitHub tokens of people in the organisation and of others.
    async fn github(&self, members: &[&str], others: &[&str]);
    /// The token of a service account that a role accepts.
    async fn kubernetes(&self, role: &str) -> String;
    /// An identity token that a role accepts.
    async fn jwt(&self, role: &str) -> String;
    /// An access key whose owner a role accepts, when the question is also meant for this server.
    async fn aws(&self, role: &str, access_key: &str, server_id: &str);
}

/// The team that a real Vault maps to a policy.
pub(crate) const TEAM: &str = GithubApi::TEAM;

/// Builds a store of these settings: at `secret` unless they name a mount.
pub(crate) fn built(
    backend: &dyn Backend,
    variables: &[(&str, &str)],
    settings: &[&str],
) -> Result<Arc<dyn SecretStore>> {
    at(&format!("address = \"{}\"", backend.address()), variables, settings)
}

/// As [`built`], with another line for the address.
pub(crate) fn at(
    address: &str,
    variables: &[(&str, &str)],
    settings: &[&str],
) -> Result<Arc<dyn SecretStore>> {
    let mount = if settings.iter().any(|line| line.starts_with("mount")) { "" } else { "mount = \"secret\"" };
    let text = format!("{address}\n{mount}\n{}\n", settings.join("\n"));
    let source = SourceText::new("deployer.toml", text);
    let mut context = Context::new("prod");
    context.variables = variables.iter().copied().collect();
    let Build::Store(build) = VAULT.build else { panic!("vault is a store") };
    build(Section::parse("stores.main", &source)?, &context)
}

/// As [`built`], with a token that is given.
pub(crate) async fn with_token(backend: &dyn Backend, settings: &[&str]) -> Arc<dyn SecretStore> {
    let token = backend.token().await;
    store(backend, &[("VAULT_TOKEN", &token)], settings)
}

/// As [`built`], of settings that are right.
pub(crate) fn store(
    backend: &dyn Backend,
    variables: &[(&str, &str)],
    settings: &[&str],
) -> Arc<dyn SecretStore> {
    built(backend, variables, settings).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The value that was found is this one.
#[track_caller]
pub(crate) fn assert_found(answer: SecretAnswer, value: &str) {
    match answer {
        SecretAnswer::Found { value: found, .. } => {
            assert!(found == SecretValue::new(value), "another value than {value}")
        }
        other => panic!("{other:?}"),
    }
}
