//! Kubernetes' API as JSON, and the one place where values pass from it
//! (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/>).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::traits::SecretAnswer;
use deployer_core::{Error, Kind, Redactor, Result, SecretValue};
use deployer_http::{Request, Response};
use deployer_kubernetes::Namespace;
use serde::Deserialize;

use crate::naming::Place;

/// Only the names of a list of Secrets: without this, the API server returns their values too.
const NAMES_ALONE: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The API of Secrets.
const API: [&str; 2] = ["api", "v1"];
const SECRETS: &str = "secrets";

/// The Secrets of a namespace at an API server.
#[derive(Debug)]
pub(crate) struct Wire {
    namespace: Namespace,
}

/// A Secret. It has no `Debug`, because that would show its values.
#[derive(Deserialize)]
struct Secret {
    kind: String,
    metadata: Metadata,
    #[serde(default)]
    data: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    r#continue: String,
}

#[derive(Deserialize)]
struct Page {
    metadata: Metadata,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
}

/// The data of a Secret by key, in base64. It has no `Debug`, because that would show its values.
pub(crate) struct Data(BTreeMap<String, String>);

impl Wire {
    pub(crate) fn new(namespace: Namespace) -> Self {
        Self { namespace }
    }

    /// How messages call the namespace.
    pub(crate) fn location(&self) -> String {
        self.namespace.location()
    }

    /// Masks secrets in the words of the API server.
    pub(crate) fn redactor(&self) -> &Redactor {
        self.namespace.redactor()
    }

    /// Asks for a Secret. Any status is an answer.
    pub(crate) async fn secret(&self, attempted: &str, name: &str) -> Result<Response> {
        let request =
            Request::get(self.namespace.url(&API, SECRETS, Some(name))).accept("application/json")?;
        self.send(attempted, request).await
    }

    /// The data in an answer with a Secret.
    ///
    /// # Errors
    /// `Unexpected` for another answer.
    pub(crate) fn data(&self, attempted: &str, name: &str, response: &Response) -> Result<Data> {
        let secret: Secret = response.json("a Secret").map_err(|error| error.context(attempted))?;
        if secret.kind != "Secret" || secret.metadata.name != name {
            return Err(Error::new(Kind::Unexpected, attempted)
                .with_cause("the answer is not the Secret that was asked for")
                .with_hint("check the address of the API server"));
        }
        Ok(Data(secret.data.unwrap_or_default()))
    }

    /// The list of all Secrets, page by page.
    pub(crate) fn pages(&self) -> Pages<'_> {
        Pages { wire: self, next: Some(String::new()), seen: BTreeSet::new(), names: Vec::new() }
    }

    async fn send(&self, attempted: &str, request: Request) -> Result<Response> {
        self.namespace.send(request).await.map_err(|error| error.context(attempted))
    }
}

impl Data {
    /// The names of all keys.
    pub(crate) fn keys(self) -> Vec<String> {
        self.0.into_keys().collect()
    }

    /// The answer for a place in this Secret.
    pub(crate) fn answer(&self, place: &Place) -> SecretAnswer {
        let Place { name, key } = place;
        let Some(encoded) = self.0.get(key) else {
            return SecretAnswer::missing_because(format!("the Secret {name} exists and has no key `{key}`"));
        };
        let failed =
            |kind: Kind, cause: &str| Error::new(kind, format!("read {place}")).with_cause(cause.to_owned());
        let Ok(bytes) = STANDARD.decode(encoded) else {
            return SecretAnswer::failed(failed(Kind::Unexpected, "its data is not base64"));
        };
        match String::from_utf8(bytes) {
            Ok(text) => SecretAnswer::found(SecretValue::new(text)),
            Err(_) => SecretAnswer::failed(
                failed(Kind::Rejected, "its value is binary, and nodes take text")
                    .with_hint("store it as text, such as base64"),
            ),
        }
    }
}

/// A list under way.
pub(crate) struct Pages<'a> {
    wire: &'a Wire,
    /// The token of the next page; `None` after the last.
    next: Option<String>,
    seen: BTreeSet<String>,
    /// The names of the Secrets so far.
    pub(crate) names: Vec<String>,
}

impl Pages<'_> {
    /// Asks for the next page; `None` after the last.
    pub(crate) async fn next(&mut self, attempted: &str) -> Result<Option<Response>> {
        let Some(page) = self.next.take() else { return Ok(None) };
        let request = Request::get(self.wire.namespace.url(&API, SECRETS, None)).accept(NAMES_ALONE)?;
        let request = request.query([("limit", "500")]);
        let request = if page.is_empty() { request } else { request.query([("continue", page.as_str())]) };
        self.wire.send(attempted, request).await.map(Some)
    }

    /// Takes the names of a page.
    pub(crate) fn take(&mut self, attempted: &str, response: &Response) -> Result<()> {
        let page: Page = response.json("the list of Secrets").map_err(|error| error.context(attempted))?;
        self.names.extend(page.items.into_iter().map(|item| item.metadata.name));
        let next = page.metadata.r#continue;
        if next.is_empty() {
            return Ok(());
        }
        // A list that goes on where it has been would never end.
        if !self.seen.insert(next.clone()) {
            return Err(Error::new(Kind::Unexpected, attempted)
                .with_cause("the list of Secrets continues at a page that was read before"));
        }
        self.next = Some(next);
        Ok(())
    }
}
