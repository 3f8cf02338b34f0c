//! The bodies of logins: where credentials go onto the wire.

use deployer_core::SecretValue;
use rustify_derive::Endpoint;
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;
use vaultrs::api::auth::aws::requests::IamLoginRequest;
use vaultrs::api::auth::kubernetes::requests::LoginWithKubernetesRequest;
use vaultrs::api::auth::oidc::requests::JWTLoginRequest;
use vaultrs::api::auth::userpass::requests::LoginRequest as PasswordLoginRequest;

/// Logs in with a GitHub token
/// (<https://developer.hashicorp.com/vault/api-docs/auth/github#login>).
#[derive(Endpoint)]
#[endpoint(path = "/auth/{self.mount}/login", method = "POST")]
pub(crate) struct LoginWithGithub {
    #[endpoint(skip)]
    mount: String,
    token: String,
}

/// The login with a GitHub token.
pub(crate) fn login_with_github(mount: &str, token: &SecretValue) -> LoginWithGithub {
    LoginWithGithub { mount: mount.to_owned(), token: exposed(token) }
}

/// The login with an AppRole. A role that needs no secret id ignores the empty one.
pub(crate) fn login_with_approle(
    mount: &str,
    role_id: &SecretValue,
    secret_id: Option<&SecretValue>,
) -> LoginWithApproleRequest {
    LoginWithApproleRequest {
        mount: mount.to_owned(),
        role_id: exposed(role_id),
        secret_id: secret_id.map(exposed).unwrap_or_default(),
    }
}

/// The login with a name and a password, which userpass, LDAP and RADIUS have in common.
pub(crate) fn login_with_password(
    mount: &str,
    username: &str,
    password: &SecretValue,
) -> PasswordLoginRequest {
    PasswordLoginRequest {
        mount: mount.to_owned(),
        username: username.to_owned(),
        password: exposed(password),
    }
}

/// The login with the token of a service account.
pub(crate) fn login_with_kubernetes(
    mount: &str,
    role: &str,
    jwt: &SecretValue,
) -> LoginWithKubernetesRequest {
    LoginWithKubernetesRequest { mount: mount.to_owned(), role: role.to_owned(), jwt: exposed(jwt) }
}

/// The login with an identity token. Without a role Vault takes the mount's default role.
pub(crate) fn login_with_jwt(mount: &str, role: Option<&str>, jwt: &SecretValue) -> JWTLoginRequest {
    JWTLoginRequest { mount: mount.to_owned(), jwt: exposed(jwt), role: role.map(str::to_owned) }
}

/// Logs in with the client certificate of the connection
/// (<https://developer.hashicorp.com/vault/api-docs/auth/cert#login-with-tls-certificate-method>).
///
/// vaultrs' type sends `cert_name`, which Vault does not know.
#[derive(Endpoint)]
#[endpoint(path = "/auth/{self.mount}/login", method = "POST")]
pub(crate) struct LoginWithCertificate {
    #[endpoint(skip)]
    mount: String,
    name: Option<String>,
}

/// The login with the client certificate. Without a name Vault tries all roles.
pub(crate) fn login_with_certificate(mount: &str, name: Option<&str>) -> LoginWithCertificate {
    LoginWithCertificate { mount: mount.to_owned(), name: name.map(str::to_owned) }
}

/// A signed question to AWS who we are, in base64 as Vault takes it. Vault asks it in our place.
#[derive(Debug)]
pub(crate) struct SignedIdentity {
    pub(crate) url: String,
    pub(crate) body: String,
    /// Holds the signature.
    pub(crate) headers: SecretValue,
}

/// The login with a signed question to AWS.
pub(crate) fn login_with_aws(mount: &str, role: Option<&str>, signed: &SignedIdentity) -> IamLoginRequest {
    IamLoginRequest {
        mount: mount.to_owned(),
        role: role.map(str::to_owned),
        iam_http_request_method: "POST".to_owned(),
        iam_request_url: signed.url.clone(),
        iam_request_body: signed.body.clone(),
        iam_request_headers: exposed(&signed.headers),
    }
}

/// Logs in with the token of a managed identity
/// (<https://developer.hashicorp.com/vault/api-docs/auth/azure#login>).
#[derive(Endpoint)]
#[endpoint(path = "/auth/{self.mount}/login", method = "POST")]
pub(crate) struct AzureLogin {
    #[endpoint(skip)]
    pub(crate) mount: String,
    pub(crate) role: String,
    jwt: String,
    pub(crate) subscription_id: Option<String>,
    pub(crate) resource_group_name: Option<String>,
    pub(crate) vm_name: Option<String>,
    pub(crate) vmss_name: Option<String>,
    pub(crate) resource_id: Option<String>,
}

/// The login with the token of a managed identity, without what says on which machine.
pub(crate) fn login_with_azure(mount: &str, role: &str, jwt: &SecretValue) -> AzureLogin {
    AzureLogin {
        mount: mount.to_owned(),
        role: role.to_owned(),
        jwt: exposed(jwt),
        subscription_id: None,
        resource_group_name: None,
        vm_name: None,
        vmss_name: None,
        resource_id: None,
    }
}

#[expect(clippy::disallowed_methods, reason = "credentials enter the bodies of logins here and nowhere else")]
fn exposed(value: &SecretValue) -> String {
    value.expose().to_owned()
}
