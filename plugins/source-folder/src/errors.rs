//! The errors of reading a folder.

use std::io;
use std::path::Path;

use deployer_core::{Error, Kind, Retry};

/// The root folder does not exist, or cannot be read.
pub(crate) fn no_root(root: &Path, cause: &io::Error) -> Error {
    let root = root.display();
    match cause.kind() {
        io::ErrorKind::NotFound => Error::new(Kind::NotFound, format!("the folder {root} does not exist"))
            .with_hint(
                "check NODE_FOLDER, or `path` in [source], which starts at the folder of the settings file",
            ),
        io::ErrorKind::NotADirectory => Error::new(Kind::NotFound, format!("{root} is not a folder"))
            .with_hint("name the folder that contains the configuration, not a file in it"),
        _ => Error::new(Kind::Io, format!("the folder {root} cannot be read")).with_cause(cause),
    }
}

/// The path is not below the root.
pub(crate) fn leaves_root(path: &str) -> Error {
    refused(path, "the path leaves the folder of the configuration")
        .with_hint("name a file below that folder; no `..`, no absolute path, no link that points outside")
}

/// The path or a link on it leads into a hidden folder.
pub(crate) fn hidden(path: &str) -> Error {
    refused(path, "the path leads into a hidden folder, such as `.git`")
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

/// The path names something other than a file.
pub(crate) fn not_a_file(path: &str, found: &str) -> Error {
    refused(path, &format!("this is {found}")).with_hint("name a file, such as pipes/name.conf.json")
}

/// The file is larger than a configuration can be.
pub(crate) fn too_large(path: &str, limit: u64) -> Error {
    refused(path, &format!("the file is larger than {} MiB", limit >> 20))
        .with_hint("remove the file from the configuration, or split it")
}

/// The file contains secrets of this run.
pub(crate) fn secret_file(path: &str) -> Error {
    refused(path, "the settings read credentials or secrets from this file")
        .with_hint("remove the file from the configuration, or move the secrets out of the node folder")
}

/// The folder does not stay the same for the time of a listing.
pub(crate) fn unsettled(folder: &str) -> Error {
    Error::new(Kind::Unavailable, format!("list {folder:?}: its files change while they are listed"))
        .with_retry(Retry::Soon)
        .with_hint("deploy when no other program writes to the folder")
}

/// The file or folder cannot be read.
pub(crate) fn unreadable(path: &str, cause: &io::Error) -> Error {
    let error = Error::new(Kind::Io, format!("read {path:?}")).with_cause(cause);
    match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            error.with_hint("give the user that runs this program the right to read it")
        }
        _ => error,
    }
}

fn refused(path: &str, why: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: {why}"))
}
