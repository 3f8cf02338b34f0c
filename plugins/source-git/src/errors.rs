//! Failures of reading a commit, in our words.

use deployer_core::{Error, Kind};

/// The commit has no such folder.
pub(crate) fn no_folder(repository: &str, revision: &str, folder: &str) -> Error {
    Error::new(Kind::NotFound, format!("there is no folder {folder:?} in {revision}"))
        .with_hint(format!("check `folder`, which starts at the root of {repository}"))
}

/// A path that is not below the root.
pub(crate) fn leaves_root(path: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: the path leaves the folder of the configuration"))
        .with_hint("name a file below that folder; no `..`, no absolute path, no link that points outside")
}

/// Links that lead to each other.
pub(crate) fn circle(path: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: its links lead in a circle"))
        .with_hint("replace the link by the file itself")
}

/// A folder stands where a file was asked for.
pub(crate) fn not_a_file(path: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: this is a folder"))
        .with_hint("name a file, such as pipes/name.conf.json")
}

/// The path leads into another repository.
pub(crate) fn submodule(path: &str, place: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: {place:?} is a submodule, which is not fetched"))
        .with_hint("put the files into the repository itself")
}

/// The work was given up because the program ends.
pub(crate) fn given_up() -> Error {
    Error::new(Kind::Interrupted, "reading files was given up")
}
