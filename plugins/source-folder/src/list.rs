//! Listing all files below a folder.

use std::path::Path;

use deployer_core::Result;
use walkdir::{DirEntry, WalkDir};

use crate::errors;
use crate::root::{Root, is_absent};

/// The paths of all files below a folder, relative to the root, in order of their bytes; empty when there is no such folder.
///
/// Hidden folders such as `.git` are left out, and links that lead outside, in a circle or nowhere.
pub(crate) fn list(root: &Root, folder: &str) -> Result<Vec<String>> {
    let Some(start) = root.resolve(folder)? else { return Ok(Vec::new()) };
    let prefix = folder.split('/').filter(|step| !matches!(*step, "" | "."));
    let prefix: String = prefix.flat_map(|step| [step, "/"]).collect();
    let mut found = Vec::new();
    let walk = WalkDir::new(&start).min_depth(1).follow_links(true);
    for entry in walk.into_iter().filter_entry(|entry| !is_hidden_folder(entry) && stays_below(entry, root)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                found.push(format!("{prefix}{}", below(&entry, &start)))
            }
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                if let Some(cause) = error.io_error().filter(|cause| !is_absent(cause)) {
                    let path = error.path().and_then(|path| path.strip_prefix(&start).ok());
                    let path =
                        path.map_or_else(|| folder.to_owned(), |path| format!("{prefix}{}", path.display()));
                    return Err(errors::unreadable(&path, cause));
                }
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn is_hidden_folder(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn stays_below(entry: &DirEntry, root: &Root) -> bool {
    !entry.path_is_symlink() || entry.path().canonicalize().is_ok_and(|real| root.holds(&real))
}

/// The path of an entry below the folder that was listed. A name that is no UTF-8 keeps a replacement character, so that reading it
/// says that it cannot be found instead of leaving it out without a word.
fn below(entry: &DirEntry, start: &Path) -> String {
    let path = entry.path().strip_prefix(start).unwrap_or(entry.path());
    let steps: Vec<_> = path.iter().map(|step| step.to_string_lossy()).collect();
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use deployer_core::Kind;

    use super::*;

    fn root_with(files: &[&str]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let root = Root::find(folder.path()).unwrap();
        (folder, root)
    }

    #[test]
    fn files_are_listed_in_order_of_their_bytes_without_hidden_folders() {
        let files = [
            "node/b/x.json",
            "node/b.json",
            "node/ø.json",
            "node/a/.keep",
            "node/.git/config",
            ".git/config",
            "r",
        ];
        let (_folder, root) = root_with(&files);
        assert_eq!(
            list(&root, "node").unwrap(),
            ["node/a/.keep", "node/b.json", "node/b/x.json", "node/ø.json"]
        );
        assert_eq!(list(&root, "./node//b/").unwrap(), ["node/b/x.json"]);
        assert_eq!(list(&root, "").unwrap().len(), 5);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_empty_and_one_outside_is_refused() {
        let (_folder, root) = root_with(&["a"]);
        assert_eq!(list(&root, "none").unwrap(), Vec::<String>::new());
        assert_eq!(list(&root, "..").unwrap_err().kind(), Kind::Verification);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_unless_they_lead_outside_in_a_circle_or_nowhere() {
        use std::os::unix::fs::symlink;

        let (outside, _) = root_with(&["secret.json"]);
        let (folder, root) = root_with(&["node/a.json", "more/b.json"]);
        symlink("../more", folder.path().join("node/more")).unwrap();
        symlink("a.json", folder.path().join("node/same.json")).unwrap();
        symlink("nowhere", folder.path().join("node/broken")).unwrap();
        symlink(".", folder.path().join("node/circle")).unwrap();
        symlink(outside.path(), folder.path().join("node/outside")).unwrap();
        symlink(outside.path().join("secret.json"), folder.path().join("node/outside.json")).unwrap();
        assert_eq!(list(&root, "node").unwrap(), ["node/a.json", "node/more/b.json", "node/same.json"]);
    }
}
