//! The settings, and what is made of them before anything runs.

use std::collections::BTreeMap;

use deployer_azure::{Cloud, LoginSettings, Means, login_service, secure};
use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::{Error, Result};
use deployer_http::{Client, HttpSettings};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::naming::{Given, NamesSettings, Naming};
use crate::wire::Wire;

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The address of the vault, such as `https://name.vault.azure.net`.
    address: String,
    /// How the place of a secret follows from its name.
    #[serde(default)]
    naming: NamingWay,
    /// How to treat characters that a name in Key Vault can't have.
    #[serde(default)]
    names: NamesSettings,
    /// The text before a secret's name.
    #[serde(default)]
    prefix: String,
    /// The one secret whose members are the secrets, for `naming = "bundle"`.
    path: Option<String>,
    /// The member of the value to take, for `naming = "field"`.
    field: Option<String>,
    /// The places of single secrets.
    #[serde(default)]
    table: BTreeMap<String, String>,
    /// The cloud of the tenant [default: from the address of the vault].
    cloud: Option<Cloud>,
    /// The login service [default: the cloud's, or `AZURE_AUTHORITY_HOST` if `cloud` is not set].
    authority: Option<String>,
    /// Whether the vault has a name of a private network.
    #[serde(default)]
    private_dns: bool,
    /// The login.
    login: LoginSettings,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

/// The settings with credentials and certificates found.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) wire: Wire,
    pub(crate) naming: Naming,
    /// How messages call the vault.
    pub(crate) vault: String,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Problems::default();
        let endpoint = problems.take(secure(&self.address).map_err(|error| error.context("`address`")));
        let client = problems.take(Client::new(context, &self.http));
        let naming = problems.take(Naming::new(&Given {
            way: &self.naming,
            parts: Parts {
                prefix: &self.prefix,
                path: self.path.as_deref(),
                field: self.field.as_deref(),
                environment: &context.environment,
            },
            names: self.names,
            table: &self.table,
        }));
        // Without an address the cloud is unknown, but the login can be checked.
        let anywhere = secure("https://vault.azure.net")?;
        let vault = endpoint.as_ref().unwrap_or(&anywhere);
        let cloud = problems.take(login_service(self.authority.as_deref(), self.cloud, vault, context));
        let credential = match (&client, &cloud) {
            (Some(client), Some(cloud)) => {
                let means = Means { context, http: &self.http, client, cloud };
                problems.take(self.login.credential(&means))
            }
            _ => None,
        };
        let (Some(endpoint), Some(client), Some(naming), Some(credential)) =
            (endpoint, client, naming, credential)
        else {
            return Err(Error::unusable(name, problems.0));
        };
        // A server of this machine has no name in Azure that a challenge could be compared with.
        let verify = !self.private_dns && !endpoint.is_loopback();
        let wire = Wire::new(client, &endpoint, credential, verify, &context.redactor)?;
        Ok(Resolved { wire, naming, vault: format!("Key Vault {endpoint}") })
    }
}

/// What is wrong with the settings, so that all of it is told at once.
#[derive(Default)]
struct Problems(Vec<Error>);

impl Problems {
    fn take<T>(&mut self, made: Result<T>) -> Option<T> {
        made.map_err(|error| self.0.push(error)).ok()
    }
}
