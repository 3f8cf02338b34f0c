//! Opening files relative to an open folder, without following links.

use std::fs::File;
use std::io;
use std::path::Path;
#[cfg(not(unix))]
use std::path::PathBuf;

/// A folder that files are opened in.
#[derive(Debug)]
pub(crate) struct OpenFolder {
    #[cfg(unix)]
    handle: rustix::fd::OwnedFd,
    #[cfg(not(unix))]
    path: PathBuf,
}

#[cfg(unix)]
impl OpenFolder {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};

        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { handle })
    }

    /// Opens what has this name; `None` for a link. Does not wait for the other end of a pipe.
    pub(crate) fn file(&self, name: &Path) -> io::Result<Option<File>> {
        use rustix::fs::{Mode, OFlags};
        use rustix::io::Errno;

        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::LOOP | Errno::MLINK) => Ok(None),
            Err(cause) => Err(cause.into()),
        }
    }
}

#[cfg(not(unix))]
impl OpenFolder {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned() })
    }

    /// Opens what has this name; `None` for a link.
    pub(crate) fn file(&self, name: &Path) -> io::Result<Option<File>> {
        let path = self.path.join(name);
        if path.symlink_metadata()?.is_symlink() { Ok(None) } else { File::open(path).map(Some) }
    }
}

/// Whether there is nothing at a path: neither the file, nor a folder on the way to it.
pub(crate) fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether links lead to each other.
#[cfg(unix)]
pub(crate) fn is_circle(cause: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(cause) == Some(rustix::io::Errno::LOOP)
}

/// Whether links lead to each other.
#[cfg(not(unix))]
pub(crate) fn is_circle(_: &io::Error) -> bool {
    false
}
