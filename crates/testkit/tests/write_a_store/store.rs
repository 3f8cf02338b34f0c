//! Secrets from a shelf: `GET <url>/<name>` answers `{"value": "…"}`, or 404 with `{"missing": "<name>"}`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::plugin::{Build, Context, Credential, Plugin, Section, SettingsType};
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Endpoint, HttpSettings, Request, Response, status_error};
use schemars::JsonSchema;
use serde::Deserialize;

/// `kind = "shelf"`: secrets from a shelf.
pub const SHELF: Plugin =
    Plugin::new("shelf", deployer_core::origin!(), SettingsType::of::<Settings>(), Build::Store(build))
        .with_about("Secrets from a shelf")
        .with_example("url = \"https://shelf.example.com\"\ntoken = { env = \"SHELF_TOKEN\" }\n");

/// The settings, as people write them. The doc comments are their help.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The address of the shelf.
    url: String,
    /// A reference to the token.
    token: Credential,
    /// Certificates and time limits.
    #[serde(default)]
    http: HttpSettings,
}

/// Checks the settings and finds the token. It opens no connection.
fn build(section: Section<'_>, context: &Context) -> Result<Arc<dyn SecretStore>> {
    let settings: Settings = section.read()?;
    Ok(Arc::new(Shelf {
        endpoint: Endpoint::parse(&settings.url, settings.http.allow_http)?,
        token: settings.token.resolve(context)?,
        client: Client::new(context, &settings.http)?,
    }))
}

/// The store. The client has the proxies, certificates and time limits of the run.
struct Shelf {
    client: Client,
    endpoint: Endpoint,
    token: SecretValue,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({})", self.endpoint)
    }
}

#[async_trait]
impl SecretStore for Shelf {
    fn location(&self) -> String {
        format!("the shelf at {}", self.endpoint)
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        match secret.name.as_str() {
            name @ ("" | "." | "..") => {
                let message = format!("a shelf can't have a secret named {name:?}");
                Err(Error::new(Kind::Verification, message).with_hint("give it another name"))
            }
            name => Ok(SecretAddress::new(name)),
        }
    }

    /// One request per secret.
    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let read = |secret: &WantedSecret| -> Box<dyn SecretRead + 'a> {
            Box::new(ReadOne { shelf: self, secret: secret.clone() })
        };
        Ok(secrets.iter().map(read).collect())
    }
}

/// Reads one secret.
struct ReadOne<'a> {
    shelf: &'a Shelf,
    secret: WantedSecret,
}

/// The answer with a secret. It has no `Debug`, because that would show the value.
#[derive(Deserialize)]
struct Found {
    value: String,
}

/// The answer for a secret that doesn't exist.
#[derive(Deserialize)]
struct Missing {
    missing: String,
}

#[async_trait]
impl SecretRead for ReadOne<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        vec![&self.secret]
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let (shelf, name) = (self.shelf, self.secret.name.as_str());
        let request = Request::get(shelf.endpoint.url(&[name])).bearer(&shelf.token)?;
        // The text names no secret: the runner reports equal errors of many reads once.
        let attempted = format!("read secrets from {}", shelf.location());
        let response = shelf.client.send(request).await.map_err(|error| error.context(&attempted))?;
        let answer = match response.status {
            200 => SecretAnswer::found(SecretValue::new(response.json::<Found>("a secret")?.value)),
            404 if is_missing(&response, name) => SecretAnswer::missing(),
            403 => {
                let error = status_error(&format!("read {name} from {}", shelf.location()), &response);
                SecretAnswer::failed(error.with_hint("the token needs permission to read this secret"))
            }
            401 => return Err(status_error(&attempted, &response).with_hint("renew the token")),
            _ => return Err(status_error(&attempted, &response).with_hint("check `url`")),
        };
        Ok(SecretAnswers::from([(self.secret.clone(), answer)]))
    }
}

/// Whether the shelf itself answered: a proxy answers 404 too, and that proves nothing.
fn is_missing(response: &Response, name: &str) -> bool {
    response.json::<Missing>("a missing secret").is_ok_and(|answer| answer.missing == name)
}
