//! Google's refusals in words that name the next step.

use deployer_core::{Error, Kind, Retry};
use deployer_gcp::{Refusal, with_words};
use deployer_http::{Response, status_error};

use crate::naming::Place;

/// Whether the refusal proves that there is no such version, with the reason if there is one.
pub(crate) fn absence(refusal: &Refusal) -> Option<Option<String>> {
    match (refusal.status, refusal.code.as_str()) {
        // The 404 of a proxy or of a wrong address proves nothing.
        (404, "NOT_FOUND") => Some(None),
        (400, "FAILED_PRECONDITION") if refusal.words.contains("DESTROYED") => {
            Some(Some("the version is destroyed; add another: gcloud secrets versions add".to_owned()))
        }
        _ => None,
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

#[cfg(test)]
mod tests {
    use deployer_core::Redactor;
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
        let absence =
            |status, body| super::absence(&Refusal::read(&response(status, body), &Redactor::default()));
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
}
