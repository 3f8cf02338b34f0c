//! The service as a place for state.

use deployer_core::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::{LeasePlace, ObjectVersion, PutCondition, PutOutcome, StatePlace, StoredObject};
use deployer_core::{Kind, Result};
use deployer_http::{Request, Response};
use serde::Deserialize;

use crate::errors::{check_read, check_write, unreadable};
use crate::settings::Settings;
use crate::wire::Wire;

/// A service that stores objects under conditions.
#[derive(Debug)]
pub(crate) struct Place {
    wire: Wire,
}

/// The answer for an object that doesn't exist.
#[derive(Deserialize)]
struct Missing {
    missing: String,
}

/// The 404 of a proxy or of a wrong base path proves nothing.
fn is_missing(response: &Response, name: &str) -> bool {
    response.status == 404
        && response.json::<Missing>("a missing object").is_ok_and(|answer| answer.missing == name)
}

fn version(response: &Response) -> Option<ObjectVersion> {
    let etag = response.headers.get("etag")?.to_str().ok()?;
    Some(ObjectVersion(etag.to_owned()))
}

impl Place {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Wire::new(settings, context)? })
    }
}

#[async_trait]
impl LeasePlace for Place {
    fn location(&self) -> String {
        self.wire.location()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        let attempted = format!("read {name} in {}", self.location());
        let response = self.wire.send(&attempted, Request::get(self.wire.url(&[name]))).await?;
        if is_missing(&response, name) {
            return Ok(None);
        }
        let response = check_read(&attempted, response)?;
        let version = version(&response).ok_or_else(|| unreadable(Kind::Unexpected, &attempted))?;
        Ok(Some(StoredObject { content: response.body.to_vec(), version }))
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        let attempted = format!("write {name} in {}", self.location());
        let request = Request::put(self.wire.url(&[name])).body(content, "application/octet-stream")?;
        let request = match &condition {
            PutCondition::Absent => request.header("if-none-match", "*")?,
            PutCondition::Unchanged(version) => request.header("if-match", &version.0)?,
        };
        let response = self.wire.send(&attempted, request).await?;
        if response.status == 412 {
            return Ok(PutOutcome::ConditionFailed);
        }
        let response = check_write(&attempted, response)?;
        let version = version(&response).ok_or_else(|| unreadable(Kind::UnknownOutcome, &attempted))?;
        Ok(PutOutcome::Stored(version))
    }
}

#[async_trait]
impl StatePlace for Place {
    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let attempted = format!("list {}", self.location());
        let request = Request::get(self.wire.url(&[""])).query([("prefix", prefix)]);
        let response = check_read(&attempted, self.wire.send(&attempted, request).await?)?;
        let mut names: Vec<String> = response.json("the list").map_err(|error| error.context(&attempted))?;
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, name: &str) -> Result<()> {
        let attempted = format!("delete {name} in {}", self.location());
        let response = self.wire.send(&attempted, Request::delete(self.wire.url(&[name]))).await?;
        if is_missing(&response, name) {
            return Ok(());
        }
        match check_write(&attempted, response)?.status {
            204 => Ok(()),
            _ => Err(unreadable(Kind::UnknownOutcome, &attempted)),
        }
    }
}
