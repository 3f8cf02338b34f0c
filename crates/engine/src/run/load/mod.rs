//! Reading the configuration from its source: what is selected, once.

mod connectors;
mod folder;
mod loaded;
mod select;
mod templates;
mod variables;

pub(super) use loaded::Loaded;

use self::folder::{Folder, Limited, PART};
use super::call::Runner;
use super::deployment::Deployment;
use super::progress::Part;
use crate::stages::read_entities;
use deployer_connector::JINJA_VARS;
use deployer_core::error::{Note, Place, Result};

pub(super) async fn load(deployment: &Deployment, runner: &Runner) -> Result<Loaded> {
    let _part = Part::begin(&*runner.progress, PART, None);
    let source = &deployment.source;
    let snapshot = runner.read(PART, || source.fetch()).await?;
    let snapshot_of_run = Limited { snapshot: &*snapshot, runner };
    let files = Folder { snapshot: snapshot_of_run, path: deployment.configuration.folder.trim_matches('/') };
    let mut loaded = Loaded { revision: snapshot.revision(), ..Loaded::default() };

    let connector = connectors::node_connector(&files, deployment, &mut loaded).await?;
    let mut expanded = connectors::expand_others(&files, deployment, &mut loaded).await;
    if let Some(connector) = &connector {
        expanded.extend(connectors::expand_node(connector, deployment, &mut loaded));
        note_ignored(&files, &mut loaded).await?;
    }
    let selected = select::select(&files, deployment, connector.is_none(), expanded, &mut loaded).await?;
    variables::variables(&files, deployment, connector.as_ref(), &mut loaded).await;
    if deployment.configuration.split {
        for node in deployment.nodes.iter().skip(1) {
            let templates = templates::templates(&files, node.templates.as_deref(), &mut loaded).await;
            loaded.templates.insert(node.name.clone(), templates);
        }
    }
    let texts = select::texts(&files, deployment, &selected.files, &mut loaded).await;
    let read = read_entities(&texts, deployment.configuration.strictness);
    loaded.entities = read.entities;
    loaded.entities.extend(selected.entities);
    loaded.problems.extend(read.problems);
    loaded.notes.extend(read.notes);
    if runner.is_interrupted() { Err(Runner::interrupted()) } else { Ok(loaded) }
}

/// Warns of the plain files beside a manifest: Sesam's tool ignores them.
async fn note_ignored(files: &Folder<'_>, loaded: &mut Loaded) -> Result<()> {
    let is_plain = |path: &&String| {
        let configured = path.ends_with(".conf.json")
            && (path.starts_with("pipes/") || path.starts_with("systems/") || !path.contains('/'));
        configured || path.as_str() == JINJA_VARS
    };
    let paths = files.files().await?;
    let ignored: Vec<&String> = paths.iter().filter(is_plain).collect();
    if !ignored.is_empty() {
        let noun = if ignored.len() == 1 { "file is" } else { "files are" };
        let message = format!("{} plain {noun} ignored beside the connector's manifest", ignored.len());
        let places = ignored.into_iter().take(SHOWN).map(|path| Place::file(path.as_str()));
        loaded.notes.push(Note::warning(message).at_all(places));
    }
    Ok(())
}

/// How many ignored files the warning shows.
const SHOWN: usize = 5;
