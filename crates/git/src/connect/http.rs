//! Git over HTTP: gix speaks the protocol, the shared HTTPS client carries it.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Effect, Request, Response, Url};
use gix_protocol::transport::client::blocking_io::Transport;
use gix_protocol::transport::client::blocking_io::http::{
    self, GetResponse, Http, PostBodyDataKind, PostResponse,
};

use super::exchange::{Exchange, Part, PostBody};
use crate::endpoint::Endpoint;
use crate::errors::{self, RequestInfo};
use crate::listed::ListedReferences;
use crate::purpose::Purpose;
use crate::session::Session;

/// The most redirects in a row.
const MOST_REDIRECTS: usize = 5;

/// A connection to a repository over HTTP. Nothing is sent before the handshake.
pub(super) fn transport(
    session: &Arc<Session>,
    endpoint: &Endpoint,
    client: &Client,
    url: &Url,
    purpose: Purpose,
) -> Result<Box<dyn Transport>> {
    let credentials =
        endpoint.access.token.clone().map(|token| (endpoint.access.username().to_owned(), token));
    let about = RequestInfo {
        purpose,
        effect: Effect::Read,
        repository: endpoint.url.to_string(),
        with_token: credentials.is_some(),
    };
    let http =
        GitHttp { session: Arc::clone(session), client: client.clone(), credentials, about, moved_to: None };
    let url = gix::url::parse(url.as_str()).map_err(|_| {
        Error::new(Kind::Settings, format!("{} is not the address of a git repository", endpoint.url))
    })?;
    Ok(Box::new(http::connect_http(http, url, purpose.protocol(), false)))
}

/// Carries gix' requests. Credentials never pass through gix.
struct GitHttp {
    session: Arc<Session>,
    client: Client,
    credentials: Option<(String, SecretValue)>,
    about: RequestInfo,
    /// The address of the repository after a redirect.
    moved_to: Option<String>,
}

impl GitHttp {
    /// A request with gix's headers, which contain no credentials, and those with the credentials.
    fn exchange(&self, request: Request, effect: Effect, headers: &[String]) -> Result<Exchange> {
        let mut request = request.effect(effect);
        for header in headers {
            if let Some((name, value)) = header.split_once(':') {
                request = request.header(name, value.trim())?;
            }
        }
        if let Some((username, token)) = &self.credentials {
            request = request.basic(username, token)?;
        }
        let about = RequestInfo { effect, ..self.about.clone() };
        Ok(Exchange::new(&self.session, &self.client, about, request))
    }

    /// Requests the references. As git does, it follows redirects at the beginning of a conversation; unlike git only within one host, because
    /// the redirected request has the credentials too.
    fn request_references(&mut self, url: &str, base: &str, headers: &[String]) -> Result<Exchange> {
        let mut asked = parse(url)?;
        let tail = url.strip_prefix(base).unwrap_or_default();
        for _ in 0..MOST_REDIRECTS {
            let mut exchange = self.exchange(Request::get(asked.clone()), Effect::Read, headers)?;
            // The session keeps the error, and reading the body returns it.
            let answer = exchange.answer().ok();
            let Some(target) = answer.and_then(|answer| redirect(answer, &asked)) else {
                self.keep(answer);
                return Ok(exchange);
            };
            let moved = target.as_str().strip_suffix(tail).filter(|_| target.origin() == asked.origin());
            let moved = moved.ok_or_else(|| errors::sent_elsewhere(&self.about, &target))?;
            self.moved_to = Some(moved.to_owned());
            asked = target;
        }
        Err(errors::sent_elsewhere(&self.about, &asked))
    }

    /// Keeps the answer to a request for references, so that a later push can begin with it.
    fn keep(&self, answer: Option<&Response>) {
        if let (Purpose::Write, Some(answer)) = (self.about.purpose, answer) {
            let (answer, moved_to) = (answer.clone(), self.moved_to.clone());
            self.session.keep_references(ListedReferences { answer, moved_to });
        }
    }

    /// The answer that an earlier request for references got.
    fn listed(&mut self) -> Option<Exchange> {
        let ListedReferences { answer, moved_to } = self.session.take_references()?;
        self.moved_to = moved_to;
        Some(Exchange::answered(&self.session, &self.client, self.about.clone(), answer))
    }

    /// Keeps an error for [`Session::explain`], and makes one for gix with the same text.
    fn foreign(&self, error: Error) -> gix::Error {
        gix::Error::from_error(self.session.refuse(error))
    }
}

fn parse(url: &str) -> Result<Url> {
    Url::parse(url)
        .map_err(|cause| Error::new(Kind::Bug, "the address of a git request is invalid").with_cause(cause))
}

/// The target of a redirect.
fn redirect(answer: &Response, asked: &Url) -> Option<Url> {
    let location = answer.headers.get("location").filter(|_| matches!(answer.status, 300..=399))?;
    asked.join(location.to_str().ok()?).ok()
}

fn owned(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    headers.into_iter().map(|header| header.as_ref().to_owned()).collect()
}

impl Http for GitHttp {
    type Headers = Part;
    type ResponseBody = Part;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Part, Part>> {
        let exchange = match self.listed() {
            Some(exchange) => exchange,
            None => self
                .request_references(url, base_url, &owned(headers))
                .map_err(|error| self.foreign(error))?,
        };
        let exchange = Rc::new(RefCell::new(exchange));
        Ok(GetResponse { headers: Part::headers(&exchange), body: Part::body(&exchange) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Part, Part, PostBody>> {
        let effect = match self.about.purpose {
            Purpose::Read => Effect::Read,
            Purpose::Write => Effect::Write,
        };
        let exchange = parse(url)
            .and_then(|url| self.exchange(Request::post(url), effect, &owned(headers)))
            .map_err(|error| self.foreign(error))?;
        let exchange = Rc::new(RefCell::new(exchange));
        Ok(PostResponse {
            post_body: PostBody::new(&exchange),
            headers: Part::headers(&exchange),
            body: Part::body(&exchange),
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.moved_to.clone()
    }
}
