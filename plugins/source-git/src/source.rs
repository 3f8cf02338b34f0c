//! The repository as a source of a configuration.

use std::sync::Arc;
use std::thread::available_parallelism;

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::model::Revision;
use deployer_core::plugin::Context;
use deployer_core::traits::{ConfigSource, Snapshot};
use deployer_git::{Committish, FetchedCommit, ObjectId, Remote, Repository, TreeEntryKind};
use tokio::task::spawn_blocking;

use crate::errors;
use crate::settings::Settings;
use crate::tree::{Place, Tree};

/// Fewer files than this are not worth another thread.
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
        let commit = spawn_blocking(read).await.unwrap_or_else(|_| Err(errors::given_up()))?;
        Ok(Arc::new(commit))
    }
}

/// What stands where below a folder of a commit; none when there is no such folder.
fn tree(fetched: &FetchedCommit, folder: &str) -> Result<Option<Tree>> {
    let repository = &fetched.repository;
    let Some(entries) = repository.entries(fetched.commit, folder)? else { return Ok(None) };
    let links = entries.iter().filter(|entry| entry.kind() == TreeEntryKind::Link);
    let links: Vec<ObjectId> = links.map(|entry| entry.id).collect();
    let mut targets = repository.contents(&links).into_iter();
    let places = entries.into_iter().map(|entry| {
        let place = match entry.kind() {
            TreeEntryKind::Folder => Place::Folder,
            TreeEntryKind::File => Place::File(entry.id),
            TreeEntryKind::Submodule => Place::Submodule,
            TreeEntryKind::Link => {
                let target = targets.next().transpose()?.unwrap_or_default();
                Place::Link(String::from_utf8_lossy(&target).into_owned())
            }
        };
        Ok((entry.path, place))
    });
    places.collect::<Result<Tree>>().map(Some)
}

/// A commit, in a repository that goes with it.
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
        self.tree.list(folder)
    }

    /// Each thread takes a share of the files: a task for every file would cost more than reading it.
    async fn read(&self, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
        let places: Vec<Result<Option<ObjectId>>> = paths.iter().map(|path| self.tree.file(path)).collect();
        let wanted: Vec<ObjectId> =
            places.iter().filter_map(|place| place.as_ref().ok().copied().flatten()).collect();
        let threads =
            available_parallelism().map_or(1, usize::from).min(wanted.len().div_ceil(PER_THREAD)).max(1);
        let share = wanted.len().div_ceil(threads).max(1);
        let tasks = wanted.chunks(share).map(|share| {
            let (repository, share) = (Arc::clone(&self.repository), share.to_vec());
            spawn_blocking(move || repository.contents(&share))
        });
        // Collected first, so that all run before the first is waited for.
        let tasks: Vec<_> = tasks.collect();
        let mut contents = Vec::with_capacity(wanted.len());
        for (task, share) in tasks.into_iter().zip(wanted.chunks(share)) {
            match task.await {
                Ok(read) => contents.extend(read),
                Err(_) => contents.extend(share.iter().map(|_| Err(errors::given_up()))),
            }
        }
        let mut contents = contents.into_iter();
        let answer = |place: Result<Option<ObjectId>>| match place? {
            Some(_) => contents.next().transpose(),
            None => Ok(None),
        };
        places.into_iter().map(answer).collect()
    }
}
