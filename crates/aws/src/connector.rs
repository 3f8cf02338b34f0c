//! Our own HTTPS client as the SDK's: one trust, one set of proxies, no redirects, and failures in our words.

use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Effect, Method, Request, Url};
use http_body_util::Full;
use url::Host;

use crate::access::Access;

/// Headers that a credential stands in.
const SECRET: [&str; 4] =
    ["authorization", "x-amz-security-token", "x-aws-ec2-metadata-token", "x-amz-sso_bearer_token"];

/// Headers that the client writes itself.
const WRITTEN: [&str; 3] = ["content-length", "content-type", "host"];

/// Sends what the SDK signs.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    client: Client,
    allow_http: bool,
    /// What the SDK asks for its own sources of credentials; the client's when there is none.
    timeout: Option<Duration>,
}

impl Connector {
    pub(crate) fn new(access: &Access) -> Self {
        Self { client: access.client.clone(), allow_http: access.allow_http, timeout: None }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse> {
        let malformed = |what: &str| {
            Error::new(Kind::Bug, "send a request to AWS").with_cause(format!("the {what} cannot be used"))
        };
        let method = Method::from_bytes(request.method().as_bytes()).map_err(|_| malformed("method"))?;
        let url = Url::parse(request.uri()).map_err(|_| malformed("address"))?;
        if url.scheme() != "https" && !self.allow_http && !is_own_machine(&url) {
            return Err(Error::new(Kind::Settings, "the address of AWS cannot be used")
                .with_cause(format!(
                    "http:// to {} would send secrets in the clear",
                    url.host_str().unwrap_or_default()
                ))
                .with_hint(
                    "check `endpoint` and AWS_ENDPOINT_URL, or set `allow_http = true` in the table `http`",
                ));
        }
        // All calls read; signing in is harmless to repeat.
        let mut ours = Request::new(method, url).effect(Effect::Read);
        if let Some(timeout) = self.timeout {
            ours = ours.timeout(timeout);
        }
        for (name, value) in request.headers().iter().filter(|(name, _)| !WRITTEN.contains(name)) {
            ours = if SECRET.contains(&name) {
                ours.header_secret(name, &SecretValue::new(value))?
            } else {
                ours.header(name, value)?
            };
        }
        let body = request.body().bytes().ok_or_else(|| malformed("body"))?;
        if !body.is_empty() {
            let kind = request.headers().get("content-type").unwrap_or("application/octet-stream");
            ours = ours.body(body.to_vec(), kind)?;
        }
        let answer = self.client.send(ours).await?;
        // A body that is a stream: the SDK logs those that are not.
        let mut response = http::Response::new(SdkBody::from_body_1_x(Full::new(answer.body)));
        *response.status_mut() =
            http::StatusCode::from_u16(answer.status).map_err(|_| malformed("status"))?;
        *response.headers_mut() = answer.headers;
        HttpResponse::try_from(response).map_err(|_| {
            Error::new(Kind::Unexpected, "read the answer of AWS").with_cause("a header of it is not text")
        })
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let timeout =
            settings.read_timeout().map(|read| read + settings.connect_timeout().unwrap_or_default());
        SharedHttpConnector::new(Self { timeout, ..self.clone() })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.exchange(request).await.map_err(failure) })
    }
}

/// Our failure inside the SDK's, to be found again by whoever called the SDK.
fn failure(error: Error) -> ConnectorError {
    match error.kind() {
        Kind::Timeout => ConnectorError::timeout(error.into()),
        Kind::Unavailable => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), None),
    }
}

/// Whether an address is this machine, or where AWS serves credentials to the machine and no other.
fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || IpAddr::V6(address).to_string().starts_with("fd00:ec2::")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_aws_and_this_machine_need_no_tls() {
        for (url, own) in [
            ("http://127.0.0.1:5000/", true),
            ("http://[::1]/", true),
            ("http://localhost:4566/", true),
            ("http://169.254.169.254/latest", true),
            ("http://169.254.170.2/v2", true),
            ("http://[fd00:ec2::254]/latest", true),
            ("http://secretsmanager.eu-north-1.amazonaws.com/", false),
            ("http://[fd00:ec3::254]/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_own_machine(&Url::parse(url).unwrap()), own, "{url}");
        }
    }
}
