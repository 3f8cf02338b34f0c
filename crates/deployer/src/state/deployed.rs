//! What the last deploy of a target wrote, so that `status` shows which side changed since.

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_engine::saved::{Purpose, Saved, SavedNode};

use super::names::digest;
use super::storage::Storage;
use crate::output::Output;

/// Replaces what is saved about a target. Without its secret values, a node that names a secret value elsewhere is not saved.
///
/// # Errors
/// As [`Storage::write`].
pub(super) async fn write(
    storage: &Storage,
    environment: &str,
    epoch: Option<u64>,
    node: SavedNode,
    output: &Output,
) -> Result<()> {
    let target = node.target.clone();
    let mut saved = Saved::new(Purpose::Snapshot, environment.to_owned(), None, vec![node]);
    saved.epoch = epoch;
    let text = saved.masked(output.redactor()).0.to_text();
    if !output.redactor().finds(&text) {
        return storage.write(&name(&target), &text, epoch).await;
    }
    remove(storage, environment, epoch, &target).await
}

/// Removes what is saved about a target, after a deploy that was not carried out completely. Under a lease, an object without nodes keeps
/// the epoch.
///
/// # Errors
/// As [`Storage::write`]. A file that cannot be removed does no harm.
pub(super) async fn remove(
    storage: &Storage,
    environment: &str,
    epoch: Option<u64>,
    target: &str,
) -> Result<()> {
    if let (Storage::Folder(_), None) = (storage, epoch) {
        storage.remove(&name(target)).await;
        return Ok(());
    }
    let mut saved = Saved::new(Purpose::Snapshot, environment.to_owned(), None, Vec::new());
    saved.epoch = epoch;
    storage.write(&name(target), &saved.to_text(), epoch).await
}

/// What the last deploy wrote to a target. `None` if that is unknown.
///
/// # Errors
/// When a place that machines share cannot be read, or its object is invalid or of a newer version. Such a file in a folder is unknown.
pub(super) async fn read(storage: &Storage, target: &str) -> Result<Option<SavedNode>> {
    let name = name(target);
    let read = async {
        let Some(text) = storage.read(&name).await? else { return Ok(None) };
        let saved = Saved::parse(&SourceText::new(storage.reference(&name), text))?;
        Ok(saved.nodes.into_iter().find(|node| node.target == target))
    };
    match (read.await, storage) {
        (Err(_), Storage::Folder(_)) => Ok(None),
        (read, _) => read,
    }
}

fn name(target: &str) -> String {
    format!("deployed-{}.json", digest(target))
}
