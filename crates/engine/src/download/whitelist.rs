//! The lists of files.

use deployer_core::document::SourceText;
use deployer_core::error::Note;

use super::files::Files;
use crate::stages::whitelist;

/// Adds a path to the first list, unless a list has it.
pub(super) fn add(files: &mut Files, lists: &[String], path: &str) {
    let has = |list: &String| files.text(list).is_some_and(|text| names(list, text, path));
    let Some(first) = lists.first().filter(|_| !lists.iter().any(has)) else { return };
    let text = files.text(first).unwrap_or_default().to_owned();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    files.set(first, format!("{text}{gap}{path}{end}"));
}

/// Removes the lines with a path.
pub(super) fn remove(files: &mut Files, lists: &[String], path: &str) -> Vec<Note> {
    for list in lists {
        let Some(text) = files.text(list) else { continue };
        let kept: String = text.split_inclusive('\n').filter(|line| !names(list, line, path)).collect();
        files.set(list, kept);
    }
    let others = files.paths().filter(|other| other.ends_with(".txt") && !lists.contains(other));
    let others = others.filter(|other| files.text(other).is_some_and(|text| names(other, text, path)));
    let note =
        |other: &String| Note::warning(format!("{other} names {path}, which is removed: change it too"));
    others.map(note).collect()
}

/// Whether a list names a path.
fn names(list: &str, text: &str, path: &str) -> bool {
    let listed = whitelist(&SourceText::new(list, text)).unwrap_or_default();
    listed.iter().any(|listed| listed.path == path)
}
