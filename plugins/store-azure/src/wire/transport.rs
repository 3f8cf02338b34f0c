//! The SDK's requests, sent by our own client: its trust, proxies, time limits and refusal of redirects hold for them too.

use std::sync::Arc;

use azure_core::http::headers::Headers;
use azure_core::http::request::{Body, Request as SdkRequest};
use azure_core::http::{AsyncRawResponse, HttpClient, Transport as SdkTransport};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Effect, Method, Request, Response, Url};

use super::login_refusal::{Service, refused};
use super::refusal::{Object, Refusal};

/// The server that gets the requests.
#[derive(Debug)]
pub(crate) enum Peer {
    /// The vault at an origin: the only one that gets a token for it.
    Vault(String),
    /// A service that issues tokens.
    Login(Service),
}

/// Sends requests to one peer.
#[derive(Debug)]
struct Transport {
    client: Client,
    peer: Peer,
    redactor: Redactor,
}

/// Our client as the SDK takes it.
pub(crate) fn transport(client: Client, peer: Peer, redactor: &Redactor) -> SdkTransport {
    SdkTransport::new(Arc::new(Transport { client, peer, redactor: redactor.clone() }))
}

/// An error of ours on its way through the SDK. This kind is never tried again there.
pub(crate) fn foreign<E: std::error::Error + Send + Sync + 'static>(error: E) -> azure_core::Error {
    azure_core::Error::new(azure_core::error::ErrorKind::Other, error)
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &SdkRequest) -> azure_core::Result<AsyncRawResponse> {
        self.check_host(request.url()).map_err(foreign)?;
        let ours = translated(request).map_err(foreign)?;
        let answer = self.client.send(ours).await.map_err(foreign)?;
        self.judge(request, &answer)?;
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

impl Transport {
    /// A list may go on at any address that the vault names; a token does not follow it to another host.
    fn check_host(&self, url: &Url) -> Result<()> {
        match &self.peer {
            Peer::Vault(origin) if url.origin().ascii_serialization() != *origin => {
                Err(Error::new(Kind::Unexpected, "list secrets")
                    .with_cause(format!(
                        "the list goes on at another host, {}",
                        url.origin().ascii_serialization()
                    ))
                    .with_hint("set `address` to the vault's own name"))
            }
            _ => Ok(()),
        }
    }

    /// Lets through what the SDK understands; all else becomes an error here, where the whole answer is known.
    fn judge(&self, request: &SdkRequest, answer: &Response) -> azure_core::Result<()> {
        if answer.is_success() {
            let any: Result<Object> = answer.json(match self.peer {
                Peer::Vault(_) => "a secret",
                Peer::Login(_) => "a token",
            });
            return any.map(drop).map_err(foreign);
        }
        match &self.peer {
            Peer::Vault(_) if is_challenge(request, answer) => Ok(()),
            Peer::Vault(_) => Err(foreign(Refusal::read(answer, &self.redactor))),
            Peer::Login(service) => {
                let entra = request.url().path().ends_with("/oauth2/v2.0/token");
                let service = if entra { Service::Entra } else { *service };
                Err(foreign(refused(service, answer, &self.redactor)))
            }
        }
    }
}

/// Whether the vault only wants to know who asks. After a login the same answer is a refusal.
fn is_challenge(request: &SdkRequest, answer: &Response) -> bool {
    answer.status == 401
        && answer.headers.contains_key("www-authenticate")
        && !request.headers().iter().any(|(name, _)| name.as_str() == "authorization")
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
