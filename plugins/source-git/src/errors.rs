//! The errors of reading a commit.

use deployer_core::{Error, Kind};

/// The commit has no such folder.
pub(crate) fn no_folder(repository: &str, revision: &str, folder: &str) -> Error {
    Error::new(Kind::NotFound, format!("the folder {folder:?} does not exist in {revision}"))
        .with_hint(format!("check `folder`, which starts at the root of {repository}"))
}

/// The path is not below the root.
pub(crate) fn leaves_root(path: &str) -> Error {
    refused(path, "the path leaves the folder of the configuration")
        .with_hint("name a file below that folder; no `..`, no absolute path, no link that points outside")
}

/// A link leads into a hidden folder.
pub(crate) fn hidden(path: &str) -> Error {
    refused(path, "a link leads into a hidden folder, such as `.github`")
        .with_hint("replace the link by the file itself, or move the file to a folder that is not hidden")
}

/// The link leads to nothing.
pub(crate) fn dangling(path: &str, link: &str) -> Error {
    refused(path, &format!("the link {link:?} leads to nothing")).with_hint("correct the link, or remove it")
}

/// The links lead to each other.
pub(crate) fn circle(path: &str) -> Error {
    refused(path, "its links lead in a circle").with_hint("replace the link by the file or folder itself")
}

/// There are more links to folders than one listing follows.
pub(crate) fn too_many_links(folder: &str, limit: usize) -> Error {
    Error::new(Kind::Verification, format!("list {folder:?}: more than {limit} links to folders"))
        .with_hint("replace the links by the folders themselves")
}

/// The path names a folder instead of a file.
pub(crate) fn not_a_file(path: &str) -> Error {
    refused(path, "this is a folder").with_hint("name a file, such as pipes/name.conf.json")
}

/// The path leads into another repository.
pub(crate) fn submodule(path: &str, place: &str) -> Error {
    refused(path, &format!("{place:?} is a submodule, which is not fetched"))
        .with_hint("put the files into the repository itself")
}

fn refused(path: &str, why: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: {why}"))
}
