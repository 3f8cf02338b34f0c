//! The client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};

use crate::failure::Circumstances;
use crate::request::Request;
use crate::response::Response;
use crate::settings::HttpSettings;
use crate::status::refuse_redirect;
use crate::trust::Trust;

/// The largest answer that is read unless [`Client::with_answer_limit`] says otherwise.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// Sends requests. Cheap to clone; clones share their connections.
///
/// It follows no redirects, retries nothing, and reads no environment. Dropping the future of [`Self::send`] cancels the request.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    trust: Arc<Trust>,
    connect_timeout: Duration,
    timeout: Duration,
    answer_limit: usize,
    redirect_answers: bool,
}

impl Client {
    /// A client with the trust and the proxies that settings and context say.
    ///
    /// # Errors
    /// `Settings` as [`Trust::from_context`] and [`HttpSettings`] say.
    pub fn new(context: &Context, settings: &HttpSettings) -> Result<Client> {
        Self::with_trust(Trust::from_context(context, settings, &[])?, settings)
    }

    /// A client with trust and proxies that were found before, such as with further variables.
    ///
    /// # Errors
    /// `Settings` when certificates, proxies or times cannot be used.
    pub fn with_trust(trust: Trust, settings: &HttpSettings) -> Result<Client> {
        let (timeout, connect_timeout) = (settings.timeout()?, settings.connect_timeout()?);
        let builder = reqwest::Client::builder()
            .user_agent(concat!("sesam-deployer/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(connect_timeout)
            .timeout(timeout);
        let client = trust.apply(builder)?.build().map_err(|cause| {
            let cause =
                std::error::Error::source(&cause).map_or_else(|| cause.to_string(), ToString::to_string);
            let error = Error::new(Kind::Settings, "no HTTPS client with these certificates")
                .with_cause(cause)
                .with_hint(
                    "name the certificates to trust in `ca_file` of the table `http`, or in SSL_CERT_FILE",
                );
            if trust.has_identity() {
                error.with_hint("check `http.client_certificate` and its private key, `http.client_key`")
            } else {
                error
            }
        })?;
        Ok(Client {
            client,
            trust: Arc::new(trust),
            connect_timeout,
            timeout,
            answer_limit: ANSWER_LIMIT,
            redirect_answers: false,
        })
    }

    /// The same client with another limit on the size of answers, in bytes.
    #[must_use]
    pub fn with_answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    /// The same client, which returns redirects as answers for the caller to judge; it does not follow them either.
    #[must_use]
    pub fn with_redirect_answers(mut self) -> Self {
        self.redirect_answers = true;
        self
    }

    /// Sends a request and reads the whole answer. An answer of any status but a redirect is `Ok`.
    ///
    /// # Errors
    /// - `Unavailable` or `Timeout`, to be retried soon: no connection, or no answer to a read.
    /// - `Unavailable`, not to be retried: the server's certificate is not trusted.
    /// - `UnknownOutcome`: no complete answer to a write.
    /// - `Unexpected`: a redirect, named by its target, or an answer above the limit.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let started = Instant::now();
        let name = request.name();
        let circumstances = Circumstances {
            connect_timeout: self.connect_timeout,
            timeout: request.timeout.unwrap_or(self.timeout),
            proxy: self.trust.proxy(request.url.scheme()),
            request: &request,
        };
        let mut builder =
            self.client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        if let Some(timeout) = request.timeout {
            builder = builder.timeout(timeout);
        }
        let mut answer = builder.send().await.map_err(|cause| circumstances.failure(cause))?;
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        if !self.redirect_answers {
            refuse_redirect(&name, &request.url, status, &headers)?;
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|cause| circumstances.failure(cause))? {
            if body.len() + chunk.len() > self.answer_limit {
                return Err(circumstances.too_large(self.answer_limit));
            }
            body.extend_from_slice(&chunk);
        }
        let elapsed = started.elapsed();
        tracing::debug!(request = %name, status, bytes = body.len(), ?elapsed, "answered");
        Ok(Response::new(status, headers, body.freeze()))
    }
}
