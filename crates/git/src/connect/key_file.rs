//! The private key of a connection, in a file for the `ssh` program.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use deployer_core::{Error, Kind, Result, SecretValue};
use tempfile::NamedTempFile;

const PREFIX: &str = "sesam-deployer-";

/// The time between the creation of a file and its lock is shorter.
const NEW: Duration = Duration::from_secs(60);

/// A file that only its owner reads, locked and removed when it is dropped. Files that killed runs left are removed first.
#[expect(
    clippy::disallowed_methods,
    reason = "the ssh program reads a key from a file only; the file is the owner's alone"
)]
pub(super) fn write(key: &SecretValue) -> Result<NamedTempFile> {
    remove_leftovers(&std::env::temp_dir());
    let write = || {
        let mut file = tempfile::Builder::new().prefix(PREFIX).tempfile()?;
        // A file system without locks keeps what a killed run leaves.
        let _ = file.as_file().try_lock();
        file.write_all(key.expose().as_bytes())?;
        // OpenSSH does not read a key without a final line end.
        file.write_all(b"\n")?;
        file.flush()?;
        io::Result::Ok(file)
    };
    write().map_err(|cause| {
        Error::new(Kind::Io, "the SSH key cannot be written to a temporary file for the ssh program")
            .with_cause(cause)
    })
}

/// Removes the key files that no process has locked. One that cannot be removed does no harm to this run.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_left(&entry.path()).unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the process that wrote a file has ended. A link, a file of somebody else and a new file do not count.
fn is_left(path: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    let is_old = metadata.modified()?.elapsed().is_ok_and(|age| age > NEW);
    Ok(metadata.is_file() && is_old && File::open(path)?.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn key_files_of_killed_runs_are_removed_and_those_in_use_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let create = |name: &str, age: Duration| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            file
        };
        create("sesam-deployer-killed", NEW * 2);
        create("sesam-deployer-new", Duration::ZERO);
        create("of-another-program", NEW * 2);
        let running = create("sesam-deployer-running", NEW * 2);
        running.try_lock().unwrap();
        remove_leftovers(folder.path());
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, ["of-another-program", "sesam-deployer-new", "sesam-deployer-running"]);
    }
}
