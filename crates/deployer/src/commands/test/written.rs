//! The files of the configuration that an update writes.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_core::{Error, Kind, Result};

use crate::files;

/// The files below the root; `None` removes one.
pub(super) type Texts = BTreeMap<String, Option<Vec<u8>>>;

/// Writes and removes files of the configuration.
pub(super) fn write(root: &Path, texts: &Texts) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    if !root.is_dir() {
        return Err(Error::new(
            Kind::Refused,
            "the configuration is not read from a folder, so that no file can be written",
        )
        .with_hint("run `update` in a checkout, with a source of kind `folder`"));
    }
    let outside = texts
        .keys()
        .find(|path| path.split('/').any(|step| matches!(step, "" | "." | "..")) || path.contains('\\'));
    if let Some(path) = outside {
        return Err(Error::new(Kind::Refused, format!("{path:?} cannot be the name of an expected file"))
            .with_hint("give the spec of this pipe another `file`"));
    }
    files::replace_all(root, texts)
}
