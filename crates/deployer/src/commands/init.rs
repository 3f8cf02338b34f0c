//! `init`

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use deployer_core::plugin::{Plugin, ProcessVariables};
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use crate::cli::{Global, Init};
use crate::exit::Exit;
use crate::output::{Output, json};
use crate::settings::{Absent, Draft, FILE_NAME, FILL_IN, Settings};

/// Writes a settings file where there is none.
pub(crate) fn run(
    global: &Global,
    arguments: &Init,
    table: &[&'static Plugin],
    variables: &ProcessVariables,
    output: &Output,
) -> Result<Exit> {
    let path = global.settings.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !arguments.force && path.exists() {
        return Err(exists(&path));
    }
    let draft = Draft::new(folder, global.environment.as_deref(), table, variables)?;
    let settings = Settings::from_file(&path, draft.text.as_str(), None, variables)?;
    settings.check(table, Absent::InThisEnvironment)?;
    write(&path, &draft.text, arguments.force)?;
    output.notes(&draft.notes);
    output.result(&if output.is_json() {
        json::document(&json!({
            "format": json::FORMAT,
            "file": path.display().to_string(),
            "from": if draft.by_variables { "variables" } else { "folder" },
            "fill_in": draft.fill_in,
            "notes": json::notes(&draft.notes),
        }))
    } else {
        as_text(&path, &draft)
    });
    Ok(Exit::Done)
}

fn as_text(path: &Path, draft: &Draft) -> String {
    let from = if draft.by_variables { "the environment variables" } else { "what was found in its folder" };
    let mut text = format!("Wrote {}, from {from}.\n", path.display());
    if !draft.fill_in.is_empty() {
        text.push_str(&format!("\nTo be filled in, where the file says {FILL_IN}:\n"));
        draft.fill_in.iter().for_each(|place| text.push_str(&format!("  {place}\n")));
    }
    // Beside the variables a file that is not named is refused.
    let option = if path == Path::new(FILE_NAME) && !draft.by_variables {
        String::new()
    } else {
        format!(" --settings {}", path.display())
    };
    text.push_str(&format!("\nNext: sesam-deployer check{option}\n"));
    text
}

/// Writes the file beside its place first, so that it is whole or not there. Without `force` a file that is there is kept.
fn write(path: &Path, text: &str, force: bool) -> Result<()> {
    let failed = |error| Error::new(Kind::Io, format!("write the file {}", path.display())).with_cause(error);
    if !force {
        let created = OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = created.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => failed(error),
        })?;
        return file.write_all(text.as_bytes()).map_err(failed);
    }
    let beside = path.with_extension("toml.partial");
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(failed)
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::Refused, format!("{} exists already, and is kept", path.display()))
        .with_hint("write another file: --settings FILE, or replace this one: --force")
}
