//! Which certificates are trusted, and which proxies are used.

use std::path::{Path, PathBuf};

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use reqwest::Certificate;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::identity::ClientIdentity;
use crate::proxies::Proxies;
use crate::settings::HttpSettings;

/// Variables that name a file or folder of certificates, in the order they are asked; python-requests reads the first two.
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// Trusted certificates and proxies, taken from the settings and from the variables of the [`Context`]; the environment of the
/// process is not read.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The trust of the system when there is none.
    certificates: Option<Vec<Certificate>>,
    identity: Option<ClientIdentity>,
    proxies: Proxies,
}

impl Trust {
    /// Finds the certificates: `ca_file` of the settings, else the first of `extra_variables` (such as `GIT_SSL_CAINFO`),
    /// `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` that is set, else `SSL_CERT_FILE` and `SSL_CERT_DIR` together, else those of
    /// the system. Found ones take the place of the system's. A folder stands for all PEM files in it.
    ///
    /// # Errors
    /// `Settings` when a named file cannot be read or holds no certificate, when the client certificate and its key cannot be
    /// used, and when a proxy variable cannot.
    pub fn from_context(
        context: &Context,
        settings: &HttpSettings,
        extra_variables: &[&str],
    ) -> Result<Trust> {
        let mut places = Vec::new();
        let bundle = extra_variables
            .iter()
            .chain(&BUNDLES)
            .find_map(|name| Some((name, context.variables.get(name)?)));
        if let Some(file) = &settings.ca_file {
            places.push(("the setting ca_file".to_owned(), context.path(file)));
        } else if let Some((name, file)) = bundle {
            places.push((format!("${name}"), context.path(file)));
        } else {
            if let Some(file) = context.variables.get("SSL_CERT_FILE") {
                places.push(("$SSL_CERT_FILE".to_owned(), context.path(file)));
            }
            if let Some(folders) = context.variables.get("SSL_CERT_DIR") {
                let folders = std::env::split_paths(folders);
                places.extend(folders.map(|folder| ("$SSL_CERT_DIR".to_owned(), context.path(folder))));
            }
        }
        let mut certificates = Vec::new();
        for (origin, path) in &places {
            read_place(origin, path, &mut certificates)?;
        }
        if let (Some((origin, path)), true) = (places.first(), certificates.is_empty()) {
            return Err(unusable(origin, path, "it holds no certificate in PEM"));
        }
        let certificates = (!places.is_empty()).then_some(certificates);
        let identity = ClientIdentity::from_settings(context, settings)?;
        Ok(Trust { certificates, identity, proxies: Proxies::from_context(context)? })
    }

    /// Makes a client trust these certificates and use these proxies.
    ///
    /// # Errors
    /// `Settings` when a proxy cannot be used.
    pub fn apply(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        builder = builder.no_proxy();
        for proxy in self.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        if let Some(certificates) = &self.certificates {
            builder = builder.tls_certs_only(certificates.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.for_client());
        }
        Ok(builder)
    }

    /// As [`Self::apply`], for a blocking client.
    ///
    /// # Errors
    /// As [`Self::apply`].
    #[cfg(feature = "blocking")]
    pub fn apply_blocking(
        &self,
        mut builder: reqwest::blocking::ClientBuilder,
    ) -> Result<reqwest::blocking::ClientBuilder> {
        builder = builder.no_proxy();
        for proxy in self.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        if let Some(certificates) = &self.certificates {
            builder = builder.tls_certs_only(certificates.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.for_client());
        }
        Ok(builder)
    }

    /// Whether a certificate is shown to services that ask who we are.
    pub(crate) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// The proxy for a scheme as `host:port`, free of credentials; none when there is none. Hosts it does not stand before
    /// (`NO_PROXY`) are not considered.
    pub fn proxy(&self, scheme: &str) -> Option<String> {
        self.proxies.shown(scheme)
    }
}

fn unusable(origin: &str, path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Settings,
        format!("the certificates in {} (from {origin}) cannot be used", path.display()),
    )
    .with_cause(cause)
    .with_hint(format!("let {origin} name a file of certificates in PEM (-----BEGIN CERTIFICATE-----)"))
}

/// Reads a file, or all files of a folder. A folder of certificates holds other files too; those are passed over.
fn read_place(origin: &str, path: &Path, certificates: &mut Vec<Certificate>) -> Result<()> {
    if !path.is_dir() {
        let text = std::fs::read(path).map_err(|cause| unusable(origin, path, cause))?;
        certificates.extend(read_bundle(&text).map_err(|cause| unusable(origin, path, cause))?);
        return Ok(());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|cause| unusable(origin, path, cause))? {
        files.push(entry.map_err(|cause| unusable(origin, path, cause))?.path());
    }
    files.sort();
    for file in files.iter().filter(|file: &&PathBuf| file.is_file()) {
        if let Ok(found) =
            std::fs::read(file).map_err(|cause| cause.to_string()).and_then(|text| read_bundle(&text))
        {
            certificates.extend(found);
        }
    }
    Ok(())
}

/// The certificates of a bundle. Those that cannot be an anchor of trust are left out, as bundles of systems hold some that are
/// older than the rules of today.
fn read_bundle(text: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut certificates = Vec::new();
    let mut anchors = rustls::RootCertStore::empty();
    for found in CertificateDer::pem_slice_iter(text) {
        let der = found.map_err(|cause| cause.to_string())?;
        match anchors.add(der.clone()) {
            Ok(()) => certificates.push(Certificate::from_der(&der).map_err(|cause| cause.to_string())?),
            Err(cause) => tracing::debug!(%cause, "a certificate cannot be an anchor of trust"),
        }
    }
    if certificates.is_empty() { Err("it holds no certificate in PEM".to_owned()) } else { Ok(certificates) }
}
