//! The ways to log in, and what a login makes.

mod approle;
mod aws;
mod azure;
mod elsewhere;
mod jwt;
mod token;

use deployer_core::{Result, SecretValue};
use deployer_http::Response;

pub(crate) use self::approle::{SecretId, Wrapped};
pub(crate) use self::aws::{AwsIdentity, AwsSettings};
pub(crate) use self::azure::{AzureIdentity, AzureSettings};
pub(crate) use self::jwt::{IdentityToken, JwtSettings};
pub(crate) use self::token::{Token, look_up, renew, revoke};
use crate::errors::{self, Said};
use crate::wire::{
    Wire, login_with_approle, login_with_aws, login_with_certificate, login_with_github, login_with_jwt,
    login_with_kubernetes, login_with_password,
};

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
    Github { token: SecretValue },
    Approle { role_id: SecretValue, secret_id: SecretId },
    Password { method: Passwords, username: String, password: SecretValue },
    Kubernetes { role: String, token: SecretValue },
    Jwt(IdentityToken),
    Cert { name: Option<String> },
    Aws(AwsIdentity),
    Azure(AzureIdentity),
}

/// The methods that take a name and a password.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Passwords {
    Userpass,
    Ldap,
    Radius,
}

impl Passwords {
    /// The method's table in the settings, which is also its usual mount.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Passwords::Userpass => "userpass",
            Passwords::Ldap => "ldap",
            Passwords::Radius => "radius",
        }
    }
}

impl Method {
    /// Its table in the settings, which is also its usual mount.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Method::Github { .. } => "github",
            Method::Approle { .. } => "approle",
            Method::Password { method, .. } => method.key(),
            Method::Kubernetes { .. } => "kubernetes",
            Method::Jwt(_) => "jwt",
            Method::Cert { .. } => "cert",
            Method::Aws(_) => "aws",
            Method::Azure(_) => "azure",
        }
    }

    /// What it logs in with, for people.
    fn shown(&self) -> &'static str {
        match self {
            Method::Github { .. } => "a GitHub token",
            Method::Approle { .. } => "an AppRole",
            Method::Password { method: Passwords::Userpass, .. } => "a user name and a password",
            Method::Password { method: Passwords::Ldap, .. } => "an LDAP user",
            Method::Password { method: Passwords::Radius, .. } => "a RADIUS user",
            Method::Kubernetes { .. } => "a Kubernetes service account",
            Method::Jwt(_) => "an identity token (JWT)",
            Method::Cert { .. } => "a client certificate",
            Method::Aws(_) => "an AWS identity",
            Method::Azure(_) => "an Azure managed identity",
        }
    }
}

/// Logs in once.
pub(crate) async fn log_in(wire: &Wire, login: &Login) -> Result<Token> {
    let attempted = format!("log in to {} with {}", wire.location(), login.method.shown());
    let answer = send(wire, &attempted, login).await?;
    if !answer.is_success() {
        let said = Said::read(&answer, wire.redactor());
        return Err(errors::login(&attempted, login.method.key(), &login.mount, &answer, &said));
    }
    Token::of_login(wire, &attempted, &answer)
}

async fn send(wire: &Wire, attempted: &str, login: &Login) -> Result<Response> {
    let mount = &login.mount;
    match &login.method {
        Method::Github { token } => wire.call(attempted, &login_with_github(mount, token), None).await,
        Method::Approle { role_id, secret_id } => {
            let secret_id = secret_id.value(wire, mount).await?;
            wire.call(attempted, &login_with_approle(mount, role_id, secret_id.as_ref()), None).await
        }
        Method::Password { username, password, .. } => {
            wire.call(attempted, &login_with_password(mount, username, password), None).await
        }
        Method::Kubernetes { role, token } => {
            wire.call(attempted, &login_with_kubernetes(mount, role, token), None).await
        }
        Method::Jwt(identity) => {
            let token = identity.token(attempted).await?;
            wire.call(attempted, &login_with_jwt(mount, identity.role(), &token), None).await
        }
        Method::Cert { name } => {
            wire.call(attempted, &login_with_certificate(mount, name.as_deref()), None).await
        }
        Method::Aws(identity) => {
            let signed = identity.sign(attempted)?;
            wire.call(attempted, &login_with_aws(mount, identity.role(), &signed), None).await
        }
        Method::Azure(identity) => {
            wire.call(attempted, &identity.request(attempted, mount).await?, None).await
        }
    }
}
