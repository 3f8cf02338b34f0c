//! A request, built step by step. The one place where a secret becomes a header.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use deployer_core::{Error, Kind, Result, SecretValue};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde::Serialize;
use url::Url;

/// What sending a request twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: after a failure it can be sent again.
    Read,
    /// It can have an effect twice: without an answer the outcome is unknown (`Kind::UnknownOutcome`).
    Write,
}

/// A request. `Debug` shows neither credentials, nor the query, nor the body.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) effect: Effect,
    pub(crate) timeout: Option<Duration>,
    shown: Option<String>,
}

impl Request {
    /// A request with any method. `GET`, `HEAD`, `OPTIONS` and `LIST` are reads by default; see [`Self::effect`].
    pub fn new(method: Method, url: Url) -> Self {
        let headers = HeaderMap::new();
        let request =
            Self { method, url, headers, body: None, effect: Effect::Read, timeout: None, shown: None };
        let effect = if request.is_read_only() { Effect::Read } else { Effect::Write };
        request.effect(effect)
    }

    /// A `GET`.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A `POST`.
    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    /// A `PUT`.
    pub fn put(url: Url) -> Self {
        Self::new(Method::PUT, url)
    }

    /// A `DELETE`.
    pub fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// Where it goes.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same request, credentials included, to another address. The caller must trust that address.
    #[must_use]
    pub fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    /// Sets what sending it twice would do.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Gives this request another time limit than the client's.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The name of the request in messages and logs instead of method and URL, for a URL that is itself a credential.
    #[must_use]
    pub fn shown_as(mut self, name: impl Into<String>) -> Self {
        self.shown = Some(name.into());
        self
    }

    /// Adds members to the query. Messages and logs never show the query.
    #[must_use]
    pub fn query<'a>(mut self, members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.url.query_pairs_mut().extend_pairs(members);
        self
    }

    /// Sets the body to a value as JSON.
    ///
    /// # Errors
    /// `Bug` when the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|_| {
            Error::new(Kind::Bug, format!("{}: the body cannot be written as JSON", self.name()))
        })?;
        self.body(body, "application/json")
    }

    /// Sets the body to the members of a form.
    ///
    /// # Errors
    /// None in practice, as [`Self::body`].
    pub fn form<'a>(self, members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        self.body(body, "application/x-www-form-urlencoded")
    }

    /// Sets the body.
    ///
    /// # Errors
    /// `Settings` when the content type is invalid in a header.
    pub fn body(mut self, body: impl Into<Bytes>, content_type: &str) -> Result<Self> {
        self.body = Some(body.into());
        self.insert(CONTENT_TYPE, content_type, false)
    }

    /// Sets the body alone, for a request that was signed with its headers.
    #[must_use]
    pub fn signed_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the accepted content type.
    ///
    /// # Errors
    /// `Settings` when it is invalid in a header.
    pub fn accept(self, content_type: &str) -> Result<Self> {
        self.insert(ACCEPT, content_type, false)
    }

    /// Sets a header that is not secret.
    ///
    /// # Errors
    /// `Settings` when the name or the value is invalid in a header; the value is not repeated.
    pub fn header(self, name: &str, value: &str) -> Result<Self> {
        let name = header_name(name)?;
        self.insert(name, value, false)
    }

    /// Sets a header to a secret.
    ///
    /// # Errors
    /// `Settings` when the name or the value is invalid in a header, such as a token with a line end.
    pub fn header_secret(self, name: &str, value: &SecretValue) -> Result<Self> {
        let name = header_name(name)?;
        self.insert(name, exposed(value), true)
    }

    /// Sets `Authorization: Bearer …`.
    ///
    /// # Errors
    /// As [`Self::header_secret`].
    pub fn bearer(self, token: &SecretValue) -> Result<Self> {
        let value = format!("Bearer {}", exposed(token));
        self.insert(AUTHORIZATION, &value, true)
    }

    /// Sets `Authorization: Basic …`.
    ///
    /// # Errors
    /// None in practice: base64 is always a header.
    pub fn basic(self, user: &str, password: &SecretValue) -> Result<Self> {
        let value = format!("Basic {}", STANDARD.encode(format!("{user}:{}", exposed(password))));
        self.insert(AUTHORIZATION, &value, true)
    }

    /// Whether its method cannot change anything at the other side.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "LIST")
    }

    /// Its name in messages: method and URL without query, or the name from [`Self::shown_as`].
    pub fn name(&self) -> String {
        match &self.shown {
            Some(shown) => shown.clone(),
            None => {
                let path = self.url.path();
                format!("{} {}{path}", self.method, self.url.origin().ascii_serialization())
            }
        }
    }

    fn insert(mut self, name: HeaderName, value: &str, secret: bool) -> Result<Self> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Error::new(Kind::Settings, format!("the value for the header {name} cannot be sent"))
                .with_cause("it contains a line end or another control character")
                .with_hint("look for a line end in the credential's variable or file")
        })?;
        value.set_sensitive(secret);
        self.headers.insert(name, value);
        Ok(self)
    }
}

fn header_name(name: &str) -> Result<HeaderName> {
    HeaderName::try_from(name)
        .map_err(|_| Error::new(Kind::Settings, format!("{name:?} is not a valid header name")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "secrets become headers here, marked as sensitive, and nowhere else"
)]
fn exposed(value: &SecretValue) -> &str {
    value.expose()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("name", &self.name())
            .field("effect", &self.effect)
            .field("body", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::get(Url::parse("https://host/path?sig=hunter2").expect("a URL"))
    }

    #[test]
    fn a_token_with_a_line_end_is_an_error_that_does_not_show_it() {
        let token = SecretValue::new("hunter2\n");
        for error in [request().bearer(&token), request().header_secret("x-vault-token", &token)] {
            let shown = format!("{:?}", error.expect_err("a line end"));
            assert!(shown.contains("line end") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn debug_shows_no_credential_no_query_and_no_body() {
        let token = SecretValue::new("hunter2");
        let request = request().bearer(&token).expect("a header").json("hunter2").expect("a body");
        let shown = format!("{request:?} {:?}", request.headers);
        assert!(shown.contains("https://host/path") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn reads_and_writes_are_told_apart_by_the_method() {
        let url = || Url::parse("https://host").expect("a URL");
        assert_eq!(Request::get(url()).effect, Effect::Read);
        assert_eq!(Request::new(Method::from_bytes(b"LIST").expect("a method"), url()).effect, Effect::Read);
        assert_eq!(Request::post(url()).effect, Effect::Write);
        assert_eq!(Request::post(url()).effect(Effect::Read).effect, Effect::Read);
    }

    #[test]
    fn forms_queries_and_basic_credentials_are_encoded() {
        let request = request().query([("a b", "ø&")]).form([("k", "v w")]).expect("a form");
        assert_eq!(request.url.query(), Some("sig=hunter2&a+b=%C3%B8%26"));
        assert_eq!(request.body.as_deref(), Some(&b"k=v+w"[..]));
        let request = request.basic("Aladdin", &SecretValue::new("open sesame")).expect("a header");
        assert_eq!(request.headers[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
