//! The requests of `object_store`, sent by our own client.

use async_trait::async_trait;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Method, Request, Response, Url};
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use crate::failure::judge;
use crate::service::Service;

/// Headers that a credential stands in.
const SECRET: [&str; 2] = ["authorization", "x-amz-security-token"];

/// Headers that the client writes itself.
const WRITTEN: [&str; 3] = ["content-length", "host", "user-agent"];

/// Sends requests to one origin, and refuses all others.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) client: Client,
    /// Scheme, host and port.
    pub(crate) origin: String,
    pub(crate) service: Service,
    pub(crate) redactor: Redactor,
}

impl Connector {
    async fn exchange(&self, request: HttpRequest) -> Result<Response> {
        let (head, body) = request.into_parts();
        let (method, request) = self.translated(head)?;
        let body = body.collect().await.map_err(|_| malformed("body"))?.to_bytes();
        let request = if body.is_empty() { request } else { request.signed_body(body) };
        let answer = self.client.send(request).await?;
        judge(self.service, &method, answer, &self.redactor)
    }

    fn translated(&self, head: http::request::Parts) -> Result<(Method, Request)> {
        let url = Url::parse(&head.uri.to_string()).map_err(|_| malformed("address"))?;
        let origin = url.origin().ascii_serialization();
        if origin != self.origin {
            let name = self.service.name();
            return Err(Error::new(Kind::Refused, format!("send a request to {name}"))
                .with_cause(format!("it would go to {origin} instead of {}", self.origin)));
        }
        // The length of an object is that of what is sent.
        let mut request = Request::new(head.method.clone(), url).header("accept-encoding", "identity")?;
        for (name, value) in head.headers.iter().filter(|(name, _)| !WRITTEN.contains(&name.as_str())) {
            let value = value.to_str().map_err(|_| malformed("header"))?;
            request = if SECRET.contains(&name.as_str()) {
                request.header_secret(name.as_str(), &SecretValue::new(value))?
            } else {
                request.header(name.as_str(), value)?
            };
        }
        Ok((head.method, request))
    }
}

fn malformed(what: &str) -> Error {
    Error::new(Kind::Bug, "send a request to object storage").with_cause(format!("the {what} cannot be used"))
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // No kind of failure is sent again: retries are off.
        let failure = |error: Error| HttpError::new(HttpErrorKind::Unknown, error);
        let answer = self.exchange(request).await.map_err(failure)?;
        let mut response = HttpResponse::new(answer.body.into());
        *response.status_mut() =
            http::StatusCode::from_u16(answer.status).map_err(|_| failure(malformed("status")))?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::plugin::Context;
    use deployer_http::{HttpSettings, find_cause};
    use object_store::client::HttpRequestBody;

    use super::*;

    #[tokio::test]
    async fn every_host_except_the_configured_one_is_refused_before_a_connection() {
        let context = Context::new("test");
        let client = Client::new(&context, &HttpSettings::default()).unwrap();
        let (origin, redactor) = ("https://storage.example:9000".to_owned(), Redactor::default());
        let connector = Connector { client, origin, service: Service::Gcs, redactor };
        for address in [
            "http://169.254.169.254/computeMetadata/v1/token",
            "http://metadata.google.internal/",
            "https://storage.example/",
            "http://storage.example:9000/",
            "https://storage.example.other:9000/",
        ] {
            let request = http::Request::get(address).body(HttpRequestBody::empty()).unwrap();
            let error = connector.call(request).await.expect_err("another host");
            let ours = find_cause::<Error>(&error).unwrap();
            assert_eq!(ours.kind(), Kind::Refused, "{address}: {ours:?}");
        }
    }
}
