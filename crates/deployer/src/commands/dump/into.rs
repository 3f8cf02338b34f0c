//! `dump --into`: takes what the nodes have back into the files of the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::{Error, Kind, Result};
use deployer_engine::download::{Download, download};
use deployer_engine::run::{Configuration, Deployment, FolderLayout, Status};
use serde_json::json;

use crate::exit::Exit;
use crate::files;
use crate::output::json;
use crate::session::{Scope, Session};

pub(super) async fn run(session: &Session<'_>, folder: &Path, yes: bool) -> Result<Exit> {
    let (deployment, _) = session.deployment(Scope::Nodes).await?;
    let planned = plan(session, &deployment, folder).await;
    session.finish(deployment.close(&session.runner).await);
    let (root, download) = planned?;
    session.finish(download.notes.clone());
    if !download.removals.is_empty() && !yes {
        let message = format!(
            "{} left the nodes and would be removed from the files; nothing was written",
            download.removals.join(", ")
        );
        return Err(Error::new(Kind::Refused, message).with_hint("to remove them, run again with --yes"));
    }
    files::replace_all(&root, &download.files)?;
    if session.output.is_json() {
        let changes: Vec<_> = download
            .files
            .iter()
            .map(|(path, text)| json!({ "file": path, "action": if text.is_some() { "write" } else { "remove" } }))
            .collect();
        session.output.document(json!({
            "format": json::FORMAT,
            "files": changes,
            "removals": download.removals,
            "notes": json::notes(&download.notes),
        }));
    } else {
        let line = |(path, text): (&String, &Option<String>)| {
            format!("{} {path}\n", if text.is_some() { "wrote" } else { "removed" })
        };
        session.output.result(&download.files.iter().map(line).collect::<String>());
        if download.files.is_empty() {
            session.output.result("Nothing to change: the files have what the nodes have.\n");
        }
    }
    Ok(Exit::Done)
}

/// Reads the nodes and the files, and compares them. Returns the root of the configuration.
async fn plan(session: &Session<'_>, deployment: &Deployment, folder: &Path) -> Result<(PathBuf, Download)> {
    let configuration = &deployment.configuration;
    let root = PathBuf::from(deployment.source.location());
    require_node_folder(&root, configuration, folder)?;
    let status = deployment.status(&session.runner).await?;
    require_answers(&status)?;
    let below = configuration.folder.trim_matches('/');
    let mut folders = vec![below];
    folders.extend(deployment.nodes.iter().filter_map(|node| node.templates.as_deref()));
    let mut texts = BTreeMap::new();
    for folder in folders {
        read(&root, folder.trim_matches('/'), &mut texts).map_err(|error| {
            Error::new(Kind::Io, format!("read the folder {}", root.join(folder).display())).with_cause(error)
        })?;
    }
    Ok((root, download(&status, configuration, texts)))
}

/// Refuses a folder that the configuration is not read from, and layouts whose files are templates.
fn require_node_folder(root: &Path, configuration: &Configuration, folder: &Path) -> Result<()> {
    let expected = root.join(configuration.folder.trim_matches('/'));
    let same = fs::canonicalize(&expected).ok().zip(fs::canonicalize(folder).ok());
    if same.is_none_or(|(expected, folder)| expected != folder) {
        let message = format!(
            "--into: {} is not the node folder that the configuration is read from, {}",
            folder.display(),
            expected.display()
        );
        return Err(Error::new(Kind::Settings, message).with_hint(
            "name that folder; if the source is a git repository, add --source DIR with a checkout",
        ));
    }
    if configuration.layout != FolderLayout::Deployer {
        let message = "--into: the files of this layout can be templates, and nodes do not have templates";
        return Err(Error::new(Kind::Settings, message)
            .with_hint("`dump DIR` writes what the nodes have to a new folder"));
    }
    Ok(())
}

/// Every node is read before anything is written.
fn require_answers(status: &Status) -> Result<()> {
    let failures: Vec<Error> =
        status.nodes.iter().filter_map(|node| node.read.as_ref().err()).cloned().collect();
    match <[Error; 1]>::try_from(failures) {
        Ok([failure]) => Err(failure),
        Err(failures) if failures.is_empty() => Ok(()),
        Err(failures) => Err(Error::together(Kind::Unavailable, "several nodes cannot be read", failures)),
    }
}

/// The text files of a folder and its subfolders, by their path below the root. Links and hidden files are left out.
fn read(root: &Path, folder: &str, texts: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type()?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            read(root, &path, texts)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
        {
            texts.insert(path, text);
        }
    }
    Ok(())
}
