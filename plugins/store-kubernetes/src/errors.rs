//! Kubernetes' refusals in words that name the next step.

use deployer_core::{Error, Kind, Redactor};
use deployer_http::{Response, status_error};
use serde::Deserialize;

/// A `Status` of the API server
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>).
#[derive(Debug, Default)]
pub(crate) struct Refusal {
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
    pub(crate) fn read(response: &Response, redactor: &Redactor) -> Self {
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

    /// Whether the refusal proves that there is no Secret of this name. The 404 of a proxy or of a wrong address proves nothing.
    pub(crate) fn is_missing(&self, name: &str) -> bool {
        let (kind, named) = &self.about;
        self.status == 404 && self.reason == "NotFound" && kind == "secrets" && named == name
    }

    /// Whether the caller lacks a permission.
    pub(crate) fn is_about_permission(&self) -> bool {
        self.status == 403 && self.reason == "Forbidden"
    }
}

/// A failed read of a Secret.
pub(crate) fn read(
    attempted: &str,
    name: &str,
    location: &str,
    response: &Response,
    refusal: &Refusal,
) -> Error {
    if !refusal.is_about_permission() {
        return general(attempted, response, refusal);
    }
    let error = Error::new(Kind::Denied, format!("read {name} from {location}"))
        .with_cause("permission denied")
        .with_hint(format!("grant the verb `get` on the Secret: kubectl create role … --verb=get --resource=secrets --resource-name={name}"));
    with_words(error, refusal)
}

/// A refusal that is the same for every secret.
pub(crate) fn general(attempted: &str, response: &Response, refusal: &Refusal) -> Error {
    let error = status_error(attempted, response);
    let error = match refusal.status {
        401 => error.with_hint("the token or certificate is expired, or of another cluster; check `login`"),
        404 => error.with_hint("check the address: the API server of Kubernetes doesn't answer there"),
        // A failure inside the API server may pass; a read is harmless to repeat.
        500 if !refusal.reason.is_empty() => error.with_retry(deployer_core::Retry::Soon),
        _ => error,
    };
    with_words(error, refusal)
}

fn with_words(error: Error, refusal: &Refusal) -> Error {
    match refusal.words.as_str() {
        "" => error,
        words => error.with_detail(format!("Kubernetes says: {words}")),
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::Retry;
    use deployer_http::HeaderMap;

    use super::*;

    fn refused(status: u16, body: &'static str) -> (Error, bool) {
        let response = Response::new(status, HeaderMap::new(), body);
        let refusal = Refusal::read(&response, &Redactor::default());
        (read("read secrets", "db", "namespace n", &response, &refusal), refusal.is_missing("db"))
    }

    #[test]
    fn each_refusal_has_its_kind_and_the_next_step() {
        for (status, body, kind, retry, expected) in [
            (
                401,
                r#"{"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}"#,
                Kind::Unauthenticated,
                Retry::Never,
                "check `login`",
            ),
            (
                403,
                r#"{"kind": "Status", "reason": "Forbidden", "message": "secrets \"db\" is forbidden"}"#,
                Kind::Denied,
                Retry::Never,
                "--resource-name=db",
            ),
            (403, "<html>hunter2</html>", Kind::Denied, Retry::Never, "web page"),
            (404, "<html>hunter2</html>", Kind::NotFound, Retry::Never, "check the address"),
            (
                500,
                r#"{"kind": "Status", "reason": "InternalError", "message": "etcdserver: timeout"}"#,
                Kind::Unexpected,
                Retry::Soon,
                "Kubernetes says: etcdserver",
            ),
        ] {
            let (error, is_missing) = refused(status, body);
            let shown = format!("{error:?}");
            assert_eq!((error.kind(), error.retry(), is_missing), (kind, retry, false), "{shown}");
            assert!(shown.contains(expected) && !shown.contains("hunter2"), "{expected}: {shown}");
        }
    }

    #[test]
    fn only_the_api_server_proves_absence() {
        let status =
            r#"{"kind": "Status", "reason": "NotFound", "details": {"name": "db", "kind": "secrets"}}"#;
        assert!(refused(404, status).1);
        for body in [
            "{}",
            "<html>",
            r#"{"kind": "Status", "reason": "NotFound", "details": {}}"#,
            r#"{"kind": "Status", "reason": "NotFound", "details": {"name": "other", "kind": "secrets"}}"#,
        ] {
            assert!(!refused(404, body).1, "{body}");
        }
    }
}
