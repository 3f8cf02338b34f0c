//! Failures of the file system in our words.

use std::io;
use std::path::Path;

use deployer_core::{Error, Kind};

/// The root folder is not there.
pub(crate) fn no_root(root: &Path, cause: &io::Error) -> Error {
    let root = root.display();
    match cause.kind() {
        io::ErrorKind::NotFound => Error::new(Kind::NotFound, format!("the folder {root} does not exist"))
            .with_hint(
                "check NODE_FOLDER, or `path` in [source], which starts at the folder of the settings file",
            ),
        io::ErrorKind::NotADirectory => Error::new(Kind::NotFound, format!("{root} is no folder"))
            .with_hint("name the folder that holds the configuration, not a file in it"),
        _ => Error::new(Kind::Io, format!("the folder {root} cannot be read")).with_cause(cause),
    }
}

/// A path that is not below the root.
pub(crate) fn leaves_root(path: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: the path leaves the folder of the configuration"))
        .with_hint("name a file below that folder; no `..`, no absolute path, no link that points outside")
}

/// Something that is no file stands where a file was asked for.
pub(crate) fn not_a_file(path: &str, found: &str) -> Error {
    Error::new(Kind::Verification, format!("read {path:?}: this is {found}"))
        .with_hint("name a file, such as pipes/name.conf.json")
}

/// A file or folder that cannot be read.
pub(crate) fn unreadable(path: &str, cause: &io::Error) -> Error {
    let error = Error::new(Kind::Io, format!("read {path:?}")).with_cause(cause);
    match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            error.with_hint("give the user that runs this program the right to read it")
        }
        _ => error,
    }
}

/// The work was given up because the program ends.
pub(crate) fn given_up() -> Error {
    Error::new(Kind::Interrupted, "reading files was given up")
}
