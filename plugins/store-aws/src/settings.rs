//! The settings, and what is made of them before anything runs.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts};
use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::{Error, Kind, Redactor, Result};
use deployer_http::{Client, Endpoint, HttpSettings, Trust};
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

/// Where the service is, and how it is reached.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) client: Client,
    pub(crate) allow_http: bool,
    pub(crate) variables: ProcessVariables,
    pub(crate) redactor: Redactor,
}

impl Access {
    /// The profile that the settings or the variables name.
    pub(crate) fn named_profile(&self) -> Option<&str> {
        self.profile.as_deref().or_else(|| self.variables.get("AWS_PROFILE"))
    }
}

/// Where AWS serves metadata and credentials to its own machines and containers. A proxy would ask about its own machine.
const METADATA_HOSTS: &str = "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23";

impl Settings {
    /// Finds certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let mut problems = Vec::new();
        let endpoint = self.endpoint.as_deref().map(|text| Endpoint::parse(text, self.http.allow_http));
        let endpoint = endpoint.transpose().map_err(|error| problems.push(error.context("`endpoint`")));
        let client = Trust::from_context(&without_metadata_hosts(context), &self.http, &["AWS_CA_BUNDLE"])
            .and_then(|trust| Client::with_trust(context, trust, &self.http))
            .map_err(|error| problems.push(error));
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

/// The context with the metadata hosts exempt from proxies.
fn without_metadata_hosts(context: &Context) -> Context {
    let variables = &context.variables;
    let exempt = match variables.first(&["no_proxy", "NO_PROXY"]) {
        Some(list) => format!("{list},{METADATA_HOSTS}"),
        None => METADATA_HOSTS.to_owned(),
    };
    let kept = variables.names().filter_map(|name| Some((name.to_owned(), variables.get(name)?.to_owned())));
    let variables = kept.chain([("no_proxy".to_owned(), exempt)]).collect();
    context.clone().with_variables(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_hosts_are_exempt_from_proxies_beside_those_that_are_already() {
        for (given, expected) in [("NO_PROXY", "internal,169.254.169.254"), ("OTHER", "169.254.169.254")] {
            let mut context = Context::new("test");
            context.variables =
                [(given, "internal"), ("HTTPS_PROXY", "http://proxy:3128")].into_iter().collect();
            let variables = without_metadata_hosts(&context).variables;
            let exempt = variables.first(&["no_proxy", "NO_PROXY"]);
            assert!(exempt.is_some_and(|exempt| exempt.starts_with(expected)), "{exempt:?}");
            assert_eq!(variables.get("HTTPS_PROXY"), Some("http://proxy:3128"));
        }
    }
}
