//! The plugin's part of the settings.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Result};
use deployer_gcp::{Login, LoginSettings};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

use crate::naming::{Given, Naming};
use crate::wire::Wire;

/// What stands beside `kind = "gcp"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The project, by its ID or number.
    project: String,
    /// The location of regional secrets, such as `europe-north1` [default: global secrets].
    location: Option<String>,
    /// The address of the service [default: Google's, for the location].
    address: Option<String>,
    /// How the place of a secret follows from its name.
    #[serde(default)]
    naming: NamingWay,
    /// Prepended to the name of a secret as is; in a bundle, to the name of a member.
    #[serde(default)]
    prefix: String,
    /// The name of the one secret whose members are the secrets, for `naming = "bundle"`.
    path: Option<String>,
    /// The member of the value to take, for `naming = "field"`.
    field: Option<String>,
    /// The version of every secret: a number, an alias or `latest`.
    #[serde(default = "latest")]
    version: String,
    /// The places of single secrets: `name`, `name/version`, and either with `#member`.
    #[serde(default)]
    table: BTreeMap<String, String>,
    /// The login.
    login: LoginSettings,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

fn latest() -> String {
    "latest".to_owned()
}

/// The settings with credentials and certificates found.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) wire: Wire,
    pub(crate) login: Login,
    pub(crate) naming: Naming,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Vec::new();
        for (setting, value) in [("project", Some(&self.project)), ("location", self.location.as_ref())] {
            if value.is_some_and(|value| !is_resource(value)) {
                problems.push(
                    Error::new(Kind::Settings, format!("`{setting}` cannot be used"))
                        .with_cause("it has letters, digits, `-`, `.` and `:`, and no other characters"),
                );
            }
        }
        let address =
            self.address.unwrap_or_else(|| match self.location.as_deref().filter(|text| is_resource(text)) {
                Some(location) => format!("https://secretmanager.{location}.rep.googleapis.com"),
                None => "https://secretmanager.googleapis.com".to_owned(),
            });
        let mut take = |error: Error| problems.push(error);
        let endpoint = Endpoint::parse(&address, self.http.allow_http)
            .map_err(|error| take(error.context("`address`")))
            .ok();
        let client = Client::new(context, &self.http).map_err(&mut take).ok();
        let naming = Naming::new(&Given {
            way: &self.naming,
            parts: Parts {
                prefix: &self.prefix,
                path: self.path.as_deref(),
                field: self.field.as_deref(),
                environment: &context.environment,
            },
            version: &self.version,
            table: &self.table,
        })
        .map_err(&mut take)
        .ok();
        let login = self.login.resolve(context, &self.http, client.as_ref()).map_err(&mut take).ok();
        match (endpoint, client, naming, login) {
            (Some(endpoint), Some(client), Some(naming), Some(login)) if problems.is_empty() => {
                let wire = Wire::new(
                    client,
                    endpoint,
                    &self.project,
                    self.location.as_deref(),
                    context.redactor.clone(),
                );
                Ok(Resolved { wire, login, naming })
            }
            _ => Err(Error::unusable(name, problems)),
        }
    }
}

/// Whether a text can be the ID of a project or the name of a location. It also stands in URLs as it is.
fn is_resource(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}
