//! The settings, and what is made of them before anything runs.

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings};
use serde::Deserialize;

use crate::naming::{Naming, check_path};

/// The table as people write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// `https://host:8200`; a path is kept.
    address: String,
    /// Where the key-value engine is mounted; slashes are allowed.
    mount: String,
    /// What stands before a secret's name, as it is: a folder brings its own slash.
    #[serde(default)]
    prefix: String,
    /// The field that holds the value.
    field: Option<String>,
    /// The namespace of Vault Enterprise and OpenBao.
    namespace: Option<String>,
    /// Who we are.
    login: LoginSettings,
    /// Certificates and times.
    #[serde(default)]
    http: HttpSettings,
}

/// One way to log in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum LoginSettings {
    Token(TokenSettings),
    Github(GithubSettings),
    Approle(ApproleSettings),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenSettings {
    token: Credential,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GithubSettings {
    mount: Option<String>,
    token: Credential,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproleSettings {
    mount: Option<String>,
    role_id: Credential,
    secret_id: Option<Credential>,
}

/// Who we are to Vault.
#[derive(Debug)]
pub(crate) enum Identity {
    /// A token that was given. It is not ours to revoke.
    Given(SecretValue),
    /// A login that creates a token.
    Login(Login),
}

/// A login method and where it is mounted.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// Without the leading `auth/`.
    pub(crate) mount: String,
    pub(crate) method: Method,
}

/// A login method with its credentials.
#[derive(Debug, Clone)]
pub(crate) enum Method {
    /// With a GitHub token.
    Github { token: SecretValue },
    /// With a role id, and a secret id unless the role needs none.
    Approle { role_id: SecretValue, secret_id: Option<SecretValue> },
}

impl Method {
    /// Its table in the settings, which is also its usual mount.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Method::Github { .. } => "github",
            Method::Approle { .. } => "approle",
        }
    }

    /// What it logs in with, for people.
    pub(crate) fn shown(&self) -> &'static str {
        match self {
            Method::Github { .. } => "a GitHub token",
            Method::Approle { .. } => "an AppRole",
        }
    }
}

/// The settings with credentials and certificates found.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) namespace: Option<String>,
    pub(crate) naming: Naming,
    pub(crate) identity: Identity,
    pub(crate) redactor: Redactor,
}

impl Settings {
    /// Finds credentials and certificates and checks every value. `name` is how messages call the table.
    pub(crate) fn resolve(self, name: &str, context: &Context) -> Result<Resolved> {
        let endpoint =
            Endpoint::parse(&self.address, self.http.allow_http).map_err(|error| error.context("`address`"));
        let client = Client::new(context, &self.http);
        let naming = Naming::new(&self.mount, &self.prefix, self.field);
        let identity = self.login.resolve(context);
        match (endpoint, client, naming, identity) {
            (Ok(endpoint), Ok(client), Ok(naming), Ok(identity)) => Ok(Resolved {
                client,
                endpoint,
                namespace: self
                    .namespace
                    .map(|text| text.trim_matches('/').to_owned())
                    .filter(|text| !text.is_empty()),
                naming,
                identity,
                redactor: context.redactor.clone(),
            }),
            (endpoint, client, naming, identity) => {
                let problems = [endpoint.err(), client.err(), naming.err(), identity.err()];
                Err(together(name, problems.into_iter().flatten().collect()))
            }
        }
    }
}

impl LoginSettings {
    fn resolve(self, context: &Context) -> Result<Identity> {
        match self {
            LoginSettings::Token(given) => Ok(Identity::Given(given.token.resolve(context)?)),
            LoginSettings::Github(given) => {
                match (auth_mount(given.mount, "github"), given.token.resolve(context)) {
                    (Ok(mount), Ok(token)) => {
                        Ok(Identity::Login(Login { mount, method: Method::Github { token } }))
                    }
                    (mount, token) => {
                        Err(together("`login.github`", mount.err().into_iter().chain(token.err()).collect()))
                    }
                }
            }
            LoginSettings::Approle(given) => {
                let secret_id = given.secret_id.map(|secret_id| secret_id.resolve(context)).transpose();
                match (auth_mount(given.mount, "approle"), given.role_id.resolve(context), secret_id) {
                    (Ok(mount), Ok(role_id), Ok(secret_id)) => {
                        Ok(Identity::Login(Login { mount, method: Method::Approle { role_id, secret_id } }))
                    }
                    (mount, role_id, secret_id) => {
                        let problems = [mount.err(), role_id.err(), secret_id.err()];
                        Err(together("`login.approle`", problems.into_iter().flatten().collect()))
                    }
                }
            }
        }
    }
}

/// Where a login method is mounted, without the leading `auth/`.
fn auth_mount(given: Option<String>, default: &str) -> Result<String> {
    let Some(given) = given else { return Ok(default.to_owned()) };
    let mount = given.trim_matches('/');
    let mount = mount.strip_prefix("auth/").unwrap_or(mount);
    check_path(mount).map_err(|cause| {
        Error::new(Kind::Settings, format!("`login.{default}.mount` cannot be used")).with_cause(cause)
    })?;
    Ok(mount.to_owned())
}

/// One problem as it is, several under one heading.
fn together(heading: &str, mut problems: Vec<Error>) -> Error {
    match problems.len() {
        1 => problems.remove(0).context(heading),
        _ => Error::many(Kind::Settings, format!("{heading} cannot be used"), problems),
    }
}
