//! The plugin's part of the settings.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Result};
use deployer_http::HttpSettings;
use serde::Deserialize;

use crate::login::{Access, LoginSettings};
use crate::naming::{Given, NamesSettings, Naming, check_label};
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
        let mut take = |error: Error| problems.push(error);
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
        .map_err(&mut take)
        .ok();
        let access = self.login.resolve(context, &self.http).map_err(&mut take).ok();
        let given = self.namespace.as_ref();
        let namespace = given.or_else(|| access.as_ref()?.namespace.as_ref()).cloned();
        match &namespace {
            Some(namespace) => {
                if let Err(cause) = check_label(namespace) {
                    take(Error::new(Kind::Settings, "`namespace` cannot be used").with_cause(cause));
                }
            }
            None if access.is_some() => take(
                Error::new(Kind::Settings, "the namespace is not defined")
                    .with_cause("neither the settings nor the login name one")
                    .with_hint("set `namespace`"),
            ),
            None => {}
        }
        match (naming, access, namespace) {
            (Some(naming), Some(access), Some(namespace)) if problems.is_empty() => {
                let Access { client, endpoint, token, .. } = access;
                let wire = Wire::new(client, endpoint, token, namespace, context.redactor.clone());
                Ok(Resolved { wire, naming })
            }
            _ => Err(Error::unusable(name, problems)),
        }
    }
}
