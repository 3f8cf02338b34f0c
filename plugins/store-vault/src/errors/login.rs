//! Logins that Vault refuses, by method.

use deployer_core::{Error, Kind};
use deployer_http::Response;

use super::general::{general, not_vault};
use super::said::Said;
use crate::wire::is_of_vault;

/// A failed login. `method` is the table of the settings.
pub(crate) fn login(attempted: &str, method: &str, mount: &str, response: &Response, said: &Said) -> Error {
    let refused = |kind: Kind, cause: &str| Error::new(kind, attempted).with_cause(cause);
    if matches!(response.status, 400..500) && response.status != 429 && !is_of_vault(response) {
        return not_vault(attempted, response);
    }
    let error = match response.status {
        _ if said.any(&["mfa", "multi-factor"]) && response.status < 500 => second_factor(attempted),
        500 if method == "github" => return github(attempted, response, said),
        // Where no login method is mounted older servers ask for a token; newer ones answer 403 as to a login that is refused.
        400 | 403 | 404 if response.status == 404 || said.any(&["missing client token", "no handler for route"]) => {
            refused(Kind::Settings, "no login method answers there").with_hint(format!(
                "enable it at `auth/{mount}`, or set `login.{method}.mount`; OpenBao needs plugins for GitHub, AWS and Azure"
            ))
        }
        400 if said.any(&["invalid role name", "could not be found", "entry for role"]) => {
            refused(Kind::Settings, "the role is not accepted").with_hint(format!(
                "check the role's name in `login.{method}`, and what the role at `auth/{mount}` asks for"
            ))
        }
        400 | 401 => refused(Kind::Unauthenticated, "the credentials are not accepted").with_hint(check(method)),
        403 => refused(Kind::Denied, "the login is not permitted").with_hint(check(method)).with_hint(format!(
            "check that the method is enabled at `auth/{mount}` (`login.{method}.mount`), and the namespace"
        )),
        500 if said.any(&["connection refused", "no such host", "dial tcp", "timeout"]) => {
            refused(Kind::Unavailable, "Vault cannot reach the service that knows the users")
                .with_hint(format!("ask its operators to check the settings of `auth/{mount}`"))
        }
        _ => return general(attempted, response, said),
    };
    said.add_to(error)
}

/// What to look at when credentials are not accepted.
fn check(method: &str) -> &'static str {
    match method {
        "approle" => {
            "check role id and secret id: a secret id may have expired, been used up, or be bound to other addresses"
        }
        "userpass" | "ldap" | "radius" => "check user name and password",
        "kubernetes" => {
            "the role must name this service account and its namespace, and the token must be of this cluster"
        }
        "jwt" => {
            "the role must accept the token's audience, subject and claims, and the token must not have expired"
        }
        "cert" => "a role must trust the client certificate, and nothing between here and Vault may end TLS",
        "aws" => {
            "the role must be bound to this AWS identity; check `region`, `server_id` and the clock of this machine"
        }
        "azure" => {
            "the role must be bound to this identity or machine, and `resource` must be that of Vault's configuration"
        }
        _ => "check the token",
    }
}

/// The GitHub method answers 500 with GitHub's own words to every failure.
fn github(attempted: &str, response: &Response, said: &Said) -> Error {
    let refused = |kind: Kind, cause: &str| Error::new(kind, attempted).with_cause(cause);
    let error = if said.any(&["bad credentials", "401"]) {
        refused(Kind::Unauthenticated, "GitHub does not accept the token")
            .with_hint("make a new personal access token with the scope `read:org`")
    } else if said.any(&["not part of required org"]) {
        refused(Kind::Denied, "the owner of the GitHub token is not a member of the organisation that Vault asks for")
            .with_hint("give the token the scope `read:org`, and authorise it for the organisation where that uses single sign-on")
            .with_hint("tokens of GitHub Apps (ghu_…) do not show their owner's membership: use a personal access token")
    } else if said.any(&["rate limit", "403"]) {
        refused(Kind::Denied, "GitHub does not answer this token").with_hint(
            "the token may lack `read:org` or single sign-on, or GitHub's limit on requests is used up",
        )
    } else if said.any(&["connection refused", "no such host", "dial tcp", "timeout", "502", "503"]) {
        refused(Kind::Unavailable, "Vault cannot reach GitHub")
            .with_hint("try again later, or ask Vault's operators")
    } else {
        return general(attempted, response, said);
    };
    said.add_to(error)
}

/// A login that is not complete without a second factor.
pub(crate) fn second_factor(attempted: &str) -> Error {
    Error::new(Kind::Denied, attempted)
        .with_cause("the login asks for a second factor, which is not supported")
        .with_hint("exempt this login from multi-factor authentication in Vault, or use another login method")
}

/// A wrapping token that gives nothing out.
pub(crate) fn unwrapping(attempted: &str, response: &Response, said: &Said) -> Error {
    if !matches!(response.status, 400 | 403) {
        return general(attempted, response, said);
    }
    let error = Error::new(Kind::Unauthenticated, attempted)
        .with_cause("the wrapping token is not valid: it has expired, or has been used already")
        .with_hint("if this run is the first to use it and it was made just now, somebody else may have unwrapped the secret id: \
                    treat it as intercepted, revoke it, and find out who had the token")
        .with_hint("a wrapping token works once: make a new one for each run");
    said.add_to(error)
}
