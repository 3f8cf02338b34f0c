//! Files that only their owner can read, written as a whole or not at all.
//!
//! A folder that others can write to could contain a link that leads the program to another file, or a pipe that never ends.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use deployer_core::{Error, Kind, Result};

/// The largest file that is read.
const LARGEST: u64 = 1 << 30;

/// Reads a file. Anything else, such as a named pipe or a device, is an error and is not waited for.
///
/// # Errors
/// When it cannot be opened or read, is not a file, or is larger than 1 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags(rustix::fs::OFlags::NONBLOCK));
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other("larger than 1 GiB"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a text from a folder of our own, where a link leads out of it and is not followed.
///
/// # Errors
/// As [`read`]; also for a link, a file of somebody else, and text that is not UTF-8.
pub(crate) fn read_own(path: &Path) -> io::Result<String> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Err(io::Error::other("a link, which is not followed"));
    }
    require_own(&metadata)?;
    String::from_utf8(read(path)?).map_err(io::Error::other)
}

/// Writes a text for the file's owner alone: under another name first, so that the file is whole or not there.
///
/// # Errors
/// `Io` when it cannot be written. Nothing is left then.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let beside = partial(path);
    remove_leftovers(path.parent().unwrap_or(path), &start_of_partial(path));
    let written = (|| {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut file = create_new(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error| {
        // The failure is what matters; the partial file may not even exist.
        let _ = fs::remove_file(&beside);
        Error::new(Kind::Io, format!("write the file {}", path.display())).with_cause(error)
    })
}

/// Writes files of a configuration below its root, and removes those without a text. All new texts are written beside their files first, and
/// renamed when all are written. A file keeps its mode.
///
/// # Errors
/// `Io`, if one cannot be written.
pub(crate) fn replace_all<T: AsRef<[u8]>>(root: &Path, files: &BTreeMap<String, Option<T>>) -> Result<()> {
    let beside = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.{}{PARTIAL}", std::process::id()))
    };
    let written = files.iter().filter_map(|(path, text)| Some((root.join(path), text.as_ref()?)));
    let written: Vec<(PathBuf, &T)> = written.collect();
    let prepare = || -> io::Result<()> {
        for (path, text) in &written {
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(beside(path), text)?;
            if let Ok(metadata) = fs::metadata(path) {
                fs::set_permissions(beside(path), metadata.permissions())?;
            }
        }
        for (path, _) in &written {
            fs::rename(beside(path), path)?;
        }
        for (path, _) in files.iter().filter(|(_, text)| text.is_none()) {
            fs::remove_file(root.join(path))?;
        }
        Ok(())
    };
    prepare().map_err(|error| {
        for (path, _) in &written {
            // The failure is what matters; the file may have been renamed already.
            let _ = fs::remove_file(beside(path));
        }
        Error::new(Kind::Io, format!("write the files below {}", root.display())).with_cause(error)
    })
}

/// Creates a file that only its owner can read. A file or a link that is there is an error.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    owner_only().write(true).create_new(true).open(path)
}

/// Opens a file of our own for reading and writing, or creates it. A link is not followed.
///
/// # Errors
/// Also for a link, and for a file of somebody else.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    let mut options = owner_only();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        std::os::unix::fs::OpenOptionsExt::custom_flags(
            &mut options,
            flags(OFlags::NOFOLLOW | OFlags::NONBLOCK),
        );
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    require_own(&metadata)?;
    Ok(file)
}

/// The end of the name of a file that is being written.
pub(crate) const PARTIAL: &str = ".partial";

/// The name of a file while it is being written: no two processes share it.
fn partial(path: &Path) -> std::path::PathBuf {
    path.with_file_name(format!("{}{}{PARTIAL}", start_of_partial(path), std::process::id()))
}

/// The name of a folder while it is being written. Removes the partial folders of the same name that killed runs left.
pub(crate) fn partial_folder(path: &Path) -> std::path::PathBuf {
    remove_leftovers(path.parent().unwrap_or(path), &start_of_partial(path));
    partial(path)
}

fn start_of_partial(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// No run needs so long to write a file or folder.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes the partial files and folders of killed runs whose names begin with a text. One that cannot be removed does no harm.
pub(crate) fn remove_leftovers(folder: &Path, start: &str) {
    // The parent of a name alone is the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Of a link, and not of the file that it leads to.
        let Ok(metadata) = entry.metadata() else { continue };
        let is_old = metadata.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED));
        if is_old && name.starts_with(start) && name.ends_with(PARTIAL) {
            let path = entry.path();
            let _ = if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

fn owner_only() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn flags(flags: rustix::fs::OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Refuses a file or folder that belongs to another user.
#[cfg(unix)]
pub(crate) fn require_own(metadata: &fs::Metadata) -> io::Result<()> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other(format!("it belongs to another user (uid {owner})")))
}

/// Refuses a file or folder that belongs to another user.
#[cfg(not(unix))]
pub(crate) fn require_own(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_private_and_whole_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("new/a.json"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        write(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
        write(&path, "two").unwrap();
        assert_eq!(
            (fs::read_to_string(&victim).unwrap(), read_own(&path).unwrap()),
            ("precious".into(), "two".into())
        );
        symlink(&victim, partial(&path)).unwrap();
        assert!(write(&path, "three").is_err());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, "x").is_err(), "a folder is in the way");
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["a"]);
    }

    #[test]
    fn partial_files_of_killed_runs_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let now = std::time::SystemTime::now();
        let path = folder.path().join("plan.json");
        for (name, age) in [
            (".plan.json.1.partial", 7200),
            (".plan.json.2.partial", 0),
            (".other.json.1.partial", 7200),
            ("old.json", 7200),
        ] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        let left = || {
            let mut left: Vec<_> =
                fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
            left.sort();
            left
        };
        let unfinished = folder.path().join(".plan.json.3.partial");
        fs::create_dir(&unfinished).unwrap();
        fs::write(unfinished.join("a"), "x").unwrap();
        let two_hours_ago = now - Duration::from_secs(7200);
        fs::File::open(&unfinished).unwrap().set_modified(two_hours_ago).unwrap();
        write(&path, "x").unwrap();
        assert_eq!(left(), [".other.json.1.partial", ".plan.json.2.partial", "old.json", "plan.json"]);
        remove_leftovers(folder.path(), "");
        assert_eq!(left(), [".plan.json.2.partial", "old.json", "plan.json"]);
    }

    #[test]
    fn links_and_named_pipes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
        fs::write(folder.path().join("file"), "x").unwrap();
        symlink(folder.path().join("file"), &link).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(read_own(&link).is_err() && open_own(&link).is_err());
        for error in [read(&pipe).unwrap_err(), read_own(&pipe).unwrap_err(), open_own(&pipe).unwrap_err()] {
            assert_eq!(error.to_string(), "not a file");
        }
        assert!(read(folder.path()).is_err());
    }
}
