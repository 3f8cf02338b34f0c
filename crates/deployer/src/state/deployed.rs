//! What the last deploy of a target wrote, so that `status` shows which side changed since.

use std::fs;
use std::path::{Path, PathBuf};

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_engine::saved::{Purpose, Saved, SavedNode};

use super::names::digest;
use crate::files as private;
use crate::output::Output;

/// Replaces what is saved about a target. Without its secret values, a node that names a secret value elsewhere is not saved.
///
/// # Errors
/// `Io` when the file cannot be written.
pub(super) fn write(folder: &Path, environment: &str, node: SavedNode, output: &Output) -> Result<()> {
    let path = file(folder, &node.target);
    let saved = Saved::new(Purpose::Snapshot, environment.to_owned(), None, vec![node]);
    let text = saved.masked(output.redactor()).0.to_text();
    if output.mask(&text).1.is_empty() {
        return private::write(&path, &text);
    }
    forget(&path);
    Ok(())
}

/// Removes what is saved about a target, after a deploy that was not carried out completely.
pub(super) fn remove(folder: &Path, target: &str) {
    forget(&file(folder, target));
}

/// What the last deploy wrote to a target. `None` if that is unknown.
pub(super) fn read(folder: &Path, target: &str) -> Option<SavedNode> {
    let path = file(folder, target);
    let text = private::read_own(&path).ok()?;
    let saved = Saved::parse(&SourceText::new(path.display().to_string(), text)).ok()?;
    saved.nodes.into_iter().find(|node| node.target == target)
}

/// A file that is missing or cannot be removed does no harm: `status` then shows no side.
fn forget(path: &Path) {
    let _ = fs::remove_file(path);
}

fn file(folder: &Path, target: &str) -> PathBuf {
    folder.join(format!("deployed-{}.json", digest(target)))
}
