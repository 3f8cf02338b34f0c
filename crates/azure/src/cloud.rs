//! The clouds of Azure, each with a login service of its own.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use deployer_http::Endpoint;
use schemars::JsonSchema;
use serde::Deserialize;

/// A cloud that is apart from the others
/// (<https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// Azure itself.
    Public,
    /// Azure Government.
    Government,
    /// Azure operated by 21Vianet.
    China,
}

impl Cloud {
    /// The cloud that a service is in, by its address; the public one for a name of somebody's own.
    fn of(service: &Endpoint) -> Self {
        let host = service.host();
        if host.ends_with(".usgovcloudapi.net") {
            Cloud::Government
        } else if host.ends_with(".azure.cn") || host.ends_with(".chinacloudapi.cn") {
            Cloud::China
        } else {
            Cloud::Public
        }
    }

    fn configuration(self) -> CloudConfiguration {
        match self {
            Cloud::Public => CloudConfiguration::AzurePublic,
            Cloud::Government => CloudConfiguration::AzureGovernment,
            Cloud::China => CloudConfiguration::AzureChina,
        }
    }
}

/// Where to log in: the setting `authority`, else the setting `cloud`, else `AZURE_AUTHORITY_HOST`, else the cloud of the
/// service.
///
/// # Errors
/// `Settings` for an address that cannot be used.
pub fn login_service(
    authority: Option<&str>,
    cloud: Option<Cloud>,
    service: &Endpoint,
    context: &Context,
) -> Result<Arc<CloudConfiguration>> {
    let variable = context.variables.get("AZURE_AUTHORITY_HOST").filter(|_| cloud.is_none());
    let configuration = match (authority, variable) {
        (Some(given), _) => custom(given).map_err(|error| error.context("`authority`"))?,
        (None, Some(given)) => custom(given).map_err(|error| error.context("$AZURE_AUTHORITY_HOST"))?,
        (None, None) => cloud.unwrap_or_else(|| Cloud::of(service)).configuration(),
    };
    Ok(Arc::new(configuration))
}

fn custom(given: &str) -> Result<CloudConfiguration> {
    let mut configuration = CustomConfiguration::default();
    configuration.authority_host = secure(given)?.origin();
    Ok(configuration.into())
}

/// An address that is asked over TLS: tokens and values go nowhere else.
///
/// # Errors
/// `Settings` for any other address.
pub fn secure(given: &str) -> Result<Endpoint> {
    let endpoint = Endpoint::parse(given, false)?;
    if endpoint.origin().starts_with("https://") {
        return Ok(endpoint);
    }
    Err(Error::new(Kind::Settings, "the address cannot be used")
        .with_cause("tokens are sent over https:// alone")
        .with_hint(
            "use https://; for a server of your own, name its certificates in `ca_file` of the table `http`",
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(authority: Option<&str>, cloud: Option<Cloud>, vault: &str, variable: Option<&str>) -> String {
        let mut context = Context::new("test");
        context.variables = variable.map(|value| ("AZURE_AUTHORITY_HOST", value)).into_iter().collect();
        let vault = Endpoint::parse(vault, false).expect("an address");
        let found = login_service(authority, cloud, &vault, &context).expect("a login service");
        match &*found {
            CloudConfiguration::Custom(custom) => custom.authority_host.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_most_particular_setting_names_the_login_service() {
        let (public, china) = ("team.vault.azure.net", "team.vault.azure.cn");
        let variable = Some("https://login.variable");
        assert_eq!(service(Some("login.own/"), Some(Cloud::China), china, variable), "https://login.own");
        assert_eq!(service(None, Some(Cloud::Government), china, variable), "AzureGovernment");
        assert_eq!(service(None, None, china, variable), "https://login.variable");
        assert_eq!(service(None, None, china, None), "AzureChina");
        assert_eq!(service(None, None, "team.vault.usgovcloudapi.net", None), "AzureGovernment");
        assert_eq!(service(None, None, "team.blob.core.chinacloudapi.cn", None), "AzureChina");
        assert_eq!(service(None, None, public, None), "AzurePublic");
        assert_eq!(service(None, None, "vault.intern.example", None), "AzurePublic");
    }

    #[test]
    fn nothing_is_asked_without_tls() {
        assert_eq!(secure("http://127.0.0.1:8080").expect_err("no TLS").kind(), Kind::Settings);
        assert_eq!(secure("127.0.0.1:8443").expect("TLS").origin(), "https://127.0.0.1:8443");
    }
}
