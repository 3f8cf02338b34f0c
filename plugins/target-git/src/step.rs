//! The only write: it pushes a commit.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::plugin::blocking;
use deployer_core::traits::{Done, Landed, Step};
use deployer_git::{Identity, NewCommit, Remote};

use crate::content::NewFolder;
use crate::state::RepositoryState;

/// Pushes one commit that replaces the node folder.
#[derive(Debug)]
pub(crate) struct Push {
    remote: Remote,
    seen: Arc<RepositoryState>,
    parts: Arc<CommitParts>,
    /// The commit. It is made once, so that a repeated push has the same commit.
    commit: Mutex<Option<Arc<NewCommit>>>,
}

/// The parts of the commit.
#[derive(Debug)]
struct CommitParts {
    folder: String,
    content: NewFolder,
    message: String,
    identity: Identity,
}

impl Push {
    pub(crate) fn new(
        remote: Remote,
        seen: Arc<RepositoryState>,
        folder: String,
        content: NewFolder,
        message: String,
        identity: Identity,
    ) -> Self {
        let parts = Arc::new(CommitParts { folder, content, message, identity });
        Self { remote, seen, parts, commit: Mutex::default() }
    }

    /// The commit, if it was made already.
    fn made(&self) -> Option<Arc<NewCommit>> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The commit; made now if it was not yet. `None` if the tree does not change.
    async fn commit(&self) -> Result<Option<Arc<NewCommit>>> {
        if let Some(made) = self.made() {
            return Ok(Some(made));
        }
        let (seen, parts) = (Arc::clone(&self.seen), Arc::clone(&self.parts));
        let make = move || {
            let fetched = &seen.fetched;
            fetched.repository.commit(
                fetched.base,
                &parts.folder,
                &parts.content.files,
                &parts.message,
                &parts.identity,
            )
        };
        let commit = blocking("make the commit", make).await?.map(Arc::new);
        self.commit.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&commit);
        Ok(commit)
    }
}

#[async_trait]
impl Step for Push {
    fn name(&self) -> String {
        format!("push to branch {}", self.seen.fetched.branch)
    }

    async fn execute(&self) -> Result<Done> {
        let Some(commit) = self.commit().await? else { return Ok(Done::new("nothing to push")) };
        let fetched = &self.seen.fetched;
        let seen = self.seen.take_advertisement();
        let pushed = self.remote.push(&fetched.branch, fetched.tip, &commit, seen).await?;
        let content = &self.parts.content;
        let detail = format!(
            "commit {}: {} written, {} removed",
            commit.id.to_hex_with_len(12),
            files(content.written),
            files(content.removed)
        );
        let notes = pushed.remote.into_iter().map(|line| Note::remark(format!("remote: {line}")));
        Ok(Done::new(detail).with_notes(notes))
    }

    async fn landed(&self) -> Result<Landed> {
        let Some(commit) = self.made() else { return Ok(Landed::No) };
        let fetched = &self.seen.fetched;
        let tip = self.remote.outcome().await?.tip(&fetched.branch);
        Ok(match tip {
            tip if tip == Some(commit.id) => Landed::Yes,
            tip if tip == fetched.tip => Landed::No,
            // Somebody pushed meanwhile, on top of our commit or in its place.
            _ => Landed::Conflict,
        })
    }
}

fn files(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
