//! Vault's HTTP API: vaultrs' request types, sent by our own client.

mod answers;
mod logins;
mod redirects;
mod requests;

use async_trait::async_trait;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Effect, Endpoint, Request, Response};
use rustify::errors::ClientError;

pub(crate) use answers::{
    Capabilities, Complaint, Fields, ListAnswer, LoginAnswer, Mount, MountAnswer, PlainAnswer, ReadAnswer,
    TokenAnswer, UnwrapAnswer, VersionMetadata, is_of_vault,
};
pub(crate) use logins::{
    AzureLogin, SignedIdentity, login_with_approle, login_with_aws, login_with_azure, login_with_certificate,
    login_with_github, login_with_jwt, login_with_kubernetes, login_with_password,
};
pub(crate) use redirects::Redirects;
pub(crate) use requests::{AskCapabilities, FindMount, ListByGet};

/// The API below an address, in a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Client,
    endpoint: Endpoint,
    /// Scheme, host and port: what rustify builds its URLs on. The rest of the address is put in when a request is sent.
    origin: String,
    namespace: Option<String>,
    redirects: Redirects,
    redactor: Redactor,
}

impl Wire {
    pub(crate) fn new(client: Client, endpoint: Endpoint, redirects: Redirects, redactor: Redactor) -> Self {
        let client = client.with_redirect_answers();
        Self { client, origin: endpoint.origin(), endpoint, namespace: None, redirects, redactor }
    }

    /// The same API in a namespace.
    pub(crate) fn in_namespace(mut self, namespace: Option<String>) -> Self {
        self.namespace = namespace;
        self
    }

    /// The address as messages call it.
    pub(crate) fn location(&self) -> String {
        format!("Vault at {}", self.endpoint)
    }

    /// Knows every secret of the run.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Sends a request that is harmless to repeat, with a token or without. Any status is an answer. `attempted` is what a
    /// failure says was attempted.
    pub(crate) async fn call<E: rustify::Endpoint>(
        &self,
        attempted: &str,
        endpoint: &E,
        token: Option<&SecretValue>,
    ) -> Result<Response> {
        self.exchange(attempted, endpoint, token, Effect::Read).await
    }

    /// As [`Self::call`], for a request that uses something up: when no answer comes, its outcome is unknown.
    pub(crate) async fn call_once<E: rustify::Endpoint>(
        &self,
        attempted: &str,
        endpoint: &E,
        token: &SecretValue,
    ) -> Result<Response> {
        self.exchange(attempted, endpoint, Some(token), Effect::Write).await
    }

    /// rustify's and vaultrs' own executors are not used: they drop `Retry-After`, and keep and log whole answers.
    async fn exchange<E: rustify::Endpoint>(
        &self,
        attempted: &str,
        endpoint: &E,
        token: Option<&SecretValue>,
        effect: Effect,
    ) -> Result<Response> {
        let call = Call { wire: self, token, effect };
        let unbuildable = |_| Error::new(Kind::Bug, attempted).with_cause("the request cannot be built");
        let request = endpoint.request(rustify::client::Client::base(&call)).map_err(unbuildable)?;
        let answer =
            rustify::client::Client::send(&call, request).await.map_err(|cause| renamed(attempted, cause))?;
        let (head, body) = answer.into_parts();
        Ok(Response::new(head.status.as_u16(), head.headers, body))
    }
}

/// One call with its token, as rustify sees a client.
struct Call<'a> {
    wire: &'a Wire,
    token: Option<&'a SecretValue>,
    effect: Effect,
}

impl Call<'_> {
    async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<Response> {
        let (head, body) = request.into_parts();
        let mut url = self.wire.endpoint.url(&["v1"]);
        url.set_path(&format!("{}{}", url.path(), head.uri.path()));
        // rustify writes `?` also where no member of the query is set.
        url.set_query(head.uri.query().filter(|query| !query.is_empty()));
        let mut request =
            Request::new(head.method, url).effect(self.effect).header("x-vault-request", "true")?;
        if let Some(namespace) = &self.wire.namespace {
            request = request.header("x-vault-namespace", namespace)?;
        }
        if let Some(token) = self.token {
            request = request.header_secret("x-vault-token", token)?;
        }
        if !body.is_empty() {
            request = request.body(body, "application/json")?;
        }
        self.wire.redirects.follow(&self.wire.client, request).await
    }
}

#[async_trait]
impl rustify::client::Client for Call<'_> {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ClientError> {
        let answer = self
            .exchange(request)
            .await
            .map_err(|error| ClientError::GenericError { source: error.into() })?;
        let mut response = http::Response::new(Vec::from(answer.body));
        if let Ok(status) = http::StatusCode::from_u16(answer.status) {
            *response.status_mut() = status;
        }
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    fn base(&self) -> &str {
        &self.wire.origin
    }
}

/// Our own error out of rustify's, named by what was attempted and not by its URL: equal failures of many reads are told once.
fn renamed(attempted: &str, cause: ClientError) -> Error {
    let foreign =
        || Error::new(Kind::Bug, attempted).with_cause("the request failed in a way of another library");
    let ClientError::GenericError { source } = cause else { return foreign() };
    match source.downcast::<Error>() {
        Ok(error) => {
            let renamed = Error::new(error.kind(), attempted).with_retry(error.retry());
            let renamed = renamed.with_cause(error.cause().unwrap_or(error.message()));
            error.hints().iter().fold(renamed, |renamed, hint| renamed.with_hint(hint))
        }
        Err(_) => foreign(),
    }
}
