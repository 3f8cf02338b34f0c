//! Plugins for the place that the testkit serves, so that several processes share state.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::plugin::{Build, Context, Plugin, Section, SettingsType};
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};
use deployer_core::{Error, Kind, Result};
use deployer_http::{
    Bytes, Client, Endpoint, HttpSettings, Method, Request, Response, status_error, write_error,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scene::Scene;

/// The variable that adds the plugins to the program under test.
pub const VARIABLE: &str = "TEST_STATE_PLACE";

/// `kind = "served"`.
pub static SERVED: Plugin = Plugin::new(
    "served",
    deployer_core::origin!(),
    SettingsType::of::<Settings>(),
    Build::State(|section, context| Ok(Arc::new(Served::read(section, context)?))),
)
.with_example("url = \"https://host/state\"\n");

/// `kind = "served-leases"`: the leases alone.
pub static SERVED_LEASES: Plugin = Plugin::new(
    "served-leases",
    deployer_core::origin!(),
    SettingsType::of::<Settings>(),
    Build::Leases(|section, context| Ok(Arc::new(Served::read(section, context)?))),
)
.with_example("url = \"https://host/state\"\n");

/// What stands beside `kind = "served"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The address of the place.
    url: String,
}

#[derive(Debug)]
struct Served {
    client: Client,
    endpoint: Endpoint,
}

impl Served {
    fn read(section: Section<'_>, context: &Context) -> Result<Self> {
        let settings: Settings = section.read()?;
        let endpoint = Endpoint::parse(&settings.url, true)?;
        Ok(Self { client: Client::new(context, &HttpSettings::default())?, endpoint })
    }

    fn request(&self, method: Method, name: &str) -> Request {
        Request::new(method, self.endpoint.url(&[name]))
    }
}

fn version(answer: &Response) -> ObjectVersion {
    let header = answer.headers.get("etag").and_then(|value| value.to_str().ok());
    ObjectVersion(header.unwrap_or_default().to_owned())
}

#[async_trait]
impl LeasePlace for Served {
    fn location(&self) -> String {
        self.endpoint.to_string()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let answer = self.client.send(self.request(Method::GET, name)).await?;
        match answer.status {
            200 => Ok(Some(StoredObject { version: version(&answer), content: answer.body.to_vec() })),
            404 => Ok(None),
            _ => Err(status_error(&format!("read {name} in {}", self.endpoint), &answer)),
        }
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let request = self.request(Method::PUT, name).body(Bytes::from(content), "application/json")?;
        let request = match &condition {
            PutCondition::Absent => request.header("if-none-match", "*")?,
            PutCondition::Unchanged(version) => request.header("if-match", &version.0)?,
        };
        let answer = self.client.send(request).await?;
        match answer.status {
            200 => Ok(PutOutcome::Stored(version(&answer))),
            412 => Ok(PutOutcome::ConditionFailed),
            _ => Err(write_error(&format!("write {name} in {}", self.endpoint), &answer)),
        }
    }
}

#[async_trait]
impl StatePlace for Served {
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let answer =
            self.client.send(Request::get(self.endpoint.url(&[])).query([("prefix", prefix)])).await?;
        if answer.status != 200 {
            return Err(status_error(&format!("list {}", self.endpoint), &answer));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| Error::new(Kind::Unexpected, "a list of names").with_cause(error))
    }

    async fn delete(&self, name: &str) -> Result<()> {
        self.client.send(self.request(Method::DELETE, name)).await.map(drop)
    }
}

impl Scene {
    /// The table of a settings file that names the place which the world serves.
    pub fn served_section(&self) -> String {
        format!("[state]\nkind = \"served\"\nurl = \"{}\"\n", self.world.server().url("/state"))
    }
}
