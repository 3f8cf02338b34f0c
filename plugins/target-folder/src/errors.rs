//! The errors of reading and writing files.

use std::io;
use std::path::Path;

use deployer_core::{Error, Kind};

/// An action on a file failed.
pub(crate) fn failed(attempted: &str, path: &Path, cause: &io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Kind::Denied,
        _ => Kind::Io,
    };
    let error = Error::new(kind, format!("{attempted} {}", path.display())).with_cause(cause);
    match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            error.with_hint("give the user that runs this program the right to do it")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            error.with_hint("check `path`, and `format` for whether it is a folder or an archive")
        }
        _ => error,
    }
}

/// A managed file is too large to be read and put back.
pub(crate) fn too_large(path: &Path, limit: u64) -> Error {
    Error::new(Kind::Io, format!("{} is larger than {} MiB", path.display(), limit >> 20))
        .with_hint("remove it: a deployment replaces this file, and could not put it back")
}

/// The path of a managed file has something other than a file.
pub(crate) fn not_a_file(path: &Path) -> Error {
    Error::new(Kind::Io, format!("{} is a link or not an ordinary file", path.display()))
        .with_hint("remove it: a deployment replaces everything here, and could not put it back")
}

/// The folder is read-only.
pub(crate) fn read_only(path: &Path) -> Error {
    Error::new(Kind::Denied, format!("{} is read-only", path.display()))
        .with_hint("give the user that runs this program the right to write, or set another `path`")
}

/// The path is not that of an archive or a folder.
pub(crate) fn no_path(path: &Path) -> Error {
    Error::new(Kind::Settings, format!("`path` cannot be {:?}", path.display().to_string()))
        .with_hint("name a folder, or an archive such as node.zip")
}

/// The environment cannot be part of the name of a file.
pub(crate) fn no_file_name(environment: &str) -> Error {
    let text = format!("the environment {environment:?} cannot be part of a file name");
    Error::new(Kind::Settings, text)
        .with_hint("the variables are written to variables/variables-<environment>.json")
}

/// The files were changed after the plan was made.
pub(crate) fn changed(location: &str) -> Error {
    Error::new(Kind::Conflict, format!("{location} was changed after the plan was made"))
        .with_hint("plan again")
}

/// Writing failed after the first change, and the former files could not be put back.
pub(crate) fn half_written(location: &str, first: Error, second: Error) -> Error {
    let text = format!("{location} is half written: {first}");
    Error::new(Kind::UnknownOutcome, text)
        .with_related(second.context("put the former files back"))
        .with_hint("correct the cause and deploy again: every file is compared again")
}
