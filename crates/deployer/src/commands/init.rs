//! `init`

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use deployer_core::model::MASTER;
use deployer_core::plugin::{Plugin, ProcessVariables};
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use crate::cli::{Global, Init};
use crate::exit::Exit;
use crate::gallery::TemplateFolder;
use crate::output::{Output, json};
use crate::settings::{Draft, FILE_NAME, FILL_IN, Settings};

/// Creates a settings file, or a template folder.
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
    if let Some(templates) = arguments.templates {
        return write_templates(global, arguments, templates, folder, output);
    }
    if !arguments.force && path.exists() {
        return Err(exists(&path));
    }
    let draft = Draft::new(folder, global.environment.as_deref(), table, variables)?;
    let settings = Settings::from_file(&path, draft.text.as_str(), None, variables)?;
    settings.check(table)?;
    write(&path, &draft.text, arguments.force)?;
    output.notes(&draft.notes);
    if output.is_json() {
        output.document(json!({
            "format": json::FORMAT,
            "file": path.display().to_string(),
            "from": if draft.by_variables { "variables" } else { "folder" },
            "fill_in": draft.fill_in,
            "notes": json::notes(&draft.notes),
        }));
    } else {
        output.result(&as_text(&path, &draft));
    }
    Ok(Exit::Done)
}

/// Writes a template folder for the extra node that the command line names.
fn write_templates(
    global: &Global,
    arguments: &Init,
    templates: TemplateFolder,
    folder: &Path,
    output: &Output,
) -> Result<Exit> {
    let Some(node) = global.node.as_deref() else {
        return Err(Error::new(Kind::Settings, "--templates needs the name of the extra node")
            .with_hint("add `--node NAME`: the name that `metadata.node` of its entities has"));
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if node == MASTER || node.is_empty() || !node.chars().all(is_name) {
        return Err(Error::new(Kind::Settings, format!("{node:?} cannot be the name of an extra node"))
            .with_hint("use letters, digits, `-` and `_`; `master` is the master node"));
    }
    let below = format!("{TEMPLATES}/{node}");
    let target = folder.join(TEMPLATES).join(node);
    let failed =
        |error| Error::new(Kind::Io, format!("write the folder {}", target.display())).with_cause(error);
    let files: Vec<(&str, String)> = templates.files(node).collect();
    let present: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| target.join(name).exists()).collect();
    if !present.is_empty() && !arguments.force {
        let message = format!("{} already contains {}", target.display(), present.join(", "));
        return Err(Error::new(Kind::Refused, message).with_hint("to replace these files, add --force"));
    }
    fs::create_dir_all(&target).map_err(failed)?;
    for (name, text) in &files {
        fs::write(target.join(name), text).map_err(failed)?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    if output.is_json() {
        output.document(
            json!({ "format": json::FORMAT, "folder": target.display().to_string(), "files": names }),
        );
    } else {
        let proxy = if templates == TemplateFolder::Proxy { "\nproxy = true" } else { "" };
        output.result(&format!(
            "Wrote {} files to {}. README.md explains what they connect and what they need.\n\nAdd the node to the settings file, with its target:\n\n[nodes.{node}]\ntemplates = \"{below}\"{proxy}\n\nNext: sesam-deployer check\n",
            names.len(),
            target.display()
        ));
    }
    Ok(Exit::Done)
}

/// The folder of all template folders, below the root of the configuration.
const TEMPLATES: &str = "extra_nodes";

fn as_text(path: &Path, draft: &Draft) -> String {
    let from = if draft.by_variables { "the environment variables" } else { "the files of its folder" };
    let mut text = format!("Created {} from {from}.\n", path.display());
    if !draft.fill_in.is_empty() {
        text.push_str(&format!("\nFill in every {FILL_IN}:\n"));
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

/// With `force`, writes another file first and renames it, so that the file is whole or not there. Without it, an existing file is kept.
fn write(path: &Path, text: &str, force: bool) -> Result<()> {
    let failed = |error| Error::new(Kind::Io, format!("write the file {}", path.display())).with_cause(error);
    if !force {
        let created = OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = created.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => failed(error),
        })?;
        return file.write_all(text.as_bytes()).map_err(|error| abandon(path, failed(error)));
    }
    let beside = path.with_extension("toml.partial");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| abandon(&beside, failed(error)))
}

/// Removes a file that could not be written completely. The failure is what matters; the file may not even exist.
fn abandon(partial: &Path, failure: Error) -> Error {
    let _ = fs::remove_file(partial);
    failure
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::Refused, format!("{} already exists", path.display()))
        .with_hint("create another file with --settings FILE, or replace this one with --force")
}
