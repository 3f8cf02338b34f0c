//! `dump`

mod into;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deployer_core::error::Note;
use deployer_core::format::portal;
use deployer_core::model::{Desired, NodeName, Observed, normalised};
use deployer_core::{Error, Kind, Result};
use serde_json::json;

use super::render;
use crate::cli::Dump;
use crate::exit::Exit;
use crate::files as private;
use crate::output::{count, json};
use crate::session::{Scope, Session};

/// The files of a node by path.
type Files = BTreeMap<String, String>;

pub(crate) async fn run(session: &Session<'_>, arguments: &Dump) -> Result<Exit> {
    let folder = match (&arguments.folder, &arguments.into) {
        (_, Some(node_folder)) => return into::run(session, node_folder, arguments.yes).await,
        (Some(folder), None) => folder,
        (None, None) => {
            let error = Error::new(Kind::Settings, "dump: a new folder or --into is required");
            return Err(error.with_hint("`dump DIR` writes a new folder, `dump --into node` the node folder"));
        }
    };
    if fs::symlink_metadata(folder).is_ok() {
        let message = format!("{} exists already", folder.display());
        return Err(Error::new(Kind::Refused, message).with_hint("name a new folder"));
    }
    let (deployment, _) = session.deployment(Scope::Nodes).await?;
    let read = deployment.read_nodes(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    let nodes = read?;
    let notes: Vec<Note> = nodes.iter().flat_map(|(_, observed)| observed.notes.clone()).collect();
    session.finish(notes.clone());
    let mut dumped = Vec::with_capacity(nodes.len());
    for (node, observed) in &nodes {
        dumped.push((node, node.file_name()?, files(node, observed)?));
    }
    let ending = if arguments.zip { ".zip" } else { "" };
    if arguments.zip {
        pack(session, folder, &nodes).await?;
    } else {
        write(folder, dumped.iter().map(|(_, name, files)| (*name, files)))?;
    }
    let path = |name: &str| folder.join(format!("{name}{ending}")).display().to_string();
    if session.output.is_json() {
        let kind = if arguments.zip { "archive" } else { "folder" };
        let nodes = dumped
            .iter()
            .map(|(node, name, files)| json!({ "node": node, kind: path(name), "files": files.len() }));
        let nodes: Vec<_> = nodes.collect();
        let notes = json::notes(&notes);
        session.output.document(json!({ "format": json::FORMAT, "nodes": nodes, "notes": notes }));
    } else {
        let lines =
            dumped.iter().map(|(_, name, files)| format!("{}: {}\n", path(name), count(files.len(), "file")));
        session.output.result(&lines.collect::<String>());
    }
    Ok(Exit::Done)
}

/// The entities in Sesam's layout, the variables, and the names of the secrets.
fn files(node: &NodeName, observed: &Observed) -> Result<Files> {
    let mut files = Files::new();
    for entity in &observed.entities {
        let path = entity.file_path();
        if files.insert(path.clone(), portal(&normalised(entity.value()))).is_some() {
            let message = format!(
                "node {node}: two entities belong into the file {path}, one of them is {:?}",
                entity.id()
            );
            return Err(Error::new(Kind::Verification, message).with_hint("rename one of them on the node"));
        }
    }
    if let Some(variables) = &observed.variables {
        files.insert("variables.json".to_owned(), portal(&variables.to_value()));
    }
    if let Some(secrets) = &observed.secrets {
        let names = secrets.iter().map(|name| format!("{name}\n"));
        files.insert("secrets.txt".to_owned(), names.collect());
    }
    Ok(files)
}

/// Writes an archive for each node into a folder that is whole or not there.
async fn pack(session: &Session<'_>, folder: &Path, nodes: &[(NodeName, Observed)]) -> Result<()> {
    let beside = private::partial_folder(folder);
    let failed = |error: std::io::Error| {
        Error::new(Kind::Io, format!("write the folder {}", folder.display())).with_cause(error)
    };
    let packed = async {
        create(&beside).map_err(failed)?;
        for (node, observed) in nodes {
            let desired = Desired::default()
                .with_entities(observed.entities.clone())
                .with_variables(observed.variables.clone());
            render::pack(session, node, &desired, &beside.join(format!("{}.zip", node.file_name()?))).await?;
        }
        fs::rename(&beside, folder).map_err(failed)
    };
    let packed = packed.await;
    if packed.is_err() {
        // The failure is what matters; the partial folder may not even exist.
        let _ = fs::remove_dir_all(&beside);
    }
    packed
}

/// Writes the folders of all nodes under another name first, so that the folder is whole or not there.
fn write<'a>(folder: &Path, nodes: impl Iterator<Item = (&'a str, &'a Files)>) -> Result<()> {
    let beside = private::partial_folder(folder);
    let written = (|| {
        for (node, files) in nodes {
            create(&beside.join(node))?;
            for (path, text) in files {
                let path: PathBuf = beside.join(node).join(path);
                create(path.parent().unwrap_or(&beside))?;
                fs::write(path, text)?;
            }
        }
        create(&beside)?;
        fs::rename(&beside, folder)
    })();
    written.map_err(|error| {
        // The failure is what matters; the partial folder may not even exist.
        let _ = fs::remove_dir_all(&beside);
        Error::new(Kind::Io, format!("write the folder {}", folder.display())).with_cause(error)
    })
}

/// Creates a folder that only its owner can read: variables can contain anything.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
