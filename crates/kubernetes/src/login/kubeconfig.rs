//! A kubeconfig (<https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>).

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::plugin::{Context, Credential};
use deployer_core::schemars::{self, JsonSchema};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Trust};
use serde::Deserialize;

use crate::access::{Access, Token};

/// A kubeconfig.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubeconfigSettings {
    /// The file [default: the one file that `KUBECONFIG` names].
    file: Option<PathBuf>,
    /// The context in it [default: the current one].
    context: Option<String>,
}

/// The members of a kubeconfig that are read. It has no `Debug`, because that would show credentials.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kubeconfig {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<NamedContext>,
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: ContextEntry,
}

#[derive(Deserialize)]
struct ContextEntry {
    cluster: String,
    user: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
}

/// Reads the files and texts that a kubeconfig names.
struct Reader<'a> {
    context: &'a Context,
    file: PathBuf,
}

impl KubeconfigSettings {
    pub(super) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Access> {
        let file = self.file.or_else(|| context.variables.get("KUBECONFIG").map(PathBuf::from)).ok_or_else(
            || {
                Error::new(Kind::Settings, "the kubeconfig is not defined")
                    .with_cause("neither `login.kubeconfig.file` nor the variable KUBECONFIG is set")
                    .with_hint("set `login.kubeconfig.file`")
            },
        )?;
        let reader = Reader { context, file };
        let kubeconfig = reader.kubeconfig()?;
        let wanted = self.context.unwrap_or_else(|| kubeconfig.current_context.clone());
        let chosen = kubeconfig.contexts.into_iter().find(|entry| entry.name == wanted);
        let chosen = chosen.ok_or_else(|| reader.refused(format!("it has no context {wanted:?}")))?.context;
        let cluster = kubeconfig.clusters.into_iter().find(|entry| entry.name == chosen.cluster);
        let cluster =
            cluster.ok_or_else(|| reader.refused(format!("it has no cluster {:?}", chosen.cluster)))?.cluster;
        let user = kubeconfig.users.into_iter().find(|entry| entry.name == chosen.user);
        let user = user.ok_or_else(|| reader.refused(format!("it has no user {:?}", chosen.user)))?.user;

        let endpoint = cluster.endpoint(&reader, http)?;
        let authorities = cluster.authorities(&reader)?;
        let (token, identity) = (user.token(&reader)?, user.identity(&reader)?);
        if token.is_none() && identity.is_none() {
            return Err(reader
                .refused(format!("the user {:?} has neither a token nor a client certificate", chosen.user))
                .with_hint("for a user with `exec` or another login, set `login.token` with `token = { command = […] }`"));
        }
        let trust = Trust::from_context(context, http, &[])?
            .with_pem(authorities.as_deref(), identity.as_ref())
            .map_err(|error| error.context(reader.name()))?;
        let client = Client::with_trust(context, trust, http)?;
        Ok(Access { client, endpoint, token, namespace: chosen.namespace })
    }
}

impl Cluster {
    fn endpoint(&self, reader: &Reader<'_>, http: &HttpSettings) -> Result<Endpoint> {
        for (member, is_set) in [
            ("insecure-skip-tls-verify", self.insecure_skip_tls_verify),
            ("tls-server-name", self.tls_server_name.is_some()),
            ("proxy-url", self.proxy_url.is_some()),
        ] {
            if is_set {
                return Err(reader.refused(format!("`{member}` is not supported")).with_hint(
                    "certificates are always verified, and proxies come from HTTPS_PROXY; use another context",
                ));
            }
        }
        Endpoint::parse(&self.server, http.allow_http).map_err(|error| error.context(reader.name()))
    }

    fn authorities(&self, reader: &Reader<'_>) -> Result<Option<String>> {
        match (&self.certificate_authority_data, &self.certificate_authority) {
            (Some(data), _) => reader.decoded("certificate-authority-data", data).map(Some),
            (None, Some(file)) => {
                let path = reader.beside(file);
                let unreadable =
                    |cause| reader.refused(format!("{} cannot be read: {cause}", path.display()));
                std::fs::read_to_string(&path).map(Some).map_err(unreadable)
            }
            (None, None) => Ok(None),
        }
    }
}

impl User {
    fn token(&self, reader: &Reader<'_>) -> Result<Option<Token>> {
        match (&self.token_file, &self.token) {
            (Some(file), _) => {
                Token::resolve(Credential::File(reader.beside(file)), reader.context).map(Some)
            }
            (None, Some(token)) => {
                let value = reader.context.secret("the token of the kubeconfig", token.as_str());
                Ok(Some(Token::Fixed(value)))
            }
            (None, None) => Ok(None),
        }
    }

    /// The client certificate and its key, as one PEM text.
    fn identity(&self, reader: &Reader<'_>) -> Result<Option<SecretValue>> {
        let certificate = match (&self.client_certificate_data, &self.client_certificate) {
            (Some(data), _) => reader.decoded("client-certificate-data", data)?,
            (None, Some(file)) => {
                let path = reader.beside(file);
                let unreadable =
                    |cause| reader.refused(format!("{} cannot be read: {cause}", path.display()));
                std::fs::read_to_string(&path).map_err(unreadable)?
            }
            (None, None) => return Ok(None),
        };
        let key = match (&self.client_key_data, &self.client_key) {
            (Some(data), _) => {
                let key = reader.decoded("client-key-data", data)?;
                reader.context.secret("the client key of the kubeconfig", key)
            }
            (None, Some(file)) => Credential::File(reader.beside(file)).resolve(reader.context)?,
            (None, None) => return Err(reader.refused("the client certificate has no key".to_owned())),
        };
        Ok(Some(joined(&certificate, &key)))
    }
}

/// A certificate, followed by its key.
#[expect(clippy::disallowed_methods, reason = "the key goes to the TLS library with its certificate")]
fn joined(certificate: &str, key: &SecretValue) -> SecretValue {
    SecretValue::new(format!("{certificate}\n{}\n", key.expose()))
}

impl Reader<'_> {
    #[expect(clippy::disallowed_methods, reason = "the credentials in the text are read here")]
    fn kubeconfig(&self) -> Result<Kubeconfig> {
        let text = Credential::File(self.file.clone()).resolve(self.context)?;
        // The reader's own words can repeat the text, and so a credential.
        serde_saphyr::from_str(text.expose()).map_err(|cause| {
            let place =
                cause.location().map(|place| format!(" (line {}, column {})", place.line(), place.column()));
            self.refused(format!("it is not a kubeconfig in YAML{}", place.unwrap_or_default()))
        })
    }

    fn name(&self) -> String {
        format!("the kubeconfig {}", self.file.display())
    }

    fn refused(&self, cause: String) -> Error {
        Error::new(Kind::Settings, format!("{} cannot be used", self.name())).with_cause(cause)
    }

    /// Relative paths start at the folder of the kubeconfig.
    fn beside(&self, path: &Path) -> PathBuf {
        self.context.path(self.file.parent().unwrap_or(Path::new("")).join(path))
    }

    fn decoded(&self, member: &str, data: &str) -> Result<String> {
        let bytes = STANDARD.decode(data).ok();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| self.refused(format!("`{member}` is not base64 of a PEM text")))
    }
}
