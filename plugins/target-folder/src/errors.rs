//! Failures of the file system in our words.

use std::io;
use std::path::Path;

use deployer_core::{Error, Kind};

/// What was to be done with a file, and failed.
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

/// Something that is no file stands where our files are.
pub(crate) fn not_a_file(path: &Path) -> Error {
    Error::new(Kind::Io, format!("{} is a link or no ordinary file", path.display()))
        .with_hint("remove it: it stands where a deployment replaces everything, and could not be put back")
}

/// Nothing can be written there.
pub(crate) fn read_only(path: &Path) -> Error {
    Error::new(Kind::Denied, format!("{} must not be written to", path.display()))
        .with_hint("give the user that runs this program the right to write there, or set another `path`")
}

/// The path cannot be that of an archive or a folder.
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

/// The files are no longer those that the plan was made from.
pub(crate) fn changed(location: &str) -> Error {
    Error::new(Kind::Conflict, format!("{location} was changed after the plan was made"))
        .with_hint("plan again")
}

/// Writing stopped half-way, and the former files could not be put back either.
pub(crate) fn half_written(location: &str, first: Error, second: Error) -> Error {
    let text = format!("{location} is half written: {first}");
    Error::new(Kind::UnknownOutcome, text)
        .with_related(second.context("put the former files back"))
        .with_hint("mend the cause and deploy again: what is there is compared file by file")
}
