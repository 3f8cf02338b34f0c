//! Failures of object storage, in words that name the missing right and the next step.

use deployer_core::{Error, Kind, Redactor, Result, Retry};
use deployer_http::{Effect, Method, Response, classify, find_cause, status_error, write_error};

use crate::service::{Action, Service};

/// The most characters of a service's own words that an error repeats.
const LONGEST: usize = 500;

/// Lets through the answers that `object_store` understands. All others become errors here, where the whole answer is available.
pub(crate) fn judge(
    service: Service,
    method: &Method,
    answer: Response,
    redactor: &Redactor,
) -> Result<Response> {
    let effect = if method == Method::GET || method == Method::HEAD { Effect::Read } else { Effect::Write };
    if answer.is_success() {
        if answer.content_type().as_deref() != Some("text/html") {
            return Ok(answer);
        }
        let kind = if effect == Effect::Read { Kind::Unexpected } else { Kind::UnknownOutcome };
        return Err(Error::new(kind, "")
            .with_cause(format!("the answer is not one of {}", service.name()))
            .with_hint("a web page came instead of an answer: check the address, and whether a proxy answers instead"));
    }
    let code = code(&answer);
    let is_write = method == Method::PUT;
    match answer.status {
        404 if service.says_no_object(&code) => return Ok(answer),
        // The object exists, or has another version.
        412 if is_write => return Ok(answer),
        409 if is_write && code == "BlobAlreadyExists" => return Ok(answer),
        _ => {}
    }
    let error = match effect {
        Effect::Read => status_error("", &answer),
        Effect::Write => write_error("", &answer),
    };
    let kind = classify(effect, answer.status, None).0;
    let container = service.container();
    let message = element(&answer, "Message");
    // The rest of Azure's words differs per request: it would make one failure look like many.
    let message = message.split("RequestId:").next().unwrap_or_default();
    let error = if service.says_unauthenticated(&code, message) {
        error.with_kind(Kind::Unauthenticated).with_hint(
            "the credential is expired, invalid or of another account; check the clock of this machine",
        )
    } else if service.says_no_container(&code) {
        error
            .with_cause(format!("the {container} does not exist"))
            .with_hint(format!("create the {container}, or check its name"))
    } else if kind == Kind::NotFound {
        error.with_hint(format!("check the address: {} does not answer there", service.name()))
    } else if answer.status == 409 {
        // Nothing was stored.
        error.with_retry(Retry::Soon)
    } else if answer.status == 500 && effect == Effect::Read {
        error.with_kind(Kind::Unavailable).with_retry(Retry::Soon)
    } else {
        error
    };
    let words = [code.as_str(), message].join(" ");
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = redactor.mask(&line).0.chars().take(LONGEST).collect();
    Err(if line.is_empty() { error } else { error.with_detail(format!("{} says: {line}", service.name())) })
}

/// The code of a failure: Azure has a header for it.
fn code(answer: &Response) -> String {
    let header = answer.headers.get("x-ms-error-code").and_then(|value| value.to_str().ok());
    header.map_or_else(|| element(answer, "Code"), str::to_owned)
}

/// The text of the first element of this name in an answer in XML.
fn element(answer: &Response, name: &str) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let found = body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    found.map(|(text, _)| text.to_owned()).unwrap_or_default()
}

/// The failure of an action on the object or the list that `attempted` names. Nothing of the other library's text is repeated: it can
/// include an address or a body.
pub(crate) fn failure(
    service: Service,
    action: Action,
    attempted: &str,
    error: &object_store::Error,
) -> Error {
    let Some(ours) = find_cause::<Error>(error) else {
        let kind = match action {
            Action::Read | Action::List => Kind::Unexpected,
            Action::Write | Action::Delete => Kind::UnknownOutcome,
        };
        return Error::new(kind, attempted)
            .with_cause(format!("the answer is not one of {}", service.name()))
            .with_hint("check the address, and whether a proxy answers instead");
    };
    let named = Error::new(ours.kind(), attempted)
        .with_cause(ours.cause().unwrap_or(ours.message()))
        .with_retry(ours.retry());
    let named = ours.details().iter().fold(named, Error::with_detail);
    let named = match ours.kind() {
        Kind::Denied => named.with_hint(format!("grant the identity {}", service.right(action))),
        _ => named,
    };
    ours.hints().iter().fold(named, Error::with_hint)
}

#[cfg(test)]
mod tests {
    use deployer_http::HeaderMap;

    use super::*;

    fn judged(service: Service, method: Method, status: u16, body: &str) -> Result<Response> {
        judge(
            service,
            &method,
            Response::new(status, HeaderMap::new(), body.to_owned()),
            &Redactor::default(),
        )
    }

    fn xml(code: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>words\n of it</Message></Error>")
    }

    #[test]
    fn only_the_service_proves_that_an_object_is_absent() {
        for (service, code, proves) in [
            (Service::S3, "NoSuchKey", true),
            (Service::S3, "NoSuchBucket", false),
            (Service::S3, "BlobNotFound", false),
            (Service::Azure, "BlobNotFound", true),
            (Service::Azure, "ContainerNotFound", false),
            (Service::Gcs, "NoSuchKey", true),
            (Service::S3, "", false),
        ] {
            assert_eq!(judged(service, Method::GET, 404, &xml(code)).is_ok(), proves, "{service:?} {code}");
        }
        assert_eq!(judged(Service::S3, Method::GET, 404, "<html>").unwrap_err().kind(), Kind::NotFound);
    }

    #[test]
    fn a_failed_condition_is_an_answer_of_writes_alone() {
        assert!(judged(Service::S3, Method::PUT, 412, "").is_ok());
        assert!(judged(Service::Azure, Method::PUT, 409, &xml("BlobAlreadyExists")).is_ok());
        assert_eq!(judged(Service::S3, Method::GET, 412, "").unwrap_err().kind(), Kind::Conflict);
        let error = judged(Service::S3, Method::PUT, 409, &xml("ConditionalRequestConflict")).unwrap_err();
        assert_eq!((error.kind(), error.retry()), (Kind::Conflict, Retry::Soon));
    }

    #[test]
    fn a_failure_names_its_kind_the_words_of_the_service_and_the_right() {
        let error = judged(Service::S3, Method::PUT, 403, &xml("AccessDenied")).unwrap_err();
        let error = object_store::Error::Generic { store: "S3", source: Box::new(error) };
        let error = failure(Service::S3, Action::Write, "write a in s3://b", &error);
        assert_eq!((error.kind(), error.message()), (Kind::Denied, "write a in s3://b"));
        assert_eq!(error.details(), ["S3 says: AccessDenied words of it"]);
        assert!(error.hints()[0].contains("`s3:PutObject`"), "{error:?}");
        let kind = |service, status, code: &str| {
            judged(service, Method::GET, status, &xml(code)).unwrap_err().kind()
        };
        assert_eq!(kind(Service::S3, 403, "SignatureDoesNotMatch"), Kind::Unauthenticated);
        assert_eq!(kind(Service::S3, 400, "ExpiredToken"), Kind::Unauthenticated);
        assert_eq!(kind(Service::Azure, 403, "AuthenticationFailed"), Kind::Unauthenticated);
        assert_eq!(kind(Service::S3, 500, "InternalError"), Kind::Unavailable);
    }

    #[test]
    fn a_write_that_might_have_been_carried_out_has_an_unknown_outcome() {
        for status in [500, 502, 503, 504] {
            let error = judged(Service::Gcs, Method::PUT, status, "").unwrap_err();
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{status}");
        }
        let unreadable = object_store::Error::Generic { store: "S3", source: "hunter2".into() };
        let error = failure(Service::S3, Action::Write, "write a", &unreadable);
        assert_eq!(error.kind(), Kind::UnknownOutcome);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(failure(Service::S3, Action::List, "list", &unreadable).kind(), Kind::Unexpected);
    }
}
