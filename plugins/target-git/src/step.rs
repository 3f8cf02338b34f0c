//! The one write: a commit, pushed.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::error::Note;
use deployer_core::traits::{Done, Landed, Step};
use deployer_git::{Identity, NewCommit, Remote};

use crate::content::NewFolder;
use crate::target::{Seen, off_thread};

/// Pushes one commit that replaces the node folder.
#[derive(Debug)]
pub(crate) struct Push {
    remote: Remote,
    seen: Arc<Seen>,
    plan: Arc<Plan>,
    /// Made once, so that a repeated push is one of the same commit.
    commit: Mutex<Option<Arc<NewCommit>>>,
}

/// What the commit is made of.
#[derive(Debug)]
struct Plan {
    folder: String,
    content: NewFolder,
    message: String,
    identity: Identity,
}

impl Push {
    pub(crate) fn new(
        remote: Remote,
        seen: Arc<Seen>,
        folder: String,
        content: NewFolder,
        message: String,
        identity: Identity,
    ) -> Self {
        let plan = Arc::new(Plan { folder, content, message, identity });
        Self { remote, seen, plan, commit: Mutex::default() }
    }

    /// The commit, if it was made.
    fn made(&self) -> Option<Arc<NewCommit>> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The commit, made now if it was not; none when the tree comes out as it was.
    async fn commit(&self) -> Result<Option<Arc<NewCommit>>> {
        if let Some(made) = self.made() {
            return Ok(Some(made));
        }
        let (seen, plan) = (Arc::clone(&self.seen), Arc::clone(&self.plan));
        let make = move || {
            let fetched = &seen.fetched;
            fetched.repository.commit(
                fetched.base,
                &plan.folder,
                &plan.content.files,
                &plan.message,
                &plan.identity,
            )
        };
        let commit = off_thread(make).await?.map(Arc::new);
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
        let pushed = self.remote.push(&fetched.branch, fetched.tip, &commit).await?;
        let content = &self.plan.content;
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
