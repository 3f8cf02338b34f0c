//! Programs for tests that are built from a Go module.

use std::path::{Path, PathBuf};
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

/// The files of a program of our own, and nothing else: the cache is keyed by them.
const SOURCES: [&str; 3] = ["go.mod", "go.sum", "main.go"];

/// The program of a folder with `main.go` and a pinned module, in which a server of other makers is built. `options` are those of
/// `go build`.
///
/// It is built once per content of the folder. The error says why there is none. The first build downloads the modules and takes some
/// minutes.
#[expect(
    clippy::print_stderr,
    reason = "a build of several minutes must be visible in the output of the tests"
)]
pub fn server(name: &str, sources: &Path, options: &[&str]) -> Result<PathBuf, String> {
    let contents = SOURCES.map(|file| provision::read(&sources.join(file)));
    let contents = contents.into_iter().collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let build = |folder: &Path| {
        provision::run(Command::new("go").arg("version"))
            .map_err(|reason| format!("{name} is built with Go, which is not there: {reason}"))?;
        eprintln!("building {name} from its Go module; this happens once and takes some minutes");
        let mut command = Command::new("go");
        command.current_dir(sources).args(["build", "-trimpath", "-buildvcs=false"]).args(options);
        command.args(["-ldflags", "-s -w", "-o"]).arg(folder.join(name)).arg(".");
        provision::run(&mut command).map(drop)
    };
    let folder = provision::folder(&format!("services/{name}"), &parts, build)?;
    Ok(folder.join(name))
}
