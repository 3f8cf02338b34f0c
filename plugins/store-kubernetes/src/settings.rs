//! The plugin's part of the settings.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Result};
use deployer_http::HttpSettings;
use deployer_kubernetes::LoginSettings;
use serde::Deserialize;

use crate::naming::{Given, NamesSettings, Naming};
use crate::wire::Wire;

/// What stands beside `kind = "kubernetes"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The namespace [default: the one of the login].
    namespace: Option<String>,
    /// How the place of a secret follows from its name.
    #[serde(default)]
    naming: NamingWay,
    /// How to treat characters that the name of a Secret can't have.
    #[serde(default)]
    names: NamesSettings,
    /// Prepended to the name as is; in a bundle, to the name of a key.
    #[serde(default)]
    prefix: String,
    /// The name of the one Secret whose keys are the secrets, for `naming = "bundle"`.
    path: Option<String>,
    /// The key of the Secret to take, for `naming = "field"` [default: `value`].
    field: Option<String>,
    /// The places of single secrets: `name#key`.
    #[serde(default)]
    table: BTreeMap<String, String>,
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
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Vec::new();
        let field = match self.naming {
            NamingWay::Field => Some(self.field.as_deref().unwrap_or("value")),
            _ => self.field.as_deref(),
        };
        let naming = Naming::new(&Given {
            way: &self.naming,
            parts: Parts {
                prefix: &self.prefix,
                path: self.path.as_deref(),
                field,
                environment: &context.environment,
            },
            names: self.names,
            table: &self.table,
        })
        .map_err(|error| problems.push(error))
        .ok();
        let namespace = self
            .login
            .namespace(self.namespace, context, &self.http)
            .map_err(|errors| problems.extend(errors))
            .ok();
        match (naming, namespace) {
            (Some(naming), Some(namespace)) if problems.is_empty() => {
                Ok(Resolved { wire: Wire::new(namespace), naming })
            }
            _ => Err(Error::unusable(name, problems)),
        }
    }
}
