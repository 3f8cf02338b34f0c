//! Folders of third-party programs in the user's cache, installed once for all tests of all processes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// `1` if every third-party server and client is required.
const REQUIRE: &str = "DEPLOYER_REQUIRE_SERVERS";

/// Written last: a folder without it was not installed to its end.
const COMPLETE: &str = ".complete";

/// Says that a test case does not run because the machine does not allow it, and why.
#[expect(clippy::print_stderr, reason = "a skipped case must be visible in the output of the tests")]
pub fn skip(name: &str, reason: &str) {
    eprintln!("skipped: {name}: {reason}");
}

/// Says that a test case does not run because something is not installed, and why.
///
/// # Panics
/// When `DEPLOYER_REQUIRE_SERVERS=1` says that every case has to run.
pub fn skip_or_fail(name: &str, reason: &str) {
    skip(name, reason);
    let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{name} was skipped although {REQUIRE}=1: {reason}");
}

/// A folder `<cache>/sesam-deployer/<kind>-<hash of parts>`, filled by `install` unless that has been done before.
///
/// Other processes wait meanwhile; a folder left half-filled is emptied and filled anew. The error says why it
/// cannot be had.
pub(crate) fn folder(
    kind: &str,
    parts: &[&[u8]],
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    folder_in(&cache()?, kind, parts, install)
}

fn folder_in(
    cache: &Path,
    kind: &str,
    parts: &[&[u8]],
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = cache.join(format!("{kind}-{}", hash(parts)));
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    // The kind may lie in folders of its own.
    std::fs::create_dir_all(folder.parent().unwrap_or(cache)).map_err(at)?;
    let lock = File::create(folder.with_extension("lock")).map_err(at)?;
    lock.lock().map_err(at)?;
    if folder.join(COMPLETE).exists() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(at)?;
    }
    std::fs::create_dir_all(&folder).map_err(at)?;
    install(&folder)?;
    std::fs::write(folder.join(COMPLETE), "").map_err(at)?;
    Ok(folder)
}

/// Runs a program to its end and returns what it printed; the error is what it complained about.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} failed ({}): {}", output.status, complaint.trim()))
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

pub(crate) fn cache() -> Result<PathBuf, String> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let cache = cache.ok_or("neither XDG_CACHE_HOME nor HOME names a place for a cache")?;
    Ok(cache.join("sesam-deployer"))
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_installed_once_and_a_half_filled_one_anew() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let install = |content: &'static str| {
            move |folder: &Path| {
                assert!(!folder.join("half").exists(), "what an earlier try left is gone");
                std::fs::write(folder.join("installed"), content).map_err(|error| error.to_string())
            }
        };
        let failed = folder_in(cache.path(), "kind", &[b"a", b"b"], |folder| {
            std::fs::write(folder.join("half"), "").expect("writable");
            Err("no network".to_owned())
        });
        assert_eq!(failed, Err("no network".to_owned()));

        let first = folder_in(cache.path(), "kind", &[b"a", b"b"], install("first")).expect("installed");
        let again = folder_in(cache.path(), "kind", &[b"a", b"b"], install("again")).expect("there");
        let other = folder_in(cache.path(), "kind", &[b"ab", b""], install("other")).expect("installed");
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert_eq!(std::fs::read_to_string(first.join("installed")).expect("written"), "first");
    }
}
