//! The settings that every plugin with a network nests.

use std::path::PathBuf;
use std::time::Duration;

use deployer_core::plugin::Credential;
use deployer_core::{Error, Kind, Result};

/// How to reach a service: `[stores.main.http]`, all of it optional.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// A file with the certificates to trust, in PEM, in place of those of the system. A folder stands for all PEM files in it.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate to show to a service that asks who we are, in PEM, followed by those it was issued by. It may
    /// hold the private key too.
    pub client_certificate: Option<PathBuf>,
    /// The private key of `client_certificate`, in PEM, where it is not in the same file.
    pub client_key: Option<Credential>,
    /// Seconds that a request may take, from connecting to the end of the answer [default: 60].
    #[schemars(extend("default" = 60), range(min = 1))]
    pub timeout_seconds: Option<u64>,
    /// Seconds that connecting may take [default: 10].
    #[schemars(extend("default" = 10), range(min = 1))]
    pub connect_timeout_seconds: Option<u64>,
    /// Allows `http://` to hosts other than this machine. Credentials then travel in the clear.
    #[serde(default)]
    pub allow_http: bool,
}

impl HttpSettings {
    /// How long a request may take.
    ///
    /// # Errors
    /// `Settings` for zero.
    pub fn timeout(&self) -> Result<Duration> {
        seconds("timeout_seconds", self.timeout_seconds, 60)
    }

    /// How long connecting may take.
    ///
    /// # Errors
    /// `Settings` for zero.
    pub fn connect_timeout(&self) -> Result<Duration> {
        seconds("connect_timeout_seconds", self.connect_timeout_seconds, 10)
    }
}

fn seconds(name: &str, given: Option<u64>, default: u64) -> Result<Duration> {
    match given {
        Some(0) => Err(Error::new(Kind::Settings, format!("http.{name} must be at least 1"))),
        given => Ok(Duration::from_secs(given.unwrap_or(default))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_defaults_and_zero_is_refused() {
        let settings = HttpSettings { timeout_seconds: Some(5), ..HttpSettings::default() };
        assert_eq!(settings.timeout().expect("given"), Duration::from_secs(5));
        assert_eq!(settings.connect_timeout().expect("default"), Duration::from_secs(10));
        let settings = HttpSettings { connect_timeout_seconds: Some(0), ..HttpSettings::default() };
        assert_eq!(settings.connect_timeout().expect_err("zero").kind(), Kind::Settings);
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        let refused = toml::from_str::<HttpSettings>("ca_fille = 'x'").expect_err("a typo");
        assert!(refused.message().contains("ca_file"), "{refused}");
    }
}
