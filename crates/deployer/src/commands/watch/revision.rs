//! The revision of the source, or a digest of its files where it has none.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::traits::ConfigSource;
use sha2::{Digest, Sha256};

use crate::session::{Scope, Session};

/// Looks at the source.
pub(super) struct Looker {
    source: Arc<dyn ConfigSource>,
}

impl Looker {
    pub(super) async fn new(session: &Session<'_>) -> Result<Self> {
        let (deployment, _) = session.deployment(Scope::Source).await?;
        Ok(Self { source: deployment.source })
    }

    /// Where the configuration is read from.
    pub(super) fn location(&self) -> String {
        self.source.location()
    }

    /// The revision. One request for a git repository; a folder without revisions is read.
    pub(super) async fn revision(&self, session: &Session<'_>) -> Result<String> {
        let runner = &session.runner;
        if let Some(revision) =
            runner.read("read the revision of the source", || self.source.revision()).await?
        {
            return Ok(revision.to_string());
        }
        let snapshot = runner.read("read the configuration", || self.source.fetch()).await?;
        let files = runner.read("list the files of the configuration", || snapshot.list("")).await?;
        let mut digest = Sha256::new();
        for (file, content) in files.iter().zip(snapshot.read(&files).await) {
            digest.update(file);
            digest.update([0]);
            digest.update(content?.unwrap_or_default());
            digest.update([0]);
        }
        let digest = digest.finalize();
        Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}
