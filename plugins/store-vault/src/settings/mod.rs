//! The settings, and what is made of them before anything runs.

mod login;
mod problems;
mod variables;

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_http::{Client, Endpoint, HttpSettings, Trust};
use schemars::JsonSchema;
use serde::Deserialize;

use self::login::LoginSettings;
use self::problems::Problems;
use crate::engine::KvVersion;
use crate::login::Identity;
use crate::naming::Naming;
use crate::wire::Redirects;

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The address of Vault, such as `https://host:8200`, with its path [default: `BAO_ADDR`, then `VAULT_ADDR`].
    address: Option<String>,
    /// The mount path of the key-value engine. It can have slashes.
    mount: String,
    /// The version of the engine [default: the one that Vault returns].
    kv_version: Option<KvVersion>,
    /// How the place of a secret follows from its name.
    #[serde(default)]
    naming: NamingWay,
    /// The text before a secret's name, as is. Include the trailing slash of a folder.
    #[serde(default)]
    prefix: String,
    /// The one path whose fields are the secrets, for `naming = "bundle"`.
    path: Option<String>,
    /// The field with the value, for `naming = "field"`.
    field: Option<String>,
    /// Pinned versions of an engine of version 2, by path below the mount.
    #[serde(default)]
    versions: BTreeMap<String, u64>,
    /// The namespace of Vault Enterprise and OpenBao [default: `BAO_NAMESPACE`, then `VAULT_NAMESPACE`].
    namespace: Option<String>,
    /// The namespace of the login [default: `namespace`].
    login_namespace: Option<String>,
    /// Addresses to which a standby server can redirect requests with the token.
    #[serde(default)]
    allow_redirects_to: Vec<String>,
    /// The login [default: `token`].
    #[serde(default)]
    login: LoginSettings,
    /// Certificates, time limits, and unencrypted HTTP to other machines.
    #[serde(default)]
    http: HttpSettings,
}

/// The settings with credentials and certificates found.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) redirects: Redirects,
    pub(crate) namespace: Option<String>,
    pub(crate) login_namespace: Option<String>,
    pub(crate) kv_version: Option<KvVersion>,
    pub(crate) naming: Naming,
    pub(crate) identity: Identity,
    pub(crate) redactor: Redactor,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(mut self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Problems::default();
        variables::complete_http(&mut self.http, context);
        let endpoint = problems.take(self.endpoint(context));
        let redirects = problems.take(self.redirect_targets());
        let client = problems.take(
            Trust::from_context(context, &self.http, &variables::AUTHORITIES)
                .and_then(|trust| Client::with_trust(context, trust, &self.http)),
        );
        let namespace = namespace(self.namespace.as_deref().or_else(|| variables::namespace(context)));
        let login_namespace = match &self.login_namespace {
            Some(given) => self::namespace(Some(given)),
            None => namespace.clone(),
        };
        if self.kv_version == Some(KvVersion::One) && !self.versions.is_empty() {
            let cause = "a key-value engine of version 1 keeps no versions";
            problems.add(Error::new(Kind::Settings, "`versions` cannot be used").with_cause(cause));
        }
        let naming = problems.take(Naming::new(
            &self.naming,
            &self.mount,
            Parts {
                prefix: &self.prefix,
                path: self.path.as_deref(),
                field: self.field.as_deref(),
                environment: &context.environment,
            },
            self.versions,
        ));
        let identity = problems.take(self.login.resolve(context, &self.http));
        let made = (|| {
            let endpoint = endpoint?;
            Some(Resolved {
                client: client?,
                redirects: Redirects::new(&endpoint, &redirects?),
                endpoint,
                namespace,
                login_namespace,
                kv_version: self.kv_version,
                naming: naming?,
                identity: identity?,
                redactor: context.redactor.clone(),
            })
        })();
        problems.told(name, made)
    }

    fn endpoint(&self, context: &Context) -> Result<Endpoint> {
        let (text, from) = match (&self.address, variables::address(context)) {
            (Some(given), _) => (given.as_str(), "`address`"),
            (None, Some((name, text))) => (text, name),
            (None, None) => {
                return Err(Error::new(Kind::Settings, "`address` is not given")
                    .with_hint("set `address`, or the environment variable VAULT_ADDR"));
            }
        };
        Endpoint::parse(without_version(text), self.http.allow_http).map_err(|error| error.context(from))
    }

    fn redirect_targets(&self) -> Result<Vec<Endpoint>> {
        self.allow_redirects_to
            .iter()
            .map(|text| {
                Endpoint::parse(text, self.http.allow_http)
                    .map_err(|error| error.context("`allow_redirects_to`"))
            })
            .collect()
    }
}

/// An address without the `/v1` of the API, which people copy along with it. Every request has it anyway.
fn without_version(address: &str) -> &str {
    let address = address.trim().trim_end_matches('/');
    address.strip_suffix("/v1").unwrap_or(address)
}

fn namespace(given: Option<&str>) -> Option<String> {
    given.map(|text| text.trim_matches('/').to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
