//! `render`

use std::path::{Path, PathBuf};

use deployer_core::document::SourceText;
use deployer_core::format::portal;
use deployer_core::layout::{FileText, Layout, node_files};
use deployer_core::model::{Desired, NodeName};
use deployer_core::plugin::{Build, Family, Section};
use deployer_core::traits::Secrets;
use deployer_core::{Error, Kind, Result};
use deployer_engine::stages::diff;
use serde_json::json;

use crate::cli::Render;
use crate::exit::Exit;
use crate::output::{count, json};
use crate::session::{Scope, Session};

/// The files of a node.
struct Rendered<'a> {
    node: &'a NodeName,
    desired: &'a Desired,
    /// The folder, or the archive.
    path: PathBuf,
    files: Vec<(String, String)>,
}

pub(crate) async fn run(session: &Session<'_>, arguments: &Render) -> Result<Exit> {
    let folder = &arguments.folder;
    refuse_used(folder)?;
    let (mut deployment, _) = session.deployment(Scope::Source).await?;
    // An entity that a node would refuse is written too, for people to look at.
    deployment.verify.entities = false;
    let checked = deployment.check(&session.runner).await?;
    session.finish(checked.notes.clone());
    let mut rendered = Vec::new();
    for (node, desired) in checked.nodes.iter().filter(|(node, _)| session.is_selected(node)) {
        let name = node.file_name()?;
        let name = if arguments.zip { format!("{name}.zip") } else { name.to_owned() };
        let files = files(&session.settings.environment, desired)?;
        rendered.push(Rendered { node, desired, path: folder.join(name), files });
    }
    for one in &rendered {
        match arguments.zip {
            true => pack(session, one.node, one.desired, &one.path).await?,
            false => write(&one.path, &one.files)?,
        }
    }
    let kind = if arguments.zip { "archive" } else { "folder" };
    if session.output.is_json() {
        let nodes = rendered.iter().map(
            |one| json!({ "node": one.node, kind: one.path.display().to_string(), "files": one.files.len() }),
        );
        let nodes: Vec<_> = nodes.collect();
        let notes = json::notes(&checked.notes);
        session.output.document(json!({ "format": json::FORMAT, "nodes": nodes, "notes": notes }));
    } else {
        let line =
            |one: &Rendered<'_>| format!("{}: {}\n", one.path.display(), count(one.files.len(), "file"));
        session.output.result(&rendered.iter().map(line).collect::<String>());
    }
    Ok(Exit::Done)
}

/// Refuses a folder that is not empty: nothing there must get lost.
fn refuse_used(folder: &Path) -> Result<()> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::new(Kind::Refused, format!("{} is not empty", folder.display()))
            .with_hint("name an empty or new folder")),
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

/// Deploys a node to an archive, as the target `folder` does.
pub(super) async fn pack(
    session: &Session<'_>,
    node: &NodeName,
    desired: &Desired,
    path: &Path,
) -> Result<()> {
    let plugin = session.plugin(Family::Target, "folder").map(|plugin| plugin.build);
    let Some(Build::Target(build)) = plugin else {
        return Err(Error::new(Kind::Settings, "--zip: the plugin target-folder is not in this build")
            .with_hint("leave out --zip, or build the program with the plugin"));
    };
    // The plugin takes relative paths from the folder of the settings, a command line from the current folder.
    let path = std::path::absolute(path)
        .map_err(|error| Error::new(Kind::Io, format!("write {}", path.display())).with_cause(error))?;
    let path = toml::Value::String(path.display().to_string());
    let settings = SourceText::new("--zip", format!("path = {path}\nformat = \"zip\"\n"));
    let target = build(Section::parse("render", &settings)?, &session.context)?;
    let Desired { entities, variables, .. } = desired.clone();
    let desired = Desired::default().with_entities(entities).with_variables(variables);
    let observed = target.observe().await?;
    let environment = &session.settings.environment;
    let plan = diff(node, environment, None, &target.location(), desired, &observed);
    for step in target.prepare(&plan, &Secrets::new()).await? {
        step.execute().await?;
    }
    Ok(())
}
