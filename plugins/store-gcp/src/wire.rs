//! Secret Manager's REST API, and the one place where values and credentials pass to and from it
//! (<https://cloud.google.com/secret-manager/docs/reference/rest>).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Client, Endpoint, Request, Response};
use serde::Deserialize;

use crate::naming::Place;

/// The secrets of a project at the service.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    endpoint: Endpoint,
    /// `projects/p` or `projects/p/locations/l`, in segments.
    parent: Vec<String>,
    /// Masks secrets in the words of the service.
    pub(crate) redactor: Redactor,
}

/// The answer with a version. It has no `Debug`, because that would show the value.
#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    payload: Payload,
}

#[derive(Deserialize, Default)]
struct Payload {
    // JSON of Google leaves out an empty text.
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    secrets: Vec<Secret>,
    #[serde(default)]
    next_page_token: String,
}

#[derive(Deserialize)]
struct Secret {
    name: String,
}

impl Wire {
    pub(crate) fn new(
        client: Client,
        endpoint: Endpoint,
        project: &str,
        location: Option<&str>,
        redactor: Redactor,
    ) -> Self {
        let project = ["projects", project].into_iter();
        let location = location.into_iter().flat_map(|location| ["locations", location]);
        Self { client, endpoint, parent: project.chain(location).map(str::to_owned).collect(), redactor }
    }

    /// How messages call the service.
    pub(crate) fn location(&self) -> String {
        format!("Secret Manager {}", self.parent.join("/"))
    }

    /// Asks for a version of a secret. Any status is an answer.
    pub(crate) async fn access(
        &self,
        attempted: &str,
        token: &SecretValue,
        name: &str,
        version: &str,
    ) -> Result<Response> {
        let version = format!("{version}:access");
        let request =
            Request::get(self.endpoint.url(&self.segments(&["secrets", name, "versions", &version])));
        self.send(attempted, request, token).await
    }

    /// The value in an answer with a version.
    ///
    /// # Errors
    /// `Unexpected` for another answer, `Rejected` for a value that is not text.
    pub(crate) fn value(&self, attempted: &str, place: &Place, response: &Response) -> Result<SecretValue> {
        let answer: serde_json::Value =
            response.json("a version").map_err(|error| error.context(attempted))?;
        // Any JSON object would do for a version without a value.
        let name = answer["name"].as_str().unwrap_or_default();
        let unexpected = |cause: &str| {
            Error::new(Kind::Unexpected, attempted).with_cause(cause.to_owned()).with_hint("check `address`")
        };
        if !name.contains(&format!("/secrets/{}/versions/", place.name)) {
            return Err(unexpected("the answer is not one of Secret Manager: it doesn't name the secret"));
        }
        let version = serde_json::from_value::<Version>(answer)
            .map_err(|_| unexpected("the answer with a version has an unexpected structure"))?;
        let bytes = STANDARD
            .decode(&version.payload.data)
            .map_err(|_| unexpected("the data of a version is not base64"))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(Kind::Rejected, format!("read {place} from {}", self.location()))
                .with_cause("its value is binary, and nodes take text")
                .with_hint("store it as text, such as base64")
        })?;
        Ok(SecretValue::new(text))
    }

    /// The list of all secrets, page by page.
    pub(crate) fn pages(&self) -> Pages<'_> {
        Pages { wire: self, next: Some(String::new()), seen: BTreeSet::new(), names: Vec::new() }
    }

    async fn send(&self, attempted: &str, request: Request, token: &SecretValue) -> Result<Response> {
        self.client.send(request.bearer(token)?).await.map_err(|error| error.context(attempted))
    }

    fn segments<'a>(&'a self, below: &[&'a str]) -> Vec<&'a str> {
        let parent = self.parent.iter().map(String::as_str);
        std::iter::once("v1").chain(parent).chain(below.iter().copied()).collect()
    }
}

/// A list under way.
pub(crate) struct Pages<'a> {
    wire: &'a Wire,
    /// The token of the next page; `None` after the last.
    next: Option<String>,
    seen: BTreeSet<String>,
    /// The names of the secrets so far.
    pub(crate) names: Vec<String>,
}

impl Pages<'_> {
    /// Asks for the next page; `None` after the last.
    pub(crate) async fn next(&mut self, attempted: &str, token: &SecretValue) -> Result<Option<Response>> {
        let Some(page) = self.next.take() else { return Ok(None) };
        let request = Request::get(self.wire.endpoint.url(&self.wire.segments(&["secrets"])));
        // The largest page: the quota for lists is small.
        let request = request.query([("pageSize", "25000")]);
        let request = if page.is_empty() { request } else { request.query([("pageToken", page.as_str())]) };
        self.wire.send(attempted, request, token).await.map(Some)
    }

    /// Takes the names of a page.
    pub(crate) fn take(&mut self, attempted: &str, response: &Response) -> Result<()> {
        let page: Page = response.json("the list of secrets").map_err(|error| error.context(attempted))?;
        let names = page.secrets.iter().filter_map(|secret| secret.name.rsplit_once("/secrets/"));
        self.names.extend(names.map(|(_, name)| name.to_owned()));
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        // A list that goes on where it has been would never end.
        if !self.seen.insert(page.next_page_token.clone()) {
            return Err(Error::new(Kind::Unexpected, attempted)
                .with_cause("the list of secrets continues at a page that was read before"));
        }
        self.next = Some(page.next_page_token);
        Ok(())
    }
}
