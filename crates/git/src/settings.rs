//! The settings of a repository.

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Result, SecretValue};
use deployer_http::HttpSettings;

use crate::access::Access;
use crate::remote::Remote;
use crate::url::RepositoryUrl;

/// The settings of a repository, as people write them. A plugin has them next to its own settings.
#[derive(Debug)]
pub struct RemoteSettings {
    /// The repository, as [`RepositoryUrl::parse`] takes it.
    pub url: String,
    /// The user name for the token; most hosts accept any text.
    pub username: Option<String>,
    /// Where [`Access::token`] is found.
    pub token: Option<Credential>,
    /// Where [`Access::ssh_key`] is found.
    pub ssh_key: Option<Credential>,
    /// As [`Access::known_hosts`].
    pub known_hosts: Option<PathBuf>,
    /// As [`Access::accept_new_host_keys`].
    pub accept_new_host_keys: bool,
    /// Certificates, time limits, and unencrypted HTTP to other machines.
    pub http: HttpSettings,
}

impl RemoteSettings {
    /// Finds the credentials. Opens no connection.
    ///
    /// # Errors
    /// `Settings` for a missing credential and an invalid address, and as [`Remote::new`].
    pub fn remote(self, context: &Context) -> Result<Remote> {
        let resolve = |credential: Option<Credential>| -> Result<Option<SecretValue>> {
            credential.map(|credential| credential.resolve(context)).transpose()
        };
        let access = Access {
            username: self.username,
            token: resolve(self.token)?,
            ssh_key: resolve(self.ssh_key)?,
            known_hosts: self.known_hosts,
            accept_new_host_keys: self.accept_new_host_keys,
        };
        let url = RepositoryUrl::parse(&self.url, self.http.allow_http)?;
        Remote::new(url, access, &self.http, context)
    }
}
