//! Which certificates are trusted, and which proxies are used.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result, SecretValue};
use rustls::client::{Resumption, WantsClientCert};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::identity::ClientIdentity;
use crate::proxies::Proxies;
use crate::settings::HttpSettings;

/// Variables that name a file or folder of certificates, in the order they are looked up; python-requests reads the first two.
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// Trusted certificates and proxies, taken from the settings and from the variables of the [`Context`]; the environment of the
/// process is not read.
#[derive(Clone)]
pub struct Trust {
    tls: ClientConfig,
    proxies: Proxies,
}

impl Trust {
    /// Finds the certificates: `ca_file` of the settings, else the first of `extra_variables` (such as `GIT_SSL_CAINFO`),
    /// `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` that is set, else `SSL_CERT_FILE` and `SSL_CERT_DIR` together, else those of
    /// the system. Found ones replace the system's. A folder stands for all PEM files in it.
    ///
    /// The certificates of a file, and the system's, are loaded once per run.
    ///
    /// # Errors
    /// `Settings` when a named file cannot be read or has no certificate, and when the client certificate, its key or a proxy variable
    /// is invalid.
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
        let mut tls = context.shared.get::<Loaded>().config(&places)?;
        if let Some(identity) = ClientIdentity::from_settings(context, settings)? {
            tls.client_auth_cert_resolver = identity.into_resolver();
            // A session of a client without this certificate must not be resumed.
            tls.resumption = Resumption::default();
        }
        Ok(Trust { tls, proxies: Proxies::from_context(context)? })
    }

    /// Trusts the certificates of a PEM text in place of the ones before, and shows a certificate to services that ask who we are: a PEM
    /// text with the certificate and its private key. For services whose settings contain both.
    ///
    /// # Errors
    /// `Settings`, without the text, when a text has no certificate, or no unencrypted private key.
    pub fn with_pem(mut self, authorities: Option<&str>, identity: Option<&SecretValue>) -> Result<Trust> {
        let unusable = |what: &str, cause: &str| {
            Error::new(Kind::Settings, format!("the {what} cannot be used")).with_cause(cause.to_owned())
        };
        if let Some(pem) = authorities {
            let mut anchors = RootCertStore::empty();
            read_bundle(pem.as_bytes(), &mut anchors)
                .map_err(|_| unusable("certificates to trust", NO_CERTIFICATE))?;
            let identity = Arc::clone(&self.tls.client_auth_cert_resolver);
            self.tls = config(|builder| Ok(builder.with_root_certificates(anchors)))?;
            self.tls.client_auth_cert_resolver = identity;
        }
        if let Some(pem) = identity {
            let identity = ClientIdentity::from_pem(pem).ok_or_else(|| {
                unusable("client certificate", "it is no certificate with an unencrypted private key in PEM")
            })?;
            self.tls.client_auth_cert_resolver = identity.into_resolver();
            self.tls.resumption = Resumption::default();
        }
        Ok(self)
    }

    /// Makes a client trust these certificates and use these proxies.
    ///
    /// # Errors
    /// `Settings` when a proxy is invalid.
    pub fn apply(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        builder = builder.no_proxy();
        for proxy in self.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        Ok(builder.tls_backend_preconfigured(self.tls.clone()))
    }

    /// The proxy for a scheme as `host:port`, free of credentials; `None` without a proxy. Hosts of `NO_PROXY` are not considered.
    pub fn proxy(&self, scheme: &str) -> Option<String> {
        self.proxies.shown(scheme)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

/// The certificates that a run has loaded, by the files and folders they came from; those of the system come from none.
#[derive(Default)]
struct Loaded(Mutex<HashMap<Vec<PathBuf>, ClientConfig>>);

impl Loaded {
    /// TLS with the certificates of some places, each with its origin in the settings.
    fn config(&self, places: &[(String, PathBuf)]) -> Result<ClientConfig> {
        let paths: Vec<PathBuf> = places.iter().map(|(_, path)| path.clone()).collect();
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = loaded.get(&paths) {
            return Ok(config.clone());
        }
        let config = load(places)?;
        loaded.insert(paths, config.clone());
        Ok(config)
    }
}

fn load(places: &[(String, PathBuf)]) -> Result<ClientConfig> {
    let Some((origin, path)) = places.first() else {
        return config(|builder| builder.with_platform_verifier());
    };
    let mut anchors = RootCertStore::empty();
    for (origin, path) in places {
        read_place(origin, path, &mut anchors)?;
    }
    if anchors.is_empty() {
        return Err(unusable(origin, path, NO_CERTIFICATE));
    }
    config(|builder| Ok(builder.with_root_certificates(anchors)))
}

/// TLS that verifies servers in a way.
fn config(
    verified: impl FnOnce(
        ConfigBuilder<ClientConfig, WantsVerifier>,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error>,
) -> Result<ClientConfig> {
    let no_tls = |cause: rustls::Error| {
        Error::new(Kind::Settings, "cannot set up HTTPS")
            .with_cause(cause)
            .with_hint("name the certificates to trust in `ca_file` of the table `http`, or in SSL_CERT_FILE")
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(no_tls)?;
    let mut config = verified(builder).map_err(no_tls)?.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

const NO_CERTIFICATE: &str = "it has no certificate in PEM";

fn unusable(origin: &str, path: &Path, cause: impl fmt::Display) -> Error {
    Error::new(
        Kind::Settings,
        format!("the certificates in {} (from {origin}) cannot be used", path.display()),
    )
    .with_cause(cause)
    .with_hint(format!("let {origin} name a file of certificates in PEM (-----BEGIN CERTIFICATE-----)"))
}

/// Reads a file, or all files of a folder. A folder of certificates has other files too, which are ignored.
fn read_place(origin: &str, path: &Path, anchors: &mut RootCertStore) -> Result<()> {
    if !path.is_dir() {
        let text = std::fs::read(path).map_err(|cause| unusable(origin, path, cause))?;
        return read_bundle(&text, anchors).map_err(|cause| unusable(origin, path, cause));
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|cause| unusable(origin, path, cause))? {
        files.push(entry.map_err(|cause| unusable(origin, path, cause))?.path());
    }
    files.sort();
    for file in files.iter().filter(|file: &&PathBuf| file.is_file()) {
        if let Ok(text) = std::fs::read(file)
            && let Err(cause) = read_bundle(&text, anchors)
        {
            tracing::debug!(%cause, "a file in a folder of certificates is ignored");
        }
    }
    Ok(())
}

/// Adds the certificates of a bundle. Bundles of systems have some that no longer qualify as a trust anchor; they are left out.
fn read_bundle(text: &[u8], anchors: &mut RootCertStore) -> Result<(), String> {
    let before = anchors.len();
    for found in CertificateDer::pem_slice_iter(text) {
        if let Err(cause) = anchors.add(found.map_err(|cause| cause.to_string())?) {
            tracing::debug!(%cause, "a certificate does not qualify as a trust anchor");
        }
    }
    if anchors.len() == before { Err(NO_CERTIFICATE.to_owned()) } else { Ok(()) }
}
