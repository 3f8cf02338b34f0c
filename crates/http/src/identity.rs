//! The certificate that we show to services with mutual TLS.

use std::sync::Arc;

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::settings::HttpSettings;

/// A client certificate with its private key.
pub(crate) struct ClientIdentity(CertifiedKey);

impl ClientIdentity {
    /// The certificate of the settings; `None` when they name none.
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
                    "name a file of certificates in PEM in `http.client_certificate`, and their private key in `http.client_key`",
                )
        };
        let certificates = std::fs::read_to_string(&path).map_err(|cause| unusable(cause.to_string()))?;
        let key = settings.client_key.as_ref().map(|key| key.resolve(context)).transpose()?;
        let pem = SecretValue::new(match &key {
            Some(key) => format!("{certificates}\n{}\n", exposed(key)),
            None => certificates,
        });
        let identity = Self::from_pem(&pem).ok_or_else(|| {
            unusable("it is no certificate with an unencrypted private key in PEM".to_owned())
        })?;
        Ok(Some(identity))
    }

    /// The certificate and the key of a PEM text; `None` when one of them is missing or invalid.
    pub(crate) fn from_pem(pem: &SecretValue) -> Option<Self> {
        certified(exposed(pem).as_bytes()).map(Self)
    }

    /// The certificate as TLS takes it.
    pub(crate) fn into_resolver(self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(SingleCertAndKey::from(self.0))
    }
}

/// The certificate chain and the key of a PEM text. The libraries' errors are dropped: their words can repeat parts of the key.
fn certified(pem: &[u8]) -> Option<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_slice(pem).ok()?;
    if chain.is_empty() {
        return None;
    }
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider()).ok()
}

#[expect(clippy::disallowed_methods, reason = "the private key enters the TLS library here")]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}
