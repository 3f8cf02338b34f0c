//! The repository as a source of a configuration.

use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::plugin::{Context, blocking, blocking_shares};
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_git::{Committish, FetchedCommit, ObjectId, Remote, Repository, TreeEntryKind};

use crate::errors;
use crate::listing::list;
use crate::settings::Settings;
use crate::tree::{Tree, TreeItem};

/// The number of files for which another thread is worth its start.
const PER_THREAD: usize = 64;

/// A git repository, or a folder of it.
#[derive(Debug)]
pub(crate) struct Git {
    remote: Remote,
    named: Committish,
    folder: String,
}

impl Git {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: Settings, context: &Context) -> Result<Self> {
        let (named, folder) = (settings.committish()?, settings.folder()?);
        Ok(Self { remote: settings.remote(context)?, named, folder })
    }

    fn at(&self, commit: ObjectId) -> Revision {
        Revision::new(format!("{}@{commit}", self.remote.name()))
    }
}

#[async_trait]
impl ConfigSource for Git {
    fn location(&self) -> String {
        let mut location = self.remote.to_string();
        if self.named != Committish::Head {
            location += &format!(", {}", self.named);
        }
        if !self.folder.is_empty() {
            location += &format!(", folder {}", self.folder);
        }
        location
    }

    async fn revision(&self) -> Result<Option<Revision>> {
        Ok(Some(self.at(self.remote.resolve(&self.named).await?)))
    }

    async fn fetch(&self) -> Result<Arc<dyn Snapshot>> {
        let fetched = self.remote.fetch_commit(&self.named).await?;
        let revision = self.at(fetched.commit);
        let (remote, folder) = (self.remote.to_string(), self.folder.clone());
        let read = move || -> Result<Commit> {
            let tree = tree(&fetched, &folder)?;
            let tree = tree.ok_or_else(|| errors::no_folder(&remote, revision.short(), &folder))?;
            Ok(Commit { repository: Arc::new(fetched.repository), tree, revision })
        };
        let commit = blocking("read the commit", read).await?;
        Ok(Arc::new(commit))
    }
}

/// The tree below a folder of a commit; `None` if there is no such folder.
fn tree(fetched: &FetchedCommit, folder: &str) -> Result<Option<Tree>> {
    let repository = &fetched.repository;
    let Some(entries) = repository.entries(fetched.commit, folder)? else { return Ok(None) };
    let links = entries.iter().filter(|entry| entry.kind() == TreeEntryKind::Link);
    let links: Vec<ObjectId> = links.map(|entry| entry.id).collect();
    let mut targets = repository.contents(&links).into_iter();
    let items = entries.into_iter().map(|entry| {
        let item = match entry.kind() {
            TreeEntryKind::Folder => TreeItem::Folder,
            TreeEntryKind::File => TreeItem::File(entry.id),
            TreeEntryKind::Submodule => TreeItem::Submodule,
            TreeEntryKind::Link => {
                let target = targets.next().transpose()?.unwrap_or_default();
                TreeItem::Link(String::from_utf8_lossy(&target).into_owned())
            }
        };
        Ok((entry.path, item))
    });
    items.collect::<Result<Tree>>().map(Some)
}

/// A commit, with the repository that contains it.
#[derive(Debug)]
struct Commit {
    repository: Arc<Repository>,
    tree: Tree,
    revision: Revision,
}

#[async_trait]
impl Snapshot for Commit {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision.clone())
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>> {
        list(&self.tree, folder)
    }

    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let places: Vec<Result<Option<ObjectId>>> = paths.iter().map(|path| self.tree.file(path)).collect();
        let wanted: Vec<ObjectId> =
            places.iter().filter_map(|place| place.as_ref().ok().copied().flatten()).collect();
        let repository = Arc::clone(&self.repository);
        let contents =
            blocking_shares("read files", &wanted, PER_THREAD, move |ids| repository.contents(ids)).await;
        let mut contents = contents.into_iter();
        let answer = |place: Result<Option<ObjectId>>| match place? {
            Some(_) => contents.next().transpose(),
            None => Ok(None),
        };
        places.into_iter().map(answer).collect()
    }
}
