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
    Ok(folder.join(program_name(path)))
}

/// The last step of a package's path that is not the major version of its module, `v5`.
fn program_name(path: &str) -> &str {
    let is_version = |step: &&str| step.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    path.rsplit('/').find(|step| !is_version(step)).unwrap_or(path)
}

/// The folder with the sources of a module at a version. The error says why there is none.
pub fn source(module: &str) -> Result<PathBuf, String> {
    let downloaded = provision::run(Command::new("go").args(["mod", "download", "-json", module]))?;
    let folder: serde_json::Value = serde_json::from_str(&downloaded).map_err(|error| error.to_string())?;
    folder["Dir"].as_str().map(PathBuf::from).ok_or_else(|| format!("{module} has no sources"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_after_its_package_and_not_after_the_major_version() {
        for (path, name) in [("a/cmd/helm", "helm"), ("a/kustomize/v5", "kustomize"), ("a/vet", "vet")] {
            assert_eq!(program_name(path), name);
        }
    }
}
