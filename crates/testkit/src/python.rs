//! Python packages for tests, in virtual environments of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::provision;

const WHICH: &str = "import sys; print(sys.executable, sys.version)";

/// A Python interpreter with the packages of a requirements file, whose versions must be pinned.
///
/// The environment is made once per content of the file and version of Python, in the user's cache folder. Returns
/// the path of its `python`; the error says why there is none.
pub fn venv(requirements: &Path) -> Result<PathBuf, String> {
    let wanted = provision::read(requirements)?;
    let python = provision::run(Command::new("python3").args(["-c", WHICH]))?;
    let folder = provision::folder("python", &[&wanted, python.as_bytes()], |folder| {
        provision::run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--requirement",
        ]);
        provision::run(pip.arg(requirements)).map(drop)
    })?;
    Ok(folder.join("bin/python"))
}
