//! The settings, and what is made of them before anything runs.

use std::collections::BTreeMap;

use deployer_aws::Access;
use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use deployer_http::{Endpoint, HttpSettings};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::naming::{Naming, SecretSettings};

/// The table as people write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The region, such as `eu-north-1` [default: from `AWS_REGION`, the profile or the machine].
    region: Option<String>,
    /// The profile of the AWS configuration files [default: `AWS_PROFILE`].
    profile: Option<String>,
    /// An address instead of the region's, such as that of a VPC endpoint.
    endpoint: Option<String>,
    /// The text before a secret's name, as is.
    #[serde(default)]
    prefix: String,
    /// How the place of a secret follows from its name.
    #[serde(default)]
    naming: NamingWay,
    /// The one secret of a bundle, as its name or ARN.
    path: Option<String>,
    /// The field of the JSON object that each secret is.
    field: Option<String>,
    /// The stage of all secrets without their own.
    #[schemars(extend("default" = "AWSCURRENT"))]
    stage: Option<String>,
    /// The version of a bundle.
    version: Option<String>,
    /// Whether to accept binary secrets, as base64.
    #[serde(default)]
    binary: bool,
    /// The places of single secrets that don't follow the naming.
    #[serde(default)]
    secrets: BTreeMap<String, SecretSettings>,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

/// The settings with certificates found.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) access: Access,
    pub(crate) naming: Naming,
}

impl Settings {
    /// Finds certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Vec::new();
        let endpoint = self.endpoint.as_deref().map(|text| Endpoint::parse(text, self.http.allow_http));
        let endpoint = endpoint.transpose().map_err(|error| problems.push(error.context("`endpoint`")));
        let client = deployer_aws::client(context, &self.http).map_err(|error| problems.push(error));
        for (setting, value) in [("region", &self.region), ("profile", &self.profile)] {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                problems.push(Error::new(Kind::Settings, format!("`{setting}` is empty")));
            }
        }
        let naming = Naming::new(
            &self.naming,
            Parts {
                prefix: &self.prefix,
                path: self.path.as_deref(),
                field: self.field.as_deref(),
                environment: &context.environment,
            },
            SecretSettings {
                stage: self.stage,
                version: self.version,
                binary: self.binary,
                ..SecretSettings::default()
            },
            &self.secrets,
        )
        .map_err(|found| problems.extend(found));
        match (endpoint, client, naming) {
            (Ok(endpoint), Ok(client), Ok(naming)) if problems.is_empty() => Ok(Resolved {
                access: Access {
                    region: self.region,
                    profile: self.profile,
                    endpoint,
                    client,
                    allow_http: self.http.allow_http,
                    variables: context.variables.clone(),
                    redactor: context.redactor.clone(),
                },
                naming,
            }),
            _ => Err(Error::unusable(name, problems)),
        }
    }
}
