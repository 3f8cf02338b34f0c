//! Google's refusals, and rejected logins in words that name the next step.

use deployer_core::{Error, Kind, Redactor};
use deployer_http::{Response, status_error};
use serde::Deserialize;

/// A refusal of a Google API (<https://google.aip.dev/193>).
#[derive(Debug, Default)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Google's word for the status, such as `PERMISSION_DENIED`; empty when the answer is not Google's.
    pub code: String,
    /// The reason within the status, such as `SERVICE_DISABLED`.
    pub reason: String,
    /// Words for people.
    pub words: String,
}

#[derive(Deserialize)]
struct Answer {
    error: Body,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    status: String,
    message: String,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    reason: String,
}

impl Refusal {
    /// Reads an answer. An answer that isn't one of Google's APIs has no words.
    pub fn read(response: &Response, redactor: &Redactor) -> Self {
        let status = response.status;
        match response.json::<Answer>("a refusal") {
            Err(_) => Self { status, ..Self::default() },
            Ok(Answer { error: Body { status: code, message, details } }) => {
                let words = words(&message, redactor);
                let reason =
                    details.into_iter().map(|detail| detail.reason).find(|reason| !reason.is_empty());
                Self { status, code, reason: reason.unwrap_or_default(), words }
            }
        }
    }

    /// Whether the caller lacks a permission, and not a project that has the service.
    pub fn is_about_permission(&self) -> bool {
        self.status == 403 && self.code == "PERMISSION_DENIED" && !self.is_about_project()
    }

    fn is_about_project(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "SERVICE_DISABLED" | "BILLING_DISABLED" | "CONSUMER_INVALID" | "API_KEY_INVALID"
        )
    }
}

/// The answer of a token service (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct OAuthRefusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// A rejected login.
pub(crate) fn login(attempted: &str, response: &Response, redactor: &Redactor) -> Error {
    if let Ok(refusal) = response.json::<OAuthRefusal>("a refusal")
        && matches!(response.status, 400 | 401 | 403)
    {
        let error = Error::new(Kind::Unauthenticated, attempted)
            .with_cause(format!("the login is rejected: {}", words(&refusal.error, redactor)));
        let error = match refusal.error.as_str() {
            "invalid_grant" => error.with_hint("the key or the identity token is expired, revoked or for another audience; check the clock of this machine too"),
            "invalid_target" => error.with_hint("check `login.workload_identity.provider`"),
            "unauthorized_client" => error.with_hint("check the attribute condition of the provider"),
            _ => error,
        };
        return with_words(error, &words(&refusal.error_description, redactor));
    }
    let refusal = Refusal::read(response, redactor);
    let error = status_error(attempted, response);
    let error = match refusal.status {
        403 => error.with_hint("grant the identity `roles/iam.workloadIdentityUser` on the service account"),
        404 => error.with_hint("check the name of the service account and the addresses of the login"),
        _ => error,
    };
    with_words(error, &refusal.words)
}

/// The longest words of a service that a message repeats.
const LONGEST: usize = 2048;

/// The error with Google's words, if there are any.
pub fn with_words(error: Error, words: &str) -> Error {
    if words.is_empty() { error } else { error.with_detail(format!("Google says: {words}")) }
}

/// The words of a service on one line, secrets masked, cut to a length that can be read.
pub fn words(text: &str, redactor: &Redactor) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redactor.mask(&line).0.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use deployer_http::HeaderMap;

    use super::*;

    fn response(status: u16, body: &'static str) -> Response {
        Response::new(status, HeaderMap::new(), body)
    }

    #[test]
    fn a_rejected_login_has_one_kind_and_googles_words() {
        let shown = |status, body| {
            let error = login("log in", &response(status, body), &Redactor::default());
            (error.kind(), format!("{error:?}"))
        };
        let (kind, text) =
            shown(400, r#"{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}"#);
        assert!(
            kind == Kind::Unauthenticated && text.contains("Google says: Invalid JWT Signature."),
            "{text}"
        );
        let (kind, text) = shown(403, r#"{"error": {"status": "PERMISSION_DENIED"}}"#);
        assert!(kind == Kind::Denied && text.contains("workloadIdentityUser"), "{text}");
    }
}
