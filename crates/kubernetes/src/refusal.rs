//! Kubernetes' refusals in words that name the next step.

use deployer_core::{Error, Redactor, Retry};
use deployer_http::{Effect, Response, status_error, write_error};
use serde::Deserialize;

/// A `Status` of the API server
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>).
#[derive(Debug, Default)]
pub struct Refusal {
    status: u16,
    /// The word for the refusal, such as `Forbidden`; empty when the answer is not the API server's.
    reason: String,
    /// The object that it is about: kind and name.
    about: (String, String),
    /// Words for people.
    words: String,
}

#[derive(Deserialize)]
struct Answer {
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Details,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    name: String,
    kind: String,
}

/// The longest words that a message repeats.
const LONGEST: usize = 2048;

impl Refusal {
    /// Reads an answer. An answer that isn't the API server's has no words.
    pub fn read(response: &Response, redactor: &Redactor) -> Self {
        let status = response.status;
        match response.json::<Answer>("a refusal") {
            Ok(answer) if answer.kind == "Status" => {
                let line = answer.message.split_whitespace().collect::<Vec<_>>().join(" ");
                let words = redactor.mask(&line).0.chars().take(LONGEST).collect();
                let about = (answer.details.kind, answer.details.name);
                Self { status, reason: answer.reason, about, words }
            }
            _ => Self { status, ..Self::default() },
        }
    }

    /// Whether the refusal proves that a collection, such as `secrets`, has no object of this name. The 404 of a proxy or of a wrong address
    /// proves nothing.
    pub fn is_missing(&self, collection: &str, name: &str) -> bool {
        self.is(404, "NotFound") && self.is_about(collection, name)
    }

    /// Whether a collection has an object of this name already.
    pub fn is_present(&self, collection: &str, name: &str) -> bool {
        self.is(409, "AlreadyExists") && self.is_about(collection, name)
    }

    /// Whether an object has another version than the one that the request replaces.
    pub fn is_changed(&self, collection: &str, name: &str) -> bool {
        self.is(409, "Conflict") && self.is_about(collection, name)
    }

    /// Whether the caller lacks a permission.
    pub fn is_about_permission(&self) -> bool {
        self.is(403, "Forbidden")
    }

    /// The failure of a request.
    pub fn error(&self, attempted: &str, response: &Response, effect: Effect) -> Error {
        let error = match effect {
            Effect::Read => status_error(attempted, response),
            Effect::Write => write_error(attempted, response),
        };
        let error = match self.status {
            401 => {
                error.with_hint("the token or certificate is expired, or of another cluster; check `login`")
            }
            404 => error.with_hint("check the address: the API server of Kubernetes doesn't answer there"),
            // A failure inside the API server may pass; a read is harmless to repeat.
            500 if effect == Effect::Read && !self.reason.is_empty() => error.with_retry(Retry::Soon),
            _ => error,
        };
        self.with_words(error)
    }

    /// An error with the words of the API server.
    #[must_use]
    pub fn with_words(&self, error: Error) -> Error {
        match self.words.as_str() {
            "" => error,
            words => error.with_detail(format!("Kubernetes says: {words}")),
        }
    }

    fn is(&self, status: u16, reason: &str) -> bool {
        self.status == status && self.reason == reason
    }

    fn is_about(&self, collection: &str, name: &str) -> bool {
        self.about == (collection.to_owned(), name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;
    use deployer_http::HeaderMap;

    use super::*;

    fn refused(status: u16, body: &'static str) -> (Refusal, Response) {
        let response = Response::new(status, HeaderMap::new(), body);
        (Refusal::read(&response, &Redactor::default()), response)
    }

    #[test]
    fn a_refusal_has_its_kind_and_the_next_step() {
        for (status, body, read, write, expected) in [
            (
                401,
                r#"{"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}"#,
                (Kind::Unauthenticated, Retry::Never),
                Kind::Unauthenticated,
                "check `login`",
            ),
            (403, "<html>hunter2</html>", (Kind::Denied, Retry::Never), Kind::Denied, "web page"),
            (
                404,
                "<html>hunter2</html>",
                (Kind::NotFound, Retry::Never),
                Kind::NotFound,
                "check the address",
            ),
            (
                500,
                r#"{"kind": "Status", "reason": "InternalError", "message": "etcdserver: timeout"}"#,
                (Kind::Unexpected, Retry::Soon),
                Kind::UnknownOutcome,
                "Kubernetes says: etcdserver",
            ),
        ] {
            let (refusal, response) = refused(status, body);
            let error = refusal.error("read it", &response, Effect::Read);
            assert_eq!((error.kind(), error.retry()), read, "{error:?}");
            let shown = format!("{error:?}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{expected}: {shown}");
            let error = refusal.error("write it", &response, Effect::Write);
            assert_eq!((error.kind(), error.retry()), (write, Retry::Never), "{error:?}");
        }
    }

    #[test]
    fn only_the_api_server_proves_absence_presence_and_change() {
        let about = |reason: &str, name: &str, kind: &str| {
            format!(
                r#"{{"kind": "Status", "reason": "{reason}", "details": {{"name": "{name}", "kind": "{kind}"}}}}"#
            )
        };
        for (status, reason) in [(404, "NotFound"), (409, "AlreadyExists"), (409, "Conflict")] {
            for (body, is_proof) in [
                (about(reason, "db", "secrets"), true),
                (about(reason, "other", "secrets"), false),
                (about(reason, "db", "leases"), false),
                (about("Other", "db", "secrets"), false),
                ("{}".to_owned(), false),
                ("<html>".to_owned(), false),
            ] {
                let response = Response::new(status, HeaderMap::new(), body.clone());
                let refusal = Refusal::read(&response, &Redactor::default());
                let shown = [
                    refusal.is_missing("secrets", "db"),
                    refusal.is_present("secrets", "db"),
                    refusal.is_changed("secrets", "db"),
                ];
                let expected = ["NotFound", "AlreadyExists", "Conflict"].map(|it| is_proof && it == reason);
                assert_eq!(shown, expected, "{status} {body}");
            }
        }
    }
}
