//! Failures. They repeat nothing of a file except the names of secrets.

use std::io;
use std::path::Path;

use deployer_core::error::Place;
use deployer_core::{Error, Kind};

/// The feature of the program that reads encrypted files.
pub(crate) const FEATURE: &str = "encrypted-files";

/// The file cannot be read.
pub(crate) fn unreadable(path: &Path, cause: &io::Error) -> Error {
    let path = path.display();
    match cause.kind() {
        io::ErrorKind::NotFound => Error::new(Kind::NotFound, format!("the file {path} does not exist"))
            .with_hint("check `path`; a relative path starts at the folder of the settings file"),
        io::ErrorKind::PermissionDenied => Error::new(Kind::Io, format!("the file {path} cannot be read"))
            .with_cause(cause)
            .with_hint("give the user that runs this program the right to read it"),
        _ => Error::new(Kind::Io, format!("the file {path} cannot be read")).with_cause(cause),
    }
}

/// A folder, a pipe or a device stands where the file should be.
pub(crate) fn not_a_file(path: &Path) -> Error {
    Error::new(Kind::Io, format!("{} is no ordinary file", path.display())).with_hint("name a file in `path`")
}

/// The file is larger than any file of secrets.
pub(crate) fn too_large(path: &Path, limit: u64) -> Error {
    Error::new(Kind::Verification, format!("the file {} is larger than {limit} bytes", path.display()))
        .with_hint("check `path`: it names a file that is too large for secrets")
}

/// Other users can read the secrets.
pub(crate) fn readable_by_others(path: &Path, mode: u32) -> Error {
    let path = path.display();
    Error::new(Kind::Refused, format!("the file {path} holds secrets that other users can read"))
        .with_cause(format!("its mode is {mode:04o}"))
        .with_hint(format!("take the right away: chmod 600 {path}"))
        .with_hint("or encrypt the file with age, or set `allow_readable_by_others = true`")
}

/// A file of SOPS cannot be decrypted.
pub(crate) fn sops(path: &Path, cause: &str, hint: &str) -> Error {
    Error::new(Kind::Verification, format!("the file {} cannot be decrypted", path.display()))
        .with_cause(cause)
        .with_hint(hint)
}

/// The file is encrypted, and the settings have no key.
pub(crate) fn encrypted(path: &Path, program: &str) -> Error {
    let error =
        Error::new(Kind::Settings, format!("the file {} is encrypted with {program}", path.display()));
    let error = if cfg!(feature = "encryption") { error } else { error.without_feature(FEATURE) };
    error.with_hint("set `age = { identity = { env = \"NAME\" } }`, or `passphrase` in place of `identity`")
}

/// Something in the file is not as its format wants it.
pub(crate) fn malformed(place: Place, cause: impl Into<String>, hint: &str) -> Error {
    Error::new(Kind::Verification, format!("the secrets of {} cannot be read", place.file))
        .with_cause(cause.into())
        .at(place)
        .with_hint(hint)
}

/// Names that stand in the file more than once: the name, the later place and the first.
pub(crate) fn repeated(file: &str, repeated: Vec<(String, Place, Place)>) -> Error {
    let related = repeated.into_iter().map(|(name, again, first)| {
        Error::new(Kind::Verification, format!("the secret {name:?} is repeated")).at(first).at(again)
    });
    Error::many(Kind::Verification, format!("the secrets of {file} are not clear"), related.collect())
        .with_hint("keep each name once")
}
