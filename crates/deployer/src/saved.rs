//! Plans and snapshots on disk, readable by their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::Saved;

use crate::output::Output;

/// Reads a plan or a snapshot.
///
/// # Errors
/// `Io` when the file cannot be read; else as [`Saved::parse`].
pub(crate) fn read(path: &Path) -> Result<Saved> {
    let attempted = || format!("read the file {}", path.display());
    let bytes = fs::read(path).map_err(|error| Error::new(Kind::Io, attempted()).with_cause(error))?;
    Saved::parse(&SourceText::from_bytes(path.display().to_string(), bytes)?)
}

/// Writes a plan or a snapshot.
///
/// # Errors
/// `Verification` when the text would hold the value of a secret; `Io` when it cannot be written.
pub(crate) fn write(path: &Path, saved: &Saved, output: &Output) -> Result<()> {
    let text = saved.to_text();
    let (_, literal) = output.mask(&text);
    if !literal.is_empty() {
        let message = format!("the {} is not written: it would hold secrets literally", saved.purpose.word());
        return Err(Error::new(Kind::Verification, message)
            .with_detail(format!("found the values of: {}", literal.join(", ")))
            .with_hint("write $SECRET(name) in the configuration in place of the value"));
    }
    write_private(path, &text)
}

/// Writes a text for the file's owner alone: beside its place first, so that a file is whole or not there.
///
/// # Errors
/// `Io` when it cannot be written.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("partial");
    let attempted = || format!("write the file {}", path.display());
    let written = (|| {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let _ = fs::remove_file(&beside);
        let mut file = owner_only().create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error| Error::new(Kind::Io, attempted()).with_cause(error))
}

/// How a file is opened for writing that only its owner may read, where the system knows owners.
pub(crate) fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
