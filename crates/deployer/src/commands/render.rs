//! `render`

use std::path::Path;

use deployer_core::format::portal;
use deployer_core::model::Desired;
use deployer_core::stages::{FileText, Layout, node_files};
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use crate::cli::Render;
use crate::exit::Exit;
use crate::output::{count, json};
use crate::session::{Scope, Session};

pub(crate) async fn run(session: &Session<'_>, arguments: &Render) -> Result<Exit> {
    let folder = &arguments.folder;
    refuse_used(folder)?;
    let (deployment, _) = session.deployment(Scope::Source)?;
    let checked = deployment.check(&session.runner).await?;
    session.finish(checked.notes.clone());
    let mut written = Vec::new();
    for (node, desired) in checked.nodes.iter().filter(|(node, _)| session.is_selected(node)) {
        written.push((node, folder.join(node.as_str()), files(&session.settings.environment, desired)?));
    }
    for (_, folder, files) in &written {
        write(folder, files)?;
    }
    session.output.result(&if session.output.is_json() {
        let nodes = written.iter().map(|(node, folder, files)| {
            json!({ "node": node, "folder": folder.display().to_string(), "files": files.len() })
        });
        let nodes: Vec<_> = nodes.collect();
        let notes = json::notes(&checked.notes);
        json::document(&json!({ "format": json::FORMAT, "nodes": nodes, "notes": notes }))
    } else {
        let line = |folder: &Path, files| format!("{}: {}\n", folder.display(), count(files, "file"));
        written.iter().map(|(_, folder, files)| line(folder, files.len())).collect()
    });
    Ok(Exit::Done)
}

/// A folder that holds something is left alone: nothing there may get lost.
fn refuse_used(folder: &Path) -> Result<()> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::new(Kind::Refused, format!("{} is not empty", folder.display()))
            .with_hint("name an empty or a new folder")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(Error::new(Kind::Io, format!("read folder {}", folder.display())).with_cause(error))
        }
    }
}

/// The files of a node in Sesam's layout.
fn files(environment: &str, desired: &Desired) -> Result<Vec<(String, String)>> {
    let files = node_files(desired, &Layout::default(), environment, portal)?;
    let text = |(path, text)| match text {
        FileText::Write(text) => Some((path, text)),
        FileText::Keep => None,
    };
    Ok(files.into_iter().filter_map(text).collect())
}

fn write(folder: &Path, files: &[(String, String)]) -> Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| Error::new(Kind::Io, format!("write {}", path.display())).with_cause(error))?;
    }
    Ok(())
}
