//! Where a service of AWS is, and how it is reached.

use deployer_core::plugin::{Context, ProcessVariables};
use deployer_core::{Redactor, Result};
use deployer_http::{Client, Endpoint, HttpSettings, Trust};

/// Where the service is, and how it is reached.
#[derive(Debug)]
pub struct Access {
    /// The region; `None` for that of the environment, the profile or the machine.
    pub region: Option<String>,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// An address instead of that of a region.
    pub endpoint: Option<Endpoint>,
    /// Sends the requests: from the function `client`.
    pub client: Client,
    /// Whether `http://` to other machines is allowed.
    pub allow_http: bool,
    /// The environment variables of the SDK.
    pub variables: ProcessVariables,
    /// Gets each secret that a login creates.
    pub redactor: Redactor,
}

impl Access {
    /// The profile that the settings or the variables name.
    pub fn named_profile(&self) -> Option<&str> {
        self.profile.as_deref().or_else(|| self.variables.get("AWS_PROFILE"))
    }
}

/// Where AWS serves metadata and credentials to its own machines and containers. A proxy would ask about its own machine.
const METADATA_HOSTS: &str = "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23";

/// A client for services of AWS. It also reads `AWS_CA_BUNDLE`, and reaches the metadata of machines and containers without a proxy.
///
/// # Errors
/// `Settings` when certificates, proxies or times are invalid.
pub fn client(context: &Context, http: &HttpSettings) -> Result<Client> {
    Trust::from_context(&without_metadata_hosts(context), http, &["AWS_CA_BUNDLE"])
        .and_then(|trust| Client::with_trust(context, trust, http))
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
