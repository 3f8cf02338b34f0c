//! The SDK's requests, sent by our own client: its trust, proxies, time limits and refusal of redirects hold for them too.

use std::fmt;
use std::sync::Arc;

use azure_core::http::headers::Headers;
use azure_core::http::request::{Body, Request as SdkRequest};
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, RetryOptions, Transport as SdkTransport,
};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Effect, Method, Request, Response, Url};

use crate::refusal::{Service, refused};
use crate::words::check_object;

/// The server that gets the requests, and what its answers mean.
pub trait Peer: fmt::Debug + Send + Sync + 'static {
    /// Checks that a request can go to an address.
    ///
    /// # Errors
    /// When it is not one of this server.
    fn check(&self, url: &Url) -> Result<()>;

    /// Lets through what the SDK understands. All else becomes an error here, where the whole answer is available.
    ///
    /// # Errors
    /// What the answer stands for.
    fn judge(&self, request: &SdkRequest, answer: &Response, redactor: &Redactor) -> azure_core::Result<()>;
}

/// A service that issues tokens.
#[derive(Debug)]
pub(crate) struct TokenService(pub(crate) Service);

impl Peer for TokenService {
    fn check(&self, _: &Url) -> Result<()> {
        Ok(())
    }

    fn judge(&self, request: &SdkRequest, answer: &Response, redactor: &Redactor) -> azure_core::Result<()> {
        if answer.is_success() {
            return check_object(answer, "a token").map_err(foreign);
        }
        let entra = request.url().path().ends_with("/oauth2/v2.0/token");
        let service = if entra { Service::Entra } else { self.0 };
        Err(foreign(refused(service, answer, redactor)))
    }
}

/// Sends requests to one peer.
#[derive(Debug)]
struct Transport<P> {
    client: Client,
    peer: P,
    redactor: Redactor,
}

/// Options of the SDK that send through our own client and never try again: the runner does that.
pub fn client_options(client: Client, peer: impl Peer, redactor: &Redactor) -> ClientOptions {
    let transport = Transport { client, peer, redactor: redactor.clone() };
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(SdkTransport::new(Arc::new(transport))),
        ..ClientOptions::default()
    }
}

/// An error of ours on its way through the SDK. This kind is never tried again there.
pub fn foreign<E: std::error::Error + Send + Sync + 'static>(error: E) -> azure_core::Error {
    azure_core::Error::new(azure_core::error::ErrorKind::Other, error)
}

#[async_trait::async_trait]
impl<P: Peer> HttpClient for Transport<P> {
    async fn execute_request(&self, request: &SdkRequest) -> azure_core::Result<AsyncRawResponse> {
        self.peer.check(request.url()).map_err(foreign)?;
        let ours = translated(request).map_err(foreign)?;
        let answer = self.client.send(ours).await.map_err(foreign)?;
        self.peer.judge(request, &answer, &self.redactor)?;
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut sdk_headers = Headers::new();
        for (name, value) in headers {
            sdk_headers.insert(name, value);
        }
        Ok(AsyncRawResponse::from_bytes(answer.status.into(), sdk_headers, answer.body))
    }
}

fn translated(request: &SdkRequest) -> Result<Request> {
    let method = Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Error::new(Kind::Bug, "a method of another library cannot be sent"))?;
    // Nothing that is asked here changes anything.
    let mut ours = Request::new(method, request.url().clone()).effect(Effect::Read);
    for (name, value) in request.headers().iter() {
        let (name, value) = (name.as_str(), value.as_str());
        // The body brings its own length.
        if name == "content-length" {
            continue;
        }
        ours = match name {
            "authorization" | "x-identity-header" => ours.header_secret(name, &SecretValue::new(value))?,
            _ => ours.header(name, value)?,
        };
    }
    match request.body() {
        Body::Bytes(bytes) if bytes.is_empty() => Ok(ours),
        Body::Bytes(bytes) => ours.body(bytes.clone(), "application/x-www-form-urlencoded"),
        Body::SeekableStream(_) => Err(Error::new(Kind::Bug, "a body of another library cannot be sent")),
    }
}
