//! Google's refusals in words that name the next step.

use deployer_core::{Error, Kind, Redactor, Retry};
use deployer_http::{Response, status_error};
use serde::Deserialize;

use crate::naming::Place;

/// A refusal of a Google API (<https://google.aip.dev/193>).
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    status: u16,
    /// Google's word for the status, such as `PERMISSION_DENIED`; empty when the answer is not Google's.
    code: String,
    /// The reason within the status, such as `SERVICE_DISABLED`.
    reason: String,
    /// Words for people.
    words: String,
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
    pub(crate) fn read(response: &Response, redactor: &Redactor) -> Self {
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

    /// Whether the refusal proves that there is no such version, with the reason if there is one.
    pub(crate) fn absence(&self) -> Option<Option<String>> {
        match (self.status, self.code.as_str()) {
            // The 404 of a proxy or of a wrong address proves nothing.
            (404, "NOT_FOUND") => Some(None),
            (400, "FAILED_PRECONDITION") if self.words.contains("DESTROYED") => {
                Some(Some("the version is destroyed; add another: gcloud secrets versions add".to_owned()))
            }
            _ => None,
        }
    }

    /// Whether the caller lacks a permission, and not a project that has the service.
    pub(crate) fn is_about_permission(&self) -> bool {
        self.status == 403 && self.code == "PERMISSION_DENIED" && !self.is_about_project()
    }

    fn is_about_project(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "SERVICE_DISABLED" | "BILLING_DISABLED" | "CONSUMER_INVALID" | "API_KEY_INVALID"
        )
    }
}

/// A failed read of a version.
pub(crate) fn read(
    attempted: &str,
    place: &Place,
    location: &str,
    response: &Response,
    refusal: &Refusal,
) -> Error {
    let of_this = format!("read {place} from {location}");
    let error = if refusal.is_about_permission() {
        Error::new(Kind::Denied, of_this)
            .with_cause("permission denied, or the secret doesn't exist")
            .with_hint("grant the role `roles/secretmanager.secretAccessor` on the secret or the project")
    } else if refusal.status == 400 && refusal.words.contains("DISABLED") {
        Error::new(Kind::Denied, of_this).with_cause("the version is disabled").with_hint(format!(
            "enable it: gcloud secrets versions enable {} --secret={}",
            place.version, place.name
        ))
    } else {
        return general(attempted, response, refusal);
    };
    with_words(error, &refusal.words)
}

/// A refusal that is the same for every secret.
pub(crate) fn general(attempted: &str, response: &Response, refusal: &Refusal) -> Error {
    let error = status_error(attempted, response);
    let error = match refusal.status {
        401 => error.with_hint("the token is expired or invalid; check `login`"),
        403 if refusal.reason == "SERVICE_DISABLED" => {
            error.with_hint("enable the service: gcloud services enable secretmanager.googleapis.com")
        }
        404 => error.with_hint("check `address`: Secret Manager doesn't answer there"),
        429 => error.with_hint("the project permits 90,000 reads of versions and 600 other reads per minute"),
        // A failure inside the service may pass; a read is harmless to repeat.
        500 if !refusal.code.is_empty() => error.with_retry(Retry::Soon),
        _ => error,
    };
    with_words(error, &refusal.words)
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

fn with_words(error: Error, words: &str) -> Error {
    if words.is_empty() { error } else { error.with_detail(format!("Google says: {words}")) }
}

/// The words of a service on one line, secrets masked, cut to a length that can be read.
fn words(text: &str, redactor: &Redactor) -> String {
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

    fn refused(status: u16, body: &'static str) -> Error {
        let response = response(status, body);
        let place = Place { name: "db".to_owned(), version: "3".to_owned(), field: None };
        read(
            "read secrets",
            &place,
            "Secret Manager projects/p",
            &response,
            &Refusal::read(&response, &Redactor::default()),
        )
    }

    #[test]
    fn each_refusal_has_its_kind_and_the_next_step() {
        for (status, body, kind, retry, expected) in [
            (
                401,
                r#"{"error": {"status": "UNAUTHENTICATED"}}"#,
                Kind::Unauthenticated,
                Retry::Never,
                "check `login`",
            ),
            (
                403,
                r#"{"error": {"status": "PERMISSION_DENIED"}}"#,
                Kind::Denied,
                Retry::Never,
                "read db/3 from",
            ),
            (
                403,
                r#"{"error": {"status": "PERMISSION_DENIED", "details": [{"@type": "x"}, {"reason": "SERVICE_DISABLED"}]}}"#,
                Kind::Denied,
                Retry::Never,
                "services enable",
            ),
            (
                400,
                r#"{"error": {"status": "FAILED_PRECONDITION", "message": "Secret Version [x] is in DISABLED state."}}"#,
                Kind::Denied,
                Retry::Never,
                "versions enable 3 --secret=db",
            ),
            (404, "<html>hunter2</html>", Kind::NotFound, Retry::Never, "check `address`"),
            (429, r#"{"error": {"status": "RESOURCE_EXHAUSTED"}}"#, Kind::RateLimited, Retry::Soon, "90,000"),
            (500, r#"{"error": {"status": "INTERNAL"}}"#, Kind::Unexpected, Retry::Soon, "HTTP 500"),
            (
                503,
                r#"{"error": {"status": "UNAVAILABLE", "message": "try later"}}"#,
                Kind::Unavailable,
                Retry::Soon,
                "Google says: try later",
            ),
        ] {
            let error = refused(status, body);
            let shown = format!("{error:?}");
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{shown}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{expected}: {shown}");
        }
    }

    #[test]
    fn only_an_answer_of_the_service_proves_absence() {
        let absence = |status, body| Refusal::read(&response(status, body), &Redactor::default()).absence();
        assert_eq!(absence(404, r#"{"error": {"status": "NOT_FOUND"}}"#), Some(None));
        assert!(
            absence(400, r#"{"error": {"status": "FAILED_PRECONDITION", "message": "in DESTROYED state"}}"#)
                .is_some()
        );
        for (status, body) in [
            (404, "{}"),
            (404, "<html>"),
            (404, r#"{"error": "x"}"#),
            (403, r#"{"error": {"status": "NOT_FOUND"}}"#),
        ] {
            assert_eq!(absence(status, body), None, "{body}");
        }
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
