//! The revision of the source, or a digest of its files where it has none.

use std::path::{Path, absolute};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_engine::run::Deployment;
use tokio::sync::Mutex;

use crate::digest::digest;
use crate::session::{Scope, Session};

/// Looks at the source.
pub(super) struct Looker {
    source: Arc<dyn ConfigSource>,
    /// The folders that a deploy reads, below the root of the source. The empty path is the root.
    folders: Vec<String>,
    /// The state folder below the root, which changes with each deploy.
    state: Option<String>,
    /// The files of the revision that was compared last, if the source has revisions.
    kept: Arc<Mutex<Option<Arc<dyn Snapshot>>>>,
}

/// A source at one revision, whose files are kept.
#[derive(Debug)]
struct Kept {
    source: Arc<dyn ConfigSource>,
    kept: Arc<Mutex<Option<Arc<dyn Snapshot>>>>,
    revision: String,
}

#[async_trait]
impl ConfigSource for Kept {
    fn location(&self) -> String {
        self.source.location()
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        self.source.revision().await
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let mut kept = self.kept.lock().await;
        let is_wanted = |snapshot: &Arc<dyn Snapshot>| {
            snapshot.revision().is_some_and(|it| it.to_string() == self.revision)
        };
        if let Some(snapshot) = kept.as_ref().filter(|snapshot| is_wanted(snapshot)) {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = self.source.fetch().await?;
        *kept = Some(Arc::clone(&snapshot)).filter(is_wanted);
        Ok(snapshot)
    }
}

impl Looker {
    pub(super) async fn new(session: &Session<'_>, state: Option<&Path>) -> Result<Self> {
        let (deployment, _) = session.deployment(Scope::Source).await?;
        let (folders, source) = (folders(&deployment), deployment.source);
        let state = state.and_then(|state| below(Path::new(&source.location()), state));
        Ok(Self { source, folders, state, kept: Arc::default() })
    }

    /// The source of a comparison with a revision. The files of a revision are read once.
    pub(super) fn at(&self, revision: &str) -> Arc<dyn ConfigSource> {
        let (source, kept) = (Arc::clone(&self.source), Arc::clone(&self.kept));
        Arc::new(Kept { source, kept, revision: revision.to_owned() })
    }

    /// Where the configuration is read from.
    pub(super) fn location(&self) -> String {
        self.source.location()
    }

    /// The revision. A git repository is asked for its branch alone; a folder without revisions is read.
    pub(super) async fn revision(&self, session: &Session<'_>) -> Result<String> {
        let runner = &session.runner;
        if let Some(revision) =
            runner.read("read the revision of the source", || self.source.revision()).await?
        {
            return Ok(revision.to_string());
        }
        let snapshot = runner.read("read the configuration", || self.source.fetch()).await?;
        let mut files = runner.read("list the files of the configuration", || snapshot.list("")).await?;
        files.retain(|file| self.is_configuration(file));
        let mut parts = Vec::new();
        for (file, content) in files.iter().zip(snapshot.read(&files).await) {
            parts.extend([file.as_bytes().to_vec(), vec![0], content?.unwrap_or_default(), vec![0]]);
        }
        Ok(digest(parts))
    }

    fn is_configuration(&self, file: &str) -> bool {
        self.folders.iter().any(|folder| is_below(folder, file))
            && !self.state.as_ref().is_some_and(|state| is_below(state, file))
    }
}

/// The node folder, and the templates of each node.
fn folders(deployment: &Deployment) -> Vec<String> {
    let templates = deployment.nodes.iter().filter_map(|node| node.templates.as_deref());
    let folders = std::iter::once(deployment.configuration.folder.as_str()).chain(templates);
    folders.map(|folder| folder.trim_matches('/').to_owned()).collect()
}

fn is_below(folder: &str, file: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A folder as a path below a root, with slashes.
fn below(root: &Path, folder: &Path) -> Option<String> {
    let (root, folder) = (absolute(root).ok()?, absolute(folder).ok()?);
    let path = folder.strip_prefix(root).ok()?;
    Some(path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_what_is_below_it() {
        assert!(is_below("node", "node/pipes/a.conf.json") && is_below("", "a.json"));
        assert!(!is_below("node", "nodes/a.json") && !is_below("node", "node"));
        let state = below(Path::new("."), Path::new("deploy/state"));
        assert_eq!(state.as_deref(), Some("deploy/state"), "also before it exists");
        assert_eq!(below(Path::new("a"), Path::new("b")), None);
    }
}
