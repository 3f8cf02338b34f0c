//! Plans and snapshots on disk.

use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::error::Note;
use deployer_core::{Error, Kind, Result};
use deployer_engine::saved::Saved;

use crate::files;
use crate::output::Output;

/// Reads a plan or a snapshot.
///
/// # Errors
/// `Io` when the file cannot be read; else as [`Saved::parse`].
pub(crate) fn read(path: &Path) -> Result<Saved> {
    let attempted = || format!("read the file {}", path.display());
    let bytes = files::read(path).map_err(|error| Error::new(Kind::Io, attempted()).with_cause(error))?;
    Saved::parse(&SourceText::from_bytes(path.display().to_string(), bytes)?)
}

/// Writes a plan or a snapshot, without the secret values that the configuration contains literally. A note names their places.
///
/// # Errors
/// As [`text`]; `Io` when it cannot be written.
pub(crate) fn write(path: &Path, saved: &Saved, output: &Output) -> Result<()> {
    let (text, notes) = text(saved, output)?;
    files::write(path, &text)?;
    output.notes(&notes);
    Ok(())
}

/// The text of a plan or a snapshot, without the secret values that the configuration contains literally. Notes name their places.
///
/// # Errors
/// `Verification` when a name in it contains a secret value.
pub(crate) fn text(saved: &Saved, output: &Output) -> Result<(String, Vec<Note>)> {
    let (masked, notes) = saved.masked(output.redactor());
    let text = masked.to_text();
    if output.redactor().finds(&text) {
        let message =
            format!("the {} is not written: a name in it contains a secret value", saved.purpose.word());
        return Err(Error::new(Kind::Verification, message)
            .with_hint("rename the entities, variables and nodes that contain a secret"));
    }
    Ok((text, notes))
}
