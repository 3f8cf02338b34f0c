//! A certificate authority of our own, made anew for each server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;

/// A self-signed authority and one server certificate for `localhost` and `127.0.0.1`.
///
/// The leaf carries `CA:FALSE`, because rustls refuses an authority's certificate as a server's own.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
    file: PathBuf,
    config: Arc<ServerConfig>,
    /// The same for a server that asks its clients for a certificate of this authority.
    mutual: Arc<ServerConfig>,
    folder: TempDir,
}

/// A certificate for somebody who asks a server.
#[derive(Debug)]
pub struct ClientCertificate {
    /// A file with the certificate as PEM text; it lives as long as the authority.
    pub certificate: PathBuf,
    /// A file with its private key as PEM text; it lives as long as the authority.
    pub key: PathBuf,
}

impl Authority {
    /// Makes keys and certificates, and writes the authority's certificate to a file of its own.
    pub fn generate() -> Self {
        let issuer = issuer();
        let leaf_key = KeyPair::generate().expect("the provider makes keys");
        let leaf = leaf_params().signed_by(&leaf_key, &issuer).expect("the leaf's parameters are complete");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));

        let chain = vec![leaf.der().clone(), issuer.der().clone()];
        let config = Arc::new(server_config(None, chain.clone(), key.clone_key()));
        let mutual = Arc::new(server_config(Some(issuer.der().clone()), chain, key));

        let folder = TempDir::with_prefix("testkit-ca-").expect("the temporary folder is writable");
        let pem = issuer.pem();
        let file = write(&folder, "ca.pem", &pem);
        write(&folder, "server.pem", &(leaf.pem() + &pem));
        write(&folder, "server-key.pem", &leaf_key.serialize_pem());
        Self { issuer, pem, file, config, mutual, folder }
    }

    /// Files with the certificate of a server, followed by the authority's, and with its private key, for servers that are
    /// programs of their own.
    pub fn server_files(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("server.pem"), self.folder.path().join("server-key.pem"))
    }

    /// Issues a certificate to somebody of this name.
    pub fn client(&self, name: &str) -> ClientCertificate {
        let key = KeyPair::generate().expect("the provider makes keys");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).expect("the parameters are complete");
        ClientCertificate {
            certificate: write(&self.folder, &format!("{name}.pem"), &certificate.pem()),
            key: write(&self.folder, &format!("{name}-key.pem"), &key.serialize_pem()),
        }
    }

    /// The authority's certificate as PEM text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A file with the authority's certificate as PEM text; it lives as long as the authority.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    pub(super) fn mutual_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.mutual)
    }
}

/// TLS of a server. With an authority, clients must show a certificate of it.
fn server_config(
    clients: Option<CertificateDer<'static>>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut anchors = RootCertStore::empty();
            anchors.add(authority).expect("the authority is a trust anchor");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(anchors), provider);
            builder.with_client_cert_verifier(verifier.build().expect("one authority"))
        }
    };
    let mut config = builder.with_single_cert(chain, key).expect("key and certificate belong together");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("a new temporary folder is writable");
    file
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "testkit authority");
    let key = KeyPair::generate().expect("the provider makes keys");
    CertifiedIssuer::self_signed(params, key).expect("the authority's parameters are complete")
}

fn leaf_params() -> CertificateParams {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).expect("both names are valid");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params
}
