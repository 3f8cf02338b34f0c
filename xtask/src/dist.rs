//! `cargo xtask dist`

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::build;
use crate::docs::commands::outputs;
use crate::shell::{Result, Shell, run as run_command};
use crate::workspace::{PROGRAM, target_folder};

/// What `cargo xtask build` writes beside a program: what it was built from, its bill of materials, and the licences of its crates.
const BESIDE: [&str; 3] = ["build.json", "bom.json", "licences.txt"];

pub(crate) const HELP: &str = "\
Usage: cargo xtask dist [--program FILE]

Writes a release archive for this machine's target, dist/sesam-deployer-VERSION-TARGET.tar.gz, and its SHA-256 beside it. The archive has the
program with all plugins, completions for Bash, Zsh and fish, man pages, build.json, bom.json, licences.txt, the licence and the changelog.
The same program gives the same bytes.

Options:
  --program FILE  take this program of `cargo xtask build`, and build none";

pub(crate) fn run(shell: &Shell, mut parser: lexopt::Parser) -> Result {
    let mut program = None;
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("program") => {
                program = Some(PathBuf::from(parser.value().map_err(|error| error.to_string())?))
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    let program = match program {
        Some(program) => {
            std::path::absolute(&program).map_err(|error| format!("{}: {error}", program.display()))?
        }
        None => {
            let folder = target_folder(shell)?.join("release-archive");
            let output = folder.as_os_str().to_owned();
            let arguments = ["--features", "all", "--profile", "fast", "--output"].map(OsString::from);
            build::run(shell, lexopt::Parser::from_args(arguments.into_iter().chain([output])))?;
            folder.join(PROGRAM)
        }
    };
    let ask = |arguments: &[&str]| outputs(shell, &program, arguments);
    let name = archive_name(&ask(&["version", "--json"])?)?;
    let dist = shell.root().join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    copy(&program, &folder.join(PROGRAM))?;
    for file in ["LICENSE", "CHANGELOG.md"] {
        copy(&shell.root().join(file), &folder.join(file))?;
    }
    for file in BESIDE {
        let from = program.with_file_name(file);
        copy(&from, &folder.join(file)).map_err(|error| format!("{error}: `cargo xtask build` writes it"))?;
    }
    for (kind, file) in
        [("bash", "sesam-deployer.bash"), ("zsh", "_sesam-deployer"), ("fish", "sesam-deployer.fish")]
    {
        let script = ask(&["--no-settings-file", "completions", kind])?;
        write(&folder.join("completions").join(file), &format!("{script}\n"))?;
    }
    let pages = folder.join("man");
    fs::create_dir_all(&pages).map_err(|error| format!("{}: {error}", pages.display()))?;
    ask(&["--no-settings-file", "man", &pages.display().to_string()])?;
    pack(shell, &dist, &name)
}

/// Packs the folder, and writes the checksum of the archive.
fn pack(shell: &Shell, dist: &Path, name: &str) -> Result {
    let archive = format!("{name}.tar.gz");
    let arguments = [
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=u+rwX,go+rX,go-w",
        "--use-compress-program",
        "gzip -n",
    ];
    run_command(
        shell
            .program(Path::new("tar"))
            .args(arguments)
            .arg("--directory")
            .arg(dist)
            .arg("--create")
            .arg("--file")
            .arg(dist.join(&archive))
            .arg(name),
    )?;
    let bytes = fs::read(dist.join(&archive)).map_err(|error| format!("{archive}: {error}"))?;
    let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    write(&dist.join(format!("{archive}.sha256")), &format!("{sum}  {archive}\n"))?;
    println!("dist/{archive}\ndist/{archive}.sha256");
    Ok(())
}

/// The name of the archive without its ending, from what the program says of itself.
fn archive_name(build: &str) -> Result<String> {
    let build: Value = serde_json::from_str(build).map_err(|error| format!("`version --json`: {error}"))?;
    let [version, target] = ["version", "target"].map(|key| build[key].as_str());
    match (version, target) {
        (Some(version), Some(target)) => Ok(format!("{PROGRAM}-{version}-{target}")),
        _ => Err("`version --json` names no version or target".to_owned()),
    }
}

fn copy(from: &Path, to: &Path) -> Result {
    let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::copy(from, to).map(drop)).map_err(|error| format!("{}: {error}", from.display()))
}

fn write(path: &Path, text: &str) -> Result {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_has_the_version_and_the_target_in_its_name() {
        let name = archive_name(r#"{"version": "1.2.3", "target": "x86_64-unknown-linux-gnu"}"#);
        assert_eq!(name.unwrap(), "sesam-deployer-1.2.3-x86_64-unknown-linux-gnu");
        assert!(archive_name("{}").unwrap_err().contains("names no version"));
    }
}
