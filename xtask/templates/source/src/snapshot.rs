//! The files at one revision.

use std::sync::Arc;

use deployer_core::async_trait;
use deployer_core::model::Revision;
use deployer_core::traits::Snapshot;
use deployer_core::{Error, Kind, Result};
use deployer_http::Request;
use futures::StreamExt;

use crate::errors::check;
use crate::manifest::Manifest;
use crate::wire::Wire;

/// The number of concurrent reads.
const AT_ONCE: usize = 8;

/// The files of a revision. Each is read when it is requested.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) wire: Arc<Wire>,
    pub(crate) manifest: Manifest,
}

impl Files {
    async fn read_one(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let steps = steps(path)?;
        if !self.manifest.files.contains(&steps.join("/")) {
            return Ok(None);
        }
        let segments: Vec<&str> = ["files", &self.manifest.revision].into_iter().chain(steps).collect();
        let attempted = format!("read {path:?}");
        let response = self.wire.send(&attempted, Request::get(self.wire.url(&segments))).await?;
        Ok(Some(check(&attempted, response)?.body.to_vec()))
    }
}

/// The parts of a path that stays below the root.
fn steps(path: &str) -> Result<Vec<&str>> {
    if path.starts_with('/') || path.split('/').any(|step| step == "..") {
        let text = format!("read {path:?}: the path leaves the configuration");
        return Err(Error::new(Kind::Verification, text)
            .with_hint("name a file of the configuration; no `..`, no absolute path"));
    }
    Ok(path.split('/').filter(|step| !matches!(*step, "" | ".")).collect())
}

#[async_trait]
impl Snapshot for Files {
    fn revision(&self) -> Option<Revision> {
        Some(Revision::new(self.manifest.revision.as_str()))
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let prefix: String = steps(folder)?.into_iter().flat_map(|step| [step, "/"]).collect();
        Ok(self.manifest.files.iter().filter(|path| path.starts_with(&prefix)).cloned().collect())
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        // The list is collected first, because a stream that borrows its closure is not `Send`.
        let reads: Vec<_> = paths.iter().map(|path| self.read_one(path)).collect();
        futures::stream::iter(reads).buffered(AT_ONCE).collect().await
    }
}
