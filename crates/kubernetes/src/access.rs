//! An API server, and a namespace there.

use std::fmt;

use deployer_core::plugin::{Context, Credential, blocking};
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, Request, Response, Url};

use crate::names::check_namespace;

/// An API server, and who we are to it.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    /// `None` if the certificate of the client is the credential.
    pub(crate) token: Option<Token>,
    /// The namespace that the login names.
    pub(crate) namespace: Option<String>,
}

/// A token.
pub(crate) enum Token {
    /// It stays the same.
    Fixed(SecretValue),
    /// Kubernetes replaces the content of the file.
    File(Credential, Box<Context>),
}

impl Token {
    /// Finds a token.
    pub(crate) fn resolve(credential: Credential, context: &Context) -> Result<Self> {
        let value = credential.resolve(context)?;
        Ok(match credential {
            Credential::File(_) => Self::File(credential, Box::new(context.clone())),
            _ => Self::Fixed(value),
        })
    }

    async fn value(&self) -> Result<SecretValue> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::File(credential, context) => {
                let (credential, context) = (credential.clone(), context.clone());
                blocking("read the token", move || credential.resolve(&context)).await
            }
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Access {
    /// A namespace: the given one, or that of the login.
    pub(crate) fn namespace(self, given: Option<String>, redactor: &Redactor) -> Result<Namespace> {
        let Self { client, endpoint, token, namespace } = self;
        let name = given.or(namespace).ok_or_else(|| {
            Error::new(Kind::Settings, "the namespace is not defined")
                .with_cause("neither the settings nor the login name one")
                .with_hint("set `namespace`")
        })?;
        checked(&name)?;
        Ok(Namespace { client, endpoint, token, name, redactor: redactor.clone() })
    }
}

/// Refuses what no namespace can have as its name.
pub(crate) fn checked(name: &str) -> Result<()> {
    check_namespace(name)
        .map_err(|cause| Error::new(Kind::Settings, "`namespace` cannot be used").with_cause(cause))
}

/// A namespace at an API server.
#[derive(Debug)]
pub struct Namespace {
    client: Client,
    endpoint: Endpoint,
    token: Option<Token>,
    name: String,
    redactor: Redactor,
}

impl Namespace {
    /// How messages call it.
    pub fn location(&self) -> String {
        format!("namespace {} of {}", self.name, self.endpoint)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Masks secrets in the words of the API server.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The address of a collection of an API, such as `["api", "v1"]` and `secrets`, or of an object in it.
    pub fn url(&self, api: &[&str], collection: &str, object: Option<&str>) -> Url {
        let namespace = ["namespaces", &self.name, collection];
        let segments: Vec<&str> = api.iter().copied().chain(namespace).chain(object).collect();
        self.endpoint.url(&segments)
    }

    /// Sends a request with the credential. Any status is an answer.
    ///
    /// # Errors
    /// When there is no answer, or no credential.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let request = match &self.token {
            Some(token) => request.bearer(&token.value().await?)?,
            None => request,
        };
        self.client.send(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_single_label() {
        for name in ["sesam", "sesam-2", &"n".repeat(63)] {
            checked(name).unwrap();
        }
        for name in ["", "a.b", "Sesam", "-a", "a/b", &"n".repeat(64)] {
            assert_eq!(checked(name).unwrap_err().kind(), Kind::Settings, "{name}");
        }
    }
}
