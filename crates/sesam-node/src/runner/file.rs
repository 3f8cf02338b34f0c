//! The files of a folder with canned answers that people write, and errors with places.

use std::fs;
use std::io;
use std::path::Path;

use deployer_core::document::{Node, SourceText};

/// The text and the tree of a file that must be a JSON object. `None` without the file.
pub(super) fn read_document(path: &Path) -> io::Result<Option<(SourceText, Node)>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    };
    let source = SourceText::new(path.display().to_string(), text);
    let parsed = source.parse().map_err(|error| invalid([error.to_string()]))?;
    if parsed.root.value.as_object().is_none() {
        let found = parsed.root.value.kind_name();
        return Err(invalid([format!("{}:1:1: expected an object, found {found}", path.display())]));
    }
    if !parsed.duplicates.is_empty() {
        let duplicates = parsed.duplicates.iter();
        return Err(invalid(
            duplicates.map(|it| format!("{}: the key `{}` is also at {}", it.place, it.key, it.first)),
        ));
    }
    Ok(Some((source, parsed.root)))
}

/// All problems of a file in one error, one per line.
pub(super) fn invalid(problems: impl IntoIterator<Item = String>) -> io::Error {
    let problems: Vec<String> = problems.into_iter().collect();
    io::Error::new(io::ErrorKind::InvalidData, problems.join("\n"))
}
