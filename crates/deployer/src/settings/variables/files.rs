//! The variables that name files of the configuration.

use super::reader::{Reader, malformed};
use crate::settings::file::escaped;

/// The whitelist, the files that variables are verified against, and the file that is uploaded.
pub(super) fn files(reader: &mut Reader<'_>, is_ci: bool) -> (String, Vec<String>, String) {
    let own = "variables/variables-{environment}.json";
    let (whitelist, uploaded, verified): (_, _, &[&str]) = if is_ci {
        let both = &["variables/variables-test.json", "variables/variables-prod.json"];
        ("deployment/whitelist-master.txt", "test-env.json", both)
    } else {
        ("deployment/whitelist-{environment}.txt", own, &[own])
    };
    let listed = reader.text("VERIFY_VARIABLES_FROM_FILES").map(file_list).unwrap_or_default();
    let listed: Vec<String> =
        listed.into_iter().filter_map(|text| path(reader, "VERIFY_VARIABLES_FROM_FILES", text)).collect();
    let verified =
        if listed.is_empty() { verified.iter().map(|path| (*path).to_owned()).collect() } else { listed };
    let mut named = |name: &str, default: &str| {
        reader.text(name).and_then(|text| path(reader, name, text)).unwrap_or_else(|| default.to_owned())
    };
    (named("WHITELIST_FILE_PATH", whitelist), verified, named("UPLOAD_VARIABLES_FROM_FILE", uploaded))
}

/// A path as the settings write it.
fn path(reader: &mut Reader<'_>, name: &str, text: &str) -> Option<String> {
    let path = escaped(text);
    if path.is_empty() || path.contains('\\') {
        let what = if path.is_empty() { "names no file" } else { "holds a `\\`; paths are written with `/`" };
        reader.problems.push(malformed(name, what));
        return None;
    }
    Some(path)
}

/// The files of a list parted by `;`. The original's README shows a list in brackets, which it could not read itself.
fn file_list(text: &str) -> Vec<&str> {
    let bracketed = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parts: Vec<&str> = match bracketed {
        Some(list) => list.split(',').map(|part| part.trim().trim_matches(['"', '\''])).collect(),
        None => text.split(';').collect(),
    };
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}
