//! The settings, and the place that they describe.

use deployer_core::plugin::Context;
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Result};
use deployer_http::HttpSettings;
use deployer_kubernetes::{LoginSettings, check_name, check_part};
use serde::Deserialize;

use crate::place::Leases;

/// What stands beside `kind = "kubernetes"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The namespace [default: the one of the login].
    namespace: Option<String>,
    /// The beginning of the names of Leases [default: `sesam-deployer-`].
    #[serde(default = "default_prefix")]
    prefix: String,
    /// The login.
    login: LoginSettings,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

fn default_prefix() -> String {
    "sesam-deployer-".to_owned()
}

/// The longest prefix: the rest of a name needs less than the other half.
const LONGEST: usize = 50;

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table. Opens no connection.
    pub(crate) fn place(self, name: &str, context: &Context) -> Result<Leases> {
        let prefix = checked_prefix(&self.prefix);
        let namespace = self.login.namespace(self.namespace, context, &self.http);
        match (prefix, namespace) {
            (Ok(()), Ok(namespace)) => Ok(Leases::new(namespace, self.prefix)),
            (prefix, namespace) => {
                let problems = prefix.err().into_iter().chain(namespace.err().into_iter().flatten());
                Err(Error::unusable(name, problems.collect()))
            }
        }
    }
}

fn checked_prefix(prefix: &str) -> Result<()> {
    let unusable = |cause: String| Error::new(Kind::Settings, "`prefix` cannot be used").with_cause(cause);
    if prefix.len() > LONGEST {
        return Err(unusable(format!("it is longer than {LONGEST} characters")));
    }
    check_part(prefix)
        .and_then(|()| check_name(&format!("{prefix}lease")))
        .map_err(|cause| unusable(cause.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_the_beginning_of_a_name() {
        for prefix in ["", "sesam-deployer-", "a.b-", "prod"] {
            checked_prefix(prefix).unwrap();
        }
        for prefix in ["Prod-", "-a", "a_", "a/", "a..b", &"p".repeat(51)] {
            assert_eq!(checked_prefix(prefix).unwrap_err().message(), "`prefix` cannot be used", "{prefix}");
        }
    }
}
