//! Vault's refusals in words that tell a person what to do
//! (<https://developer.hashicorp.com/vault/api-docs#http-status-codes>).

use deployer_core::{Error, Kind, Redactor, Retry};
use deployer_http::{Response, status_error};

use crate::wire::Complaint;

/// The most characters of Vault's own words that an error repeats.
const LONGEST: usize = 2048;

/// What Vault said about a failure, one line each, secrets masked.
pub(crate) struct Said(Vec<String>);

impl Said {
    pub(crate) fn read(response: &Response, redactor: &Redactor) -> Self {
        let complaint: Complaint = response.json("an error").unwrap_or_default();
        let texts = complaint.errors.into_iter().chain(complaint.warnings).flatten();
        let mut left = LONGEST;
        let lines = texts.map(|text| {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let line: String = redactor.mask(&line).0.chars().take(left).collect();
            left -= line.chars().count();
            line
        });
        Self(lines.filter(|line| !line.is_empty()).collect())
    }

    /// Whether Vault said one of these, in any case.
    pub(crate) fn any(&self, wanted: &[&str]) -> bool {
        self.0.iter().any(|line| {
            let line = line.to_lowercase();
            wanted.iter().any(|wanted| line.contains(wanted))
        })
    }

    fn add_to(&self, error: Error) -> Error {
        self.0.iter().fold(error, |error, line| error.with_detail(format!("Vault says: {line}")))
    }
}

/// A failure that has nothing to do with the path that was asked for. `attempted` names no path, so that equal failures of many
/// reads are told once.
pub(crate) fn general(attempted: &str, response: &Response, said: &Said) -> Error {
    let error = status_error(attempted, response);
    let later = response.retry_after().map_or(Retry::Soon, Retry::After);
    let error = match response.status {
        412 => Error::new(Kind::Unavailable, attempted).with_cause("this server is not up to date yet").with_retry(later),
        403 if said.any(&["invalid token", "bad token"]) => Error::new(Kind::Unauthenticated, attempted)
            .with_cause("the token is not valid: it has expired, was revoked, or is of another server or namespace")
            .with_hint("get a new token, or let a login method get one in each run (`login.github`, `login.approle`)"),
        503 if said.any(&["sealed"]) => Error::new(Kind::Unavailable, attempted)
            .with_cause("Vault is sealed")
            .with_retry(later)
            .with_hint("ask its operators to unseal it"),
        503 if said.any(&["standby", "active node"]) => Error::new(Kind::Unavailable, attempted)
            .with_cause("this is a standby server, and no active one answers")
            .with_retry(later)
            .with_hint("try again later, or set `address` to the active server"),
        _ => error,
    };
    said.add_to(error)
}

/// A failed read of a secret, or of a folder with the capability `list`.
pub(crate) fn access(
    capability: &str,
    attempted: &str,
    policy_path: &str,
    response: &Response,
    said: &Said,
) -> Error {
    match response.status {
        403 if !said.any(&["invalid token", "bad token"]) => {
            let error = Error::new(Kind::Denied, format!("{capability} {policy_path}"))
                .with_cause("permission denied")
                .with_hint(format!("the token needs a policy that grants `{capability}` on `{policy_path}`"))
                .with_hint(
                    "Vault answers the same where nothing is mounted: check `mount` and `namespace` too",
                );
            said.add_to(error)
        }
        405 => said.add_to(wrong_mount(format!("{policy_path} does not support `{capability}`"))),
        // A failure inside Vault may pass; a read is harmless to repeat.
        500 => general(attempted, response, said).with_retry(Retry::Soon),
        _ => general(attempted, response, said),
    }
}

/// The mount is not what the settings take it for.
pub(crate) fn wrong_mount(cause: impl Into<String>) -> Error {
    Error::new(Kind::Settings, "the setting `mount` does not fit")
        .with_cause(cause.into())
        .with_hint("set `mount` to the path of a key-value engine of version 2, without `data/` (`vault secrets list` shows the paths)")
}

/// A failed login. `method` is the table of the settings.
pub(crate) fn login(attempted: &str, method: &str, mount: &str, response: &Response, said: &Said) -> Error {
    let refused = |kind: Kind, cause: &str| Error::new(kind, attempted).with_cause(cause);
    let error = match response.status {
        // The GitHub method answers 500 with GitHub's own words to every failure.
        500 if method == "github" && said.any(&["bad credentials"]) => {
            refused(Kind::Unauthenticated, "GitHub does not accept the token")
                .with_hint("make a new personal access token with the scope `read:org`")
        }
        500 if method == "github" && said.any(&["not part of required org"]) => {
            refused(Kind::Denied, "the owner of the GitHub token is not a member of the organisation that Vault asks for")
                .with_hint("give the token the scope `read:org`, and authorise it for the organisation where that uses single sign-on")
                .with_hint("tokens of GitHub Apps (ghu_…) do not show their owner's membership: use a personal access token")
        }
        // Vault asks for a token where no login method is mounted.
        400 | 404 if response.status == 404 || said.any(&["missing client token"]) => {
            refused(Kind::Settings, "no login method answers there").with_hint(format!(
                "enable it at `auth/{mount}`, or set `login.{method}.mount`; OpenBao needs a plugin for GitHub"
            ))
        }
        400 => refused(Kind::Unauthenticated, "the credentials are not accepted").with_hint(match method {
            "approle" => "check role id and secret id: a secret id may have expired, been used up, or be bound to other addresses",
            _ => "check the token",
        }),
        403 => refused(Kind::Denied, "the login is not permitted").with_hint(format!(
            "check that the method is enabled at `auth/{mount}` (`login.{method}.mount`), and `namespace`"
        )),
        _ => return general(attempted, response, said),
    };
    said.add_to(error)
}
