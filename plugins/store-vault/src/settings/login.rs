//! The ways to log in, as people write them.

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result};
use deployer_http::HttpSettings;
use schemars::JsonSchema;
use serde::Deserialize;

use super::problems::Problems;
use super::variables;
use crate::login::{
    AwsSettings, AzureSettings, Identity, JwtSettings, Login, Method, Passwords, SecretId, Wrapped,
};
use crate::naming::check_path;

/// Where a pod finds the token of its service account.
const SERVICE_ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// One way to log in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum LoginSettings {
    /// A token that is there already; it is never revoked.
    Token(TokenSettings),
    /// A personal access token of GitHub.
    Github(GithubSettings),
    /// A role and its secret id.
    Approle(ApproleSettings),
    /// A user of Vault.
    Userpass(PasswordSettings),
    /// A user of a directory.
    Ldap(PasswordSettings),
    /// A user of a RADIUS server.
    Radius(PasswordSettings),
    /// A service account of Kubernetes.
    Kubernetes(KubernetesSettings),
    /// An identity token, such as that of a pipeline.
    Jwt(JwtSettings),
    /// The certificate `http.client_certificate`.
    Cert(CertSettings),
    /// An identity of AWS.
    Aws(AwsSettings),
    /// A managed identity of Azure.
    Azure(AzureSettings),
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self::Token(TokenSettings { token: None })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenSettings {
    /// The token [default: `BAO_TOKEN`, then `VAULT_TOKEN`, then the file `~/.vault-token`].
    token: Option<Credential>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GithubSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    mount: Option<String>,
    /// The token, which needs `read:org`.
    token: Credential,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproleSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    mount: Option<String>,
    /// The id of the role.
    role_id: Credential,
    /// The secret id, where the role asks for it.
    secret_id: Option<Credential>,
    /// A token that gives out the secret id once, in its place.
    wrapped_secret_id: Option<Credential>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    mount: Option<String>,
    /// The name of the user.
    username: String,
    /// The password of the user.
    password: Credential,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KubernetesSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    mount: Option<String>,
    /// The role of Vault.
    role: String,
    /// The token of the service account [default: the pod's].
    #[schemars(extend("default" = { "file": SERVICE_ACCOUNT_TOKEN }))]
    token: Option<Credential>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CertSettings {
    /// The mount path of the method, below `auth/` [default: the name of this table].
    mount: Option<String>,
    /// The role of Vault, if several fit.
    name: Option<String>,
}

impl LoginSettings {
    pub(super) fn resolve(self, context: &Context, http: &HttpSettings) -> Result<Identity> {
        match self {
            LoginSettings::Token(given) => Ok(Identity::Given(match given.token {
                Some(token) => token.resolve(context)?,
                None => variables::token(context)?,
            })),
            LoginSettings::Github(given) => login("github", given.mount, |problems| {
                let token = problems.take(given.token.resolve(context));
                Some(Method::Github { token: token? })
            }),
            LoginSettings::Approle(given) => given.resolve(context),
            LoginSettings::Userpass(given) => given.resolve(Passwords::Userpass, context),
            LoginSettings::Ldap(given) => given.resolve(Passwords::Ldap, context),
            LoginSettings::Radius(given) => given.resolve(Passwords::Radius, context),
            LoginSettings::Kubernetes(given) => login("kubernetes", given.mount, |problems| {
                let token =
                    given.token.unwrap_or_else(|| Credential::File(PathBuf::from(SERVICE_ACCOUNT_TOKEN)));
                let token = problems.take(token.resolve(context).map_err(|error| {
                    error.with_hint(
                        "outside of a pod, name a service account's token in `login.kubernetes.token`",
                    )
                }));
                Some(Method::Kubernetes { role: given.role, token: token? })
            }),
            LoginSettings::Jwt(mut given) => login("jwt", given.mount.take(), |problems| {
                problems.take(given.resolve(context, http)).map(Method::Jwt)
            }),
            LoginSettings::Cert(given) => login("cert", given.mount, |problems| {
                if http.client_certificate.is_none() {
                    problems.add(
                        Error::new(Kind::Settings, "no client certificate to log in with").with_hint(
                            "set `http.client_certificate` and `http.client_key`, or VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
                        ),
                    );
                }
                Some(Method::Cert { name: given.name })
            }),
            LoginSettings::Aws(mut given) => login("aws", given.mount.take(), |problems| {
                problems.take(given.resolve(context)).map(Method::Aws)
            }),
            LoginSettings::Azure(mut given) => login("azure", given.mount.take(), |problems| {
                problems.take(given.resolve(context, http)).map(Method::Azure)
            }),
        }
    }
}

impl ApproleSettings {
    fn resolve(self, context: &Context) -> Result<Identity> {
        login("approle", self.mount, |problems| {
            let role_id = problems.take(self.role_id.resolve(context));
            let secret_id = match (self.secret_id, self.wrapped_secret_id) {
                (None, None) => Some(SecretId::None),
                (Some(plain), None) => problems.take(plain.resolve(context)).map(SecretId::Plain),
                (None, Some(wrapped)) => problems
                    .take(wrapped.resolve(context))
                    .map(|wrapping| SecretId::Wrapped(Wrapped::new(wrapping))),
                (Some(_), Some(_)) => {
                    problems.add(Error::new(
                        Kind::Settings,
                        "`secret_id` and `wrapped_secret_id` exclude each other",
                    ));
                    None
                }
            };
            Some(Method::Approle { role_id: role_id?, secret_id: secret_id? })
        })
    }
}

impl PasswordSettings {
    fn resolve(self, method: Passwords, context: &Context) -> Result<Identity> {
        login(method.key(), self.mount, |problems| {
            let password = problems.take(self.password.resolve(context));
            let username = problems.take(match check_path(&self.username) {
                Ok(()) if !self.username.contains('/') => Ok(self.username),
                outcome => {
                    let cause = outcome.err().unwrap_or("it holds a slash");
                    Err(Error::new(Kind::Settings, "`username` cannot be used").with_cause(cause))
                }
            });
            Some(Method::Password { method, username: username?, password: password? })
        })
    }
}

/// A login method at its mount, with all problems of its settings. `key` is its table, which is also its usual mount.
fn login(
    key: &str,
    mount: Option<String>,
    method: impl FnOnce(&mut Problems) -> Option<Method>,
) -> Result<Identity> {
    let mut problems = Problems::default();
    let mount = problems.take(auth_mount(mount, key));
    let method = method(&mut problems);
    let made = mount.zip(method).map(|(mount, method)| Identity::Login(Login { mount, method }));
    problems.told(&format!("`login.{key}`"), made)
}

/// Where a login method is mounted, without the leading `auth/`.
fn auth_mount(given: Option<String>, default: &str) -> Result<String> {
    let Some(given) = given else { return Ok(default.to_owned()) };
    let mount = given.trim_matches('/');
    let mount = mount.strip_prefix("auth/").unwrap_or(mount);
    check_path(mount)
        .map_err(|cause| Error::new(Kind::Settings, "`mount` cannot be used").with_cause(cause))?;
    Ok(mount.to_owned())
}
