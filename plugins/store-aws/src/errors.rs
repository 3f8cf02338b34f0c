//! Failures of AWS in words that tell a person what to do
//! (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html>).

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use deployer_aws::{credentials, find, renamed, told};
use deployer_core::{Error, Kind, Redactor, Retry};
use deployer_http::{HeaderMap, Response, status_error};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};

/// What a call of the SDK fails with.
pub(crate) type CallError<E> = SdkError<E, HttpResponse>;

/// A failed call, as far as it may be told.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The service refused it.
    Refused(Refusal),
    /// There is no answer that can be read.
    Broken(Error),
}

/// What the service says about a refused call, or about one secret of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    code: String,
    message: String,
    /// Status and the headers that matter, without a body.
    response: Response,
}

/// What a refusal says about a secret.
pub(crate) enum Verdict {
    /// It is not there, with the reason where there is one.
    Missing(Option<String>),
    /// It could not be found out.
    Failed(Error),
}

impl Failure {
    pub(crate) fn of_call<E>(attempted: &str, error: CallError<E>, redactor: &Redactor) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        if let Some(ours) = find::<Error>(&error) {
            return Self::Broken(renamed(attempted, ours));
        }
        if let Some(cause) = find::<CredentialsError>(&error) {
            return Self::Broken(credentials(cause, None, redactor));
        }
        let response = error.raw_response().map(without_body);
        match (error.as_service_error(), response) {
            // A success that cannot be read is an error of the service to the SDK too.
            (Some(said), Some(response)) if !response.is_success() => Self::Refused(Refusal {
                code: said.code().unwrap_or_default().to_owned(),
                message: told(said.message().unwrap_or_default(), redactor),
                response,
            }),
            (_, response) => Self::Broken(unreadable(attempted, response.as_ref())),
        }
    }
}

impl Refusal {
    /// What a batch says about one of its secrets.
    pub(crate) fn of_one(code: Option<&str>, message: Option<&str>, redactor: &Redactor) -> Self {
        Self {
            code: code.unwrap_or_default().to_owned(),
            message: told(message.unwrap_or_default(), redactor),
            response: Response::new(400, HeaderMap::new(), ""),
        }
    }

    /// Whether the caller may not do this, whatever the reason.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.code.as_str(), "AccessDeniedException" | "AccessDenied")
    }

    /// What it says about a secret that was read by `action`. Equal failures of many secrets have equal texts, unless the secret is
    /// the reason.
    pub(crate) fn verdict(&self, attempted: &str, action: &str, id: &str) -> Verdict {
        let error = |kind: Kind, cause: &str| self.says(Error::new(kind, attempted).with_cause(cause));
        Verdict::Failed(match self.code.as_str() {
            "ResourceNotFoundException" => {
                let of_version = self.message.contains("staging label") || self.message.contains("VersionId");
                return Verdict::Missing(of_version.then(|| "it has no such version".to_owned()));
            }
            "InvalidRequestException" if self.message.contains("delet") => {
                let why = "it is marked for deletion; `aws secretsmanager restore-secret` brings it back";
                return Verdict::Missing(Some(why.to_owned()));
            }
            _ if self.is_denied() && self.message.to_lowercase().contains("kms") => self.undecrypted(id),
            "DecryptionFailure" | "DecryptionFailureException" => self.undecrypted(id),
            _ if self.is_denied() => self.says(
                Error::new(Kind::Denied, format!("read {id}"))
                    .with_cause("access denied")
                    .with_hint(format!("the identity needs a policy that allows `{action}` on it; a secret of another account needs a resource policy too"))
                    .with_hint("AWS answers the same for some secrets that do not exist: check the name, the region and the account"),
            ),
            "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => {
                error(Kind::Unauthenticated, "the credentials have expired")
                    .with_hint("log in anew (`aws sso login`), or get new credentials; check the clock of this machine")
            }
            "InvalidSignatureException" | "SignatureDoesNotMatch" | "IncompleteSignature" => {
                error(Kind::Unauthenticated, "the signature is not accepted")
                    .with_hint("check the secret access key and the clock of this machine")
            }
            "UnrecognizedClientException" | "InvalidClientTokenId" | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" | "NotAuthorized" | "OptInRequired" => {
                error(Kind::Unauthenticated, "the credentials are not accepted").with_hint(
                    "check access key and session token, and whether they are of this partition and region",
                )
            }
            "InternalServiceError" | "InternalServiceErrorException" | "InternalFailure" | "ServiceUnavailable"
            | "ServiceUnavailableException" => {
                error(Kind::Unavailable, "the service cannot answer now").with_retry(self.later())
            }
            "RequestTimeout" | "RequestTimeoutException" => {
                error(Kind::Timeout, "the service waited in vain for the request").with_retry(self.later())
            }
            code if is_throttling(code) => {
                error(Kind::RateLimited, "too many requests").with_retry(self.later())
            }
            "" => {
                let error = status_error(attempted, &self.response);
                // A failure inside the service may pass; a read is harmless to repeat.
                if self.response.status == 500 { error.with_retry(Retry::Soon) } else { error }
            }
            code => self.says(Error::new(Kind::Rejected, format!("read {id}")).with_cause(code)),
        })
    }

    fn undecrypted(&self, id: &str) -> Error {
        self.says(
            Error::new(Kind::Denied, format!("read {id}"))
                .with_cause("its value cannot be decrypted")
                .with_hint(
                    "the identity needs `kms:Decrypt` on the key of the secret, and the key must be enabled",
                ),
        )
    }

    fn later(&self) -> Retry {
        self.response.retry_after().map_or(Retry::Soon, Retry::After)
    }

    fn says(&self, error: Error) -> Error {
        if self.message.is_empty() { error } else { error.with_detail(format!("AWS says: {}", self.message)) }
    }
}

/// The codes by which services of AWS ask for fewer requests, as the SDKs know them.
fn is_throttling(code: &str) -> bool {
    code.contains("Throttl")
        || matches!(
            code,
            "TooManyRequestsException"
                | "RequestLimitExceeded"
                | "LimitExceededException"
                | "SlowDown"
                | "ProvisionedThroughputExceededException"
                | "BandwidthLimitExceeded"
                | "PriorRequestNotComplete"
        )
}

/// An answer that is not one of the service. Nothing of it is kept.
pub(crate) fn unreadable(attempted: &str, response: Option<&Response>) -> Error {
    match response {
        Some(response) if !response.is_success() => status_error(attempted, response),
        _ => Error::new(Kind::Unexpected, attempted)
            .with_cause("the answer is not one of AWS Secrets Manager")
            .with_hint("check `endpoint` and AWS_ENDPOINT_URL, and whether a proxy or a sign-in page stands in between"),
    }
}

/// An answer's status and the headers that matter.
fn without_body(raw: &HttpResponse) -> Response {
    let mut headers = HeaderMap::new();
    for name in [RETRY_AFTER, CONTENT_TYPE] {
        if let Some(value) =
            raw.headers().get(name.as_str()).and_then(|value| HeaderValue::from_str(value).ok())
        {
            headers.insert(name, value);
        }
    }
    Response::new(raw.status().as_u16(), headers, "")
}
