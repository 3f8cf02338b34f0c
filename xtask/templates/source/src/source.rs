//! The service as a source of a configuration.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::plugin::Context;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_http::Request;

use crate::errors::check;
use crate::manifest::Manifest;
use crate::settings::Settings;
use crate::snapshot::Files;
use crate::wire::Wire;

/// A service that answers `GET /` with the list of files at its latest revision.
#[derive(Debug)]
pub(crate) struct Source {
    wire: Arc<Wire>,
}

impl Source {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        Ok(Self { wire: Arc::new(Wire::new(settings, context)?) })
    }

    async fn manifest(&self) -> Result<Manifest> {
        let attempted = "list the files of the configuration";
        let response = self.wire.send(attempted, Request::get(self.wire.url(&[]))).await?;
        check(attempted, response)?.json("the list of files")
    }
}

#[async_trait]
impl ConfigSource for Source {
    fn location(&self) -> String {
        self.wire.location()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(Some(Revision::new(self.manifest().await?.revision)))
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(Files { wire: Arc::clone(&self.wire), manifest: self.manifest().await? }))
    }
}
