//! The new content of the files.

use deployer_core::format::portal;
use deployer_core::layout::{FileText, Layout, node_files};
use deployer_core::model::Desired;
use deployer_core::{Error, Kind, Result};

use crate::disk::Files;

/// The longest name of a file that common file systems allow, in bytes.
const LONGEST_NAME: usize = 255;

/// The files of a desired state. A file with the same content keeps its bytes.
///
/// # Errors
/// `Verification` if two entities have the same file, such as two with the type `metadata`.
pub(crate) fn wanted(desired: &Desired, there: &Files, layout: &Layout, environment: &str) -> Result<Files> {
    let files = node_files(desired, layout, environment, portal)?.into_iter().filter_map(|(path, text)| {
        let content = match text {
            FileText::Keep => there.get(&path)?.clone(),
            FileText::Write(text) => text.into_bytes().into(),
        };
        Some((path, content))
    });
    Ok(files.collect())
}

/// Refuses entities whose names are too long for files.
///
/// # Errors
/// `Verification`, with a related error for each of them.
pub(crate) fn check_names(desired: &Desired) -> Result<()> {
    let name_of = |path: &str| path.rsplit('/').next().map_or(0, str::len);
    let too_long = desired.entities.iter().filter(|entity| name_of(&entity.file_path()) > LONGEST_NAME);
    let problems: Vec<Error> = too_long
        .map(|entity| {
            Error::new(Kind::Verification, format!("{:?} is too long for the name of a file", entity.id()))
                .at(entity.place())
                .with_hint("shorten the `_id`, or write an archive: `format = \"zip\"`")
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::together(Kind::Verification, "entities are too long for the names of files", problems))
}
