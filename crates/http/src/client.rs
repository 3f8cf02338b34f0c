//! The client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use deployer_core::plugin::{Context, RequestLimits, WriteAccess, time_limit};
use deployer_core::{Error, Kind, Result};
use http::HeaderMap;

use crate::failure::Attempt;
use crate::request::Request;
use crate::response::Response;
use crate::settings::HttpSettings;
use crate::status::refuse_redirect;
use crate::trust::Trust;

/// How much memory an answer gets before it has come.
const LARGEST_RESERVE: usize = 16 << 20;

/// Sends requests. Cheap to clone; clones share their connections.
///
/// It follows no redirects, retries nothing, and reads no environment. Dropping the future of [`Self::send`] cancels the request.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    trust: Arc<Trust>,
    limits: RequestLimits,
    writes: WriteAccess,
    connect_timeout: Duration,
    timeout: Duration,
    redirect_answers: bool,
}

impl Client {
    /// A client with the trusted certificates and the proxies of settings and context.
    ///
    /// # Errors
    /// `Settings` as for [`Trust::from_context`] and [`HttpSettings`].
    pub fn new(context: &Context, settings: &HttpSettings) -> Result<Client> {
        Self::with_trust(context, Trust::from_context(context, settings, &[])?, settings)
    }

    /// A client with trusted certificates and proxies that were found before, such as with further variables.
    ///
    /// # Errors
    /// `Settings` when certificates, proxies or times are invalid.
    pub fn with_trust(context: &Context, trust: Trust, settings: &HttpSettings) -> Result<Client> {
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
            Error::new(Kind::Settings, "cannot set up HTTPS").with_cause(cause)
        })?;
        Ok(Client {
            client,
            trust: Arc::new(trust),
            limits: context.requests.clone(),
            writes: context.writes.clone(),
            connect_timeout,
            timeout,
            redirect_answers: false,
        })
    }

    /// The same client, which returns redirects as answers for the caller to judge; it does not follow them either.
    #[must_use]
    pub fn with_redirect_answers(mut self) -> Self {
        self.redirect_answers = true;
        self
    }

    /// Sends a request and reads the whole answer. An answer of any status except a redirect is `Ok`.
    ///
    /// It first waits until the run can have another request in flight. Neither this wait nor the request counts as time of the
    /// runner's call: the request's own time limit decides. A request that can change something is sent only while the context's
    /// [`WriteAccess`] allows it, which is checked right before it is sent, and is given up when that ends.
    ///
    /// # Errors
    /// - `Unavailable` or `Timeout`, to be retried soon: no connection, or no answer to a read.
    /// - `Unavailable`, not to be retried: the server's certificate is not trusted.
    /// - `UnknownOutcome`: no complete answer to a write.
    /// - That of the [`WriteAccess`]: nothing was sent.
    /// - `Unexpected`: a redirect, named by its target, or an answer above the limit of [`RequestLimits`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        let _permit = self.limits.permit().await;
        let _limited = time_limit::self_limited();
        let started = Instant::now();
        let name = request.name();
        let attempt = Attempt {
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
        let exchange = self.exchange(builder, &attempt);
        let (status, headers, body) = if request.is_read_only() {
            exchange.await?
        } else {
            self.writes.check()?;
            self.writes.limit(exchange).await.unwrap_or_else(|| Err(attempt.access_ended()))?
        };
        let elapsed = started.elapsed();
        tracing::debug!(request = %name, status, bytes = body.len(), ?elapsed, "answered");
        Ok(Response::new(status, headers, body))
    }

    /// Sends what was built, and reads the answer.
    async fn exchange(
        &self,
        builder: reqwest::RequestBuilder,
        attempt: &Attempt<'_>,
    ) -> Result<(u16, HeaderMap, Bytes)> {
        let mut answer = builder.send().await.map_err(|cause| attempt.failure(cause))?;
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        if !self.redirect_answers {
            refuse_redirect(attempt.request, status, &headers)?;
        }
        let limit = self.limits.answer_bytes();
        // What a server announces saves growing the buffer again and again. It is not trusted with more memory than that.
        let announced = answer.content_length().and_then(|length| usize::try_from(length).ok());
        let mut body = BytesMut::with_capacity(announced.unwrap_or_default().min(limit).min(LARGEST_RESERVE));
        while let Some(chunk) = answer.chunk().await.map_err(|cause| attempt.failure(cause))? {
            if body.len() + chunk.len() > limit {
                return Err(attempt.too_large(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body.freeze()))
    }
}
