//! Listing all files below a folder.

use std::path::{Path, PathBuf};

use deployer_core::{Error, Kind, Result};
use walkdir::{DirEntry, WalkDir};

use crate::errors;
use crate::opened::is_absent;
use crate::root::Root;

/// How many links to folders one listing follows.
const MOST_LINKS: usize = 1_000;

/// How often a folder is listed until two listings are equal.
const MOST_LISTINGS: usize = 5;

/// The paths of all files below a folder, relative to the root, in order of their bytes; empty if there is no such folder.
///
/// Hidden folders such as `.git` are left out, and links with a hidden name.
///
/// # Errors
/// `Verification` for links that lead outside, into a hidden folder, in a circle or to nothing, all of them at once.
pub(crate) fn list(root: &Root, folder: &str) -> Result<Vec<String>> {
    settled(folder, || list_once(root, folder))
}

/// Lists until two listings are equal. The system does not list a folder at one moment: a file that is renamed meanwhile can be absent
/// from the list under its old and its new name.
fn settled(folder: &str, mut list: impl FnMut() -> Result<Vec<String>>) -> Result<Vec<String>> {
    let mut before = list()?;
    for _ in 1..MOST_LISTINGS {
        let now = list()?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
    Err(errors::unsettled(folder))
}

fn list_once(root: &Root, folder: &str) -> Result<Vec<String>> {
    let Some(start) = root.resolve(folder)? else { return Ok(Vec::new()) };
    let prefix = folder.split('/').filter(|step| !matches!(*step, "" | "."));
    let prefix: String = prefix.flat_map(|step| [step, "/"]).collect();
    let mut listing =
        Listing { root, followed: 0, folders: Vec::new(), files: Vec::new(), problems: Vec::new() };
    listing.collect(&start, &prefix);
    if listing.followed > MOST_LINKS {
        return Err(errors::too_many_links(folder, MOST_LINKS));
    }
    if !listing.problems.is_empty() {
        let message = format!("{} files or links cannot be read", listing.problems.len());
        return Err(Error::together(Kind::Verification, message, listing.problems));
    }
    listing.files.sort_unstable();
    Ok(listing.files)
}

/// A listing under way.
struct Listing<'a> {
    root: &'a Root,
    /// The number of links to folders so far.
    followed: usize,
    /// The real folders of the links that led to the present folder.
    folders: Vec<PathBuf>,
    files: Vec<String>,
    problems: Vec<Error>,
}

impl Listing<'_> {
    /// Adds the files below a real folder. `prefix` comes before their paths.
    fn collect(&mut self, real: &Path, prefix: &str) {
        for entry in WalkDir::new(real).min_depth(1).into_iter().filter_entry(|entry| !is_hidden(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let path = format!("{prefix}{}", below(entry.path(), real));
                    if entry.path_is_symlink() { self.link(&entry, path) } else { self.files.push(path) }
                }
                Err(error) => {
                    // A file that is removed meanwhile is no problem.
                    if let Some(cause) = error.io_error().filter(|cause| !is_absent(cause)) {
                        let path = below(error.path().unwrap_or(real), real);
                        self.problems.push(errors::unreadable(&format!("{prefix}{path}"), cause));
                    }
                }
            }
        }
    }

    /// Adds the file or the files of the folder that a link leads to.
    fn link(&mut self, link: &DirEntry, path: String) {
        let real = match self.root.resolve(&path) {
            Ok(Some(real)) if real.is_dir() => real,
            // A link that is removed meanwhile is found by the next listing.
            Ok(_) => return self.files.push(path),
            Err(problem) => return self.problems.push(problem),
        };
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return;
        }
        self.folders.push(link.path().parent().unwrap_or(link.path()).to_owned());
        if self.folders.iter().any(|folder| folder.starts_with(&real)) {
            self.problems.push(errors::circle(&path));
        } else {
            self.collect(&real, &format!("{path}/"));
        }
        self.folders.pop();
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    let may_be_folder = entry.file_type().is_dir() || entry.path_is_symlink();
    entry.depth() > 0 && may_be_folder && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The path of an entry below the listed folder. In a name that is not UTF-8, a replacement character takes the place of the bytes:
/// reading the file then fails.
fn below(entry: &Path, start: &Path) -> String {
    let path = entry.strip_prefix(start).unwrap_or(entry);
    let steps: Vec<_> = path.iter().map(|step| step.to_string_lossy()).collect();
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use deployer_core::plugin::SecretFiles;

    use super::*;

    fn root_with(files: &[&str]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let root = Root::find(folder.path(), &SecretFiles::default()).unwrap();
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
    fn link(folder: &tempfile::TempDir, from: &str, to: impl AsRef<Path>) {
        std::os::unix::fs::symlink(to, folder.path().join(from)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_that_stay_below_the_root_are_followed() {
        let (folder, root) = root_with(&["node/a.json", "more/b.json", "..1/c.json"]);
        link(&folder, "node/more", "../more");
        link(&folder, "node/same.json", "a.json");
        link(&folder, "node/.hidden", "nowhere");
        link(&folder, "..data", "..1");
        link(&folder, "node/c.json", "../..data/c.json");
        assert_eq!(
            list(&root, "node").unwrap(),
            ["node/a.json", "node/c.json", "node/more/b.json", "node/same.json"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn every_link_that_leads_outside_in_a_circle_or_to_nothing_is_named() {
        let (outside, _) = root_with(&["secret.json"]);
        let (folder, root) = root_with(&["node/a.json", ".git/config", "more/x"]);
        let links = [
            ("node/broken", PathBuf::from("nowhere")),
            ("node/circle", PathBuf::from(".")),
            ("node/git", PathBuf::from("../.git")),
            ("node/outside", outside.path().to_owned()),
            ("node/outside.json", outside.path().join("secret.json")),
            ("node/more", PathBuf::from("../more")),
            ("more/back", PathBuf::from("../node")),
        ];
        for (from, to) in &links {
            link(&folder, from, to);
        }
        let error = list(&root, "node").unwrap_err();
        assert_eq!(error.kind(), Kind::Verification);
        let shown = format!("{error:?}");
        for path in [
            "node/broken",
            "node/circle",
            "node/git",
            "node/outside\"",
            "node/outside.json",
            "node/more/back",
        ] {
            assert!(shown.contains(path), "{path}: {shown}");
        }
        assert_eq!(error.related().len(), 6, "{shown}");
    }

    #[cfg(unix)]
    #[test]
    fn a_ladder_of_links_ends() {
        let steps: Vec<String> = (0..12).map(|step| format!("{step}/x")).collect();
        let (folder, root) = root_with(&steps.iter().map(String::as_str).collect::<Vec<_>>());
        for step in 0..11 {
            for name in ["a", "b", "c"] {
                link(&folder, &format!("{step}/{name}"), format!("../{}", step + 1));
            }
        }
        let error = list(&root, "0").unwrap_err();
        assert!(error.message().contains("more than 1000 links"), "{error:?}");
    }

    #[test]
    fn a_folder_that_changes_while_it_is_listed_is_listed_again() {
        let answers = |answers: &[&[&str]]| {
            let owned = |answer: &&[&str]| answer.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
            let mut answers = answers.iter().map(owned).collect::<Vec<_>>().into_iter();
            settled("node", || Ok(answers.next().expect("another listing")))
        };
        assert_eq!(answers(&[&["a"], &["a"]]).unwrap(), ["a"]);
        assert_eq!(
            answers(&[&["a"], &["a", "b"], &["a", "b"]]).unwrap(),
            ["a", "b"],
            "b was renamed meanwhile"
        );
        let error = answers(&[&["a"], &["b"], &["a"], &["b"], &["a"]]).unwrap_err();
        assert_eq!((error.kind(), error.retry()), (Kind::Unavailable, deployer_core::Retry::Soon));
    }
}
