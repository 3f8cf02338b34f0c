//! Failures of requests, in our words.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use deployer_core::{Error, Kind, Retry};

use crate::request::{Effect, Request};

/// A request under way, as messages about its failure describe it.
pub(crate) struct Attempt<'a> {
    pub(crate) request: &'a Request,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) proxy: Option<String>,
}

impl Attempt<'_> {
    /// The failure that reqwest reports, without its URL.
    pub(crate) fn failure(&self, cause: reqwest::Error) -> Error {
        let cause = cause.without_url();
        if cause.is_builder() {
            return self.error(Kind::Bug, "the request cannot be built");
        }
        if cause.is_connect() {
            return self.connect_failure(&cause);
        }
        if cause.is_timeout() {
            let text = format!("no answer within {:?}", self.timeout);
            return self.unanswered(Kind::Timeout, text);
        }
        self.unanswered(Kind::Unavailable, format!("the connection was lost: {}", innermost(&cause)))
    }

    /// The answer is larger than the limit, so it was not read to its end.
    pub(crate) fn too_large(&self, limit: usize) -> Error {
        let kind = match self.request.effect {
            Effect::Read => Kind::Unexpected,
            Effect::Write => Kind::UnknownOutcome,
        };
        self.error(kind, format!("the answer is larger than {limit} bytes"))
    }

    /// The run lost its access before the answer came.
    pub(crate) fn access_ended(&self) -> Error {
        self.unanswered(Kind::Timeout, "the run lost its lock before the answer came")
    }

    /// A failure after the request might have been sent.
    fn unanswered(&self, kind: Kind, cause: impl Into<String>) -> Error {
        match self.request.effect {
            Effect::Read => self.error(kind, cause).with_retry(Retry::Soon),
            Effect::Write => self.error(Kind::UnknownOutcome, cause),
        }
    }

    /// A failure before anything was sent.
    fn connect_failure(&self, cause: &reqwest::Error) -> Error {
        let host = self.request.url.host_str().unwrap_or_default();
        if let Some(problem) = find_cause::<rustls::Error>(cause) {
            return self.tls_failure(host, problem);
        }
        if cause.is_timeout() {
            let text = format!("no connection to {host} within {:?}", self.connect_timeout);
            return self.behind_proxy(self.error(Kind::Timeout, text).with_retry(Retry::Soon));
        }
        let text = innermost(cause);
        let unavailable = |text: String| self.error(Kind::Unavailable, text).with_retry(Retry::Soon);
        if cause.is_dns() {
            let asked = self.proxy.as_deref().unwrap_or(host);
            return unavailable(format!("the name {asked} cannot be resolved: {text}"))
                .with_hint("check the spelling of the host, and whether a proxy must be set (HTTPS_PROXY)");
        }
        let error = match io_kind(cause) {
            Some(ErrorKind::ConnectionRefused) => unavailable(format!("{host} refused the connection"))
                .with_hint("check host and port, and whether the service is running"),
            Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                unavailable(format!("{host} closed the connection while it was being set up"))
                    .with_hint("check that the port uses TLS, or whether the address should be http://")
            }
            _ => unavailable(format!("no connection to {host}: {text}")),
        };
        self.behind_proxy(error)
    }

    fn tls_failure(&self, host: &str, problem: &rustls::Error) -> Error {
        use rustls::{CertificateError, Error as Tls};
        let (text, hint) = match problem {
            Tls::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => (
                format!("the certificate is not valid for {host}"),
                "use the host name that the certificate was issued for",
            ),
            Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => (
                format!("the certificate of {host} has expired"),
                "renew the certificate, and check the clock of this machine",
            ),
            Tls::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => (format!("the certificate of {host} is not valid yet"), "check the clock of this machine"),
            Tls::InvalidCertificate(_) => (
                format!("the certificate of {host} is not trusted ({problem})"),
                "name the certificates to trust in `ca_file` of the table `http`, or in SSL_CERT_FILE or REQUESTS_CA_BUNDLE",
            ),
            _ => (
                format!("no TLS with {host} ({problem})"),
                "check that the port uses TLS, or whether the address should not be https://",
            ),
        };
        self.error(Kind::Unavailable, text).with_hint(hint)
    }

    fn behind_proxy(&self, error: Error) -> Error {
        match &self.proxy {
            Some(proxy) => error.with_hint(format!(
                "the request might use the proxy {proxy} (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY); NO_PROXY exempts hosts"
            )),
            None => error,
        }
    }

    fn error(&self, kind: Kind, cause: impl Into<String>) -> Error {
        Error::new(kind, self.request.name()).with_cause(cause.into())
    }
}

/// The text of the innermost cause: reqwest's own texts say only where it happened.
fn innermost(cause: &reqwest::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(inner) = next {
        text = inner.to_string();
        next = inner.source();
    }
    text
}

/// The first cause of a type, also inside I/O errors, whose `source` skips the error that they wrap.
pub fn find_cause<T: std::error::Error + 'static>(error: &dyn std::error::Error) -> Option<&T> {
    let mut next = error.source();
    while let Some(inner) = next {
        if let Some(found) = inner.downcast_ref::<T>() {
            return Some(found);
        }
        next = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    None
}

fn io_kind(cause: &reqwest::Error) -> Option<ErrorKind> {
    let mut next = cause.source();
    let mut kind = None;
    while let Some(inner) = next {
        if let Some(found) = inner.downcast_ref::<std::io::Error>() {
            kind = Some(found.kind());
        }
        next = inner.source();
    }
    kind
}
