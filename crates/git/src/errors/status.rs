//! The errors for HTTP answers.

use deployer_core::{Error, Kind};
use deployer_http::{Effect, Response, Url, classify};

use super::words::{with_remote_words, words};
use crate::purpose::Purpose;

/// The facts about a request for messages.
#[derive(Debug, Clone)]
pub(crate) struct RequestInfo {
    pub(crate) purpose: Purpose,
    /// Whether the request contains the commit.
    pub(crate) effect: Effect,
    pub(crate) repository: String,
    pub(crate) with_token: bool,
}

impl RequestInfo {
    /// The service in git's protocol.
    pub(crate) fn service(&self) -> &'static str {
        self.purpose.service().as_str()
    }

    /// The error for an answer; `None` for a success of git.
    pub(crate) fn problem(&self, answer: &Response) -> Option<Error> {
        if answer.is_success() {
            let is_git = answer.content_type().is_some_and(|kind| kind.starts_with("application/x-git-"));
            return (!is_git).then(|| self.no_git(answer));
        }
        let repository = &self.repository;
        let status = answer.status;
        let (kind, retry) = classify(self.effect, status, answer.retry_after());
        let error = match (status, self.purpose, self.with_token) {
            (401, _, true) => Error::new(Kind::Unauthenticated, format!("{repository} rejects the token"))
                .with_hint("the token can be wrong, expired or revoked, or need another user name (`username`)"),
            (401, _, false) => Error::new(Kind::Unauthenticated, format!("{repository} requires a token"))
                .with_hint("set `token` to a reference: { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\"] }"),
            (403, Purpose::Read, _) => Error::new(Kind::Denied, format!("the token has no read access to {repository}"))
                .with_hint("give the token read access to the content of the repository, and write access if it is a target"),
            (403, Purpose::Write, _) => Error::new(Kind::Denied, format!("the token has no write access to {repository}"))
                .with_hint("give the token write access to the content of the repository; an archived repository cannot be written"),
            (404 | 410, ..) => Error::new(Kind::NotFound, format!("there is no repository {repository}")).with_hint(
                "check the address; hosts also answer this for a private repository without access for the token",
            ),
            _ if kind == Kind::UnknownOutcome => {
                Error::new(Kind::UnknownOutcome, format!("{repository} does not report the result of the push"))
            }
            _ => Error::new(kind, format!("{repository} answers with an error")).with_retry(retry),
        };
        Some(with_words(error.with_cause(format!("HTTP {status}")), answer))
    }

    /// The error for a success that is not an answer of git. A push that got it was perhaps applied: a gateway can answer for the host.
    fn no_git(&self, answer: &Response) -> Error {
        let found = match answer {
            answer if answer.body.is_empty() => "an empty answer",
            answer if answer.is_html() => "a web page",
            _ => "an answer of another kind",
        };
        if self.effect == Effect::Write {
            return Error::new(
                Kind::UnknownOutcome,
                format!("{} does not report the result of the push", self.repository),
            )
            .with_cause(format!("{found} came instead"))
            .with_hint("check whether a proxy or a sign-in page answers for the host");
        }
        Error::new(Kind::Unexpected, format!("{} is not the address of a git repository: {found} came", self.repository))
            .with_hint("use the address that the host offers for cloning, and check whether a proxy or a sign-in page answers for the host")
    }
}

/// Hosts send explanations as plain text, which git shows after `remote:`.
fn with_words(error: Error, answer: &Response) -> Error {
    if answer.content_type().as_deref() != Some("text/plain") {
        return error;
    }
    let text = String::from_utf8_lossy(&answer.body);
    with_remote_words(error, &words(&text))
}

/// The host redirects to an address that must not get the credentials.
pub(crate) fn sent_elsewhere(about: &RequestInfo, target: &Url) -> Error {
    let target = format!("{}{}", target.origin().ascii_serialization(), target.path());
    Error::new(Kind::Unexpected, format!("{} redirects to {target}", about.repository)).with_hint(
        "only redirects within one host are followed, up to five; set the new address of the repository",
    )
}
