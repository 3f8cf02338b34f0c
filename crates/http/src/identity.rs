//! The certificate that we show to services that ask who we are.

use std::fmt;

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use reqwest::Identity;

use crate::settings::HttpSettings;

/// A client certificate with its private key. `Debug` shows neither.
#[derive(Clone)]
pub(crate) struct ClientIdentity(Identity);

impl ClientIdentity {
    /// The certificate that the settings name; none when they name none.
    pub(crate) fn from_settings(context: &Context, settings: &HttpSettings) -> Result<Option<Self>> {
        let Some(file) = &settings.client_certificate else {
            if settings.client_key.is_some() {
                return Err(Error::new(Kind::Settings, "http.client_key needs http.client_certificate too"));
            }
            return Ok(None);
        };
        let path = context.path(file);
        let unusable = |cause: String| {
            Error::new(Kind::Settings, format!("the client certificate {} cannot be used", path.display()))
                .with_cause(cause)
                .with_hint(
                    "http.client_certificate names a file of certificates in PEM, and http.client_key their private key",
                )
        };
        let certificates = std::fs::read_to_string(&path).map_err(|cause| unusable(cause.to_string()))?;
        let key = settings.client_key.as_ref().map(|key| key.resolve(context)).transpose()?;
        let both = SecretValue::new(match &key {
            Some(key) => format!("{certificates}\n{}\n", exposed(key)),
            None => certificates,
        });
        // The library's words may repeat parts of the key.
        let identity = Identity::from_pem(exposed(&both).as_bytes()).map_err(|_| {
            unusable("it is no certificate with an unencrypted private key in PEM".to_owned())
        })?;
        Ok(Some(Self(identity)))
    }

    /// The certificate as clients take it.
    pub(crate) fn for_client(&self) -> Identity {
        self.0.clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "the private key enters the TLS library here")]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[client certificate]")
    }
}
