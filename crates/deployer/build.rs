//! Tells the program what it is built from: the commit, the compiler and the target. No time, so that equal sources give equal
//! programs.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = env!("CARGO_PKG_VERSION");
    let line = match commit() {
        Some(commit) => {
            println!("cargo::rustc-env=SESAM_DEPLOYER_COMMIT={commit}");
            format!("{version} ({})", commit.get(..12).unwrap_or(&commit))
        }
        None => version.to_owned(),
    };
    println!("cargo::rustc-env=SESAM_DEPLOYER_VERSION={line}");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=SESAM_DEPLOYER_TARGET={}", variable("TARGET"));
    let rustc = said(&mut Command::new(variable("RUSTC")), &["--version"]).unwrap_or_default();
    println!("cargo::rustc-env=SESAM_DEPLOYER_RUSTC={rustc}");
}

/// The commit that is checked out; none in an archive of the sources, also in one that lies in somebody else's repository. A later
/// commit, and no edit of a file, makes cargo ask again.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| said(&mut Command::new("git"), arguments);
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    for file in ["HEAD", "logs/HEAD", "packed-refs"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        // A file that is not there would make every build a new one.
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "HEAD"])
}

/// The line that a program writes; none when it fails or cannot be started.
fn said(program: &mut Command, arguments: &[&str]) -> Option<String> {
    let output = program.args(arguments).output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?;
    Some(line.trim().to_owned())
}
