//! Programs for tests that are built from a Go module.

use std::path::PathBuf;
use std::process::Command;

use crate::provision;

/// The program of a module's package at a version, `example.com/module/cmd/program@v1.2.3`.
///
/// It is built once per version of the package and of Go, in the user's cache folder. The error says why there is none.
pub fn program(package: &str) -> Result<PathBuf, String> {
    let version = provision::run(Command::new("go").arg("version"))?;
    let folder = provision::folder("go", &[package.as_bytes(), version.as_bytes()], |folder| {
        provision::run(Command::new("go").env("GOBIN", folder).args(["install", package])).map(drop)
    })?;
    let (path, _) = package.split_once('@').ok_or("the package has no version")?;
    Ok(folder.join(path.rsplit('/').next().unwrap_or(path)))
}
