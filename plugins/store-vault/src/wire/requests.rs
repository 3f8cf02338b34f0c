//! Requests that vaultrs has no type for, and those that carry a credential.

use deployer_core::SecretValue;
use rustify_derive::Endpoint;
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;

/// Logs in with a GitHub token
/// (<https://developer.hashicorp.com/vault/api-docs/auth/github#login>).
#[derive(Endpoint)]
#[endpoint(path = "/auth/{self.mount}/login", method = "POST")]
pub(crate) struct LoginWithGithub {
    #[endpoint(skip)]
    mount: String,
    token: String,
}

/// Lists a folder for proxies that do not let the method `LIST` through
/// (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#list-secrets>).
#[derive(Endpoint)]
#[endpoint(path = "{self.mount}/metadata/{self.folder}", method = "GET")]
pub(crate) struct ListByGet {
    #[endpoint(skip)]
    pub(crate) mount: String,
    #[endpoint(skip)]
    pub(crate) folder: String,
    #[endpoint(query)]
    pub(crate) list: bool,
}

/// Finds the mount that a path lies in, for any token that may do something below it
/// (<https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts>).
#[derive(Endpoint)]
#[endpoint(path = "sys/internal/ui/mounts/{self.path}", method = "GET")]
pub(crate) struct FindMount {
    #[endpoint(skip)]
    pub(crate) path: String,
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

#[expect(clippy::disallowed_methods, reason = "credentials enter the bodies of logins here and nowhere else")]
fn exposed(value: &SecretValue) -> String {
    value.expose().to_owned()
}
