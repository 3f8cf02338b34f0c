//! Connectors: folders with a manifest, whose templates become entities.

use super::folder::{Folder, join};
use super::loaded::Loaded;
use crate::run::deployment::{Deployment, FolderLayout};
use deployer_connector::{Connector, DEFAULT_SYSTEM, MANIFEST, Options, node_metadata};
use deployer_core::error::{Error, Kind, Note, Place, Result};
use deployer_core::model::Entity;

/// The connector that the node folder is, if its layout allows one and it has a manifest.
///
/// # Errors
/// `Verification` if the layout asks for a connector and there is none, or if it cannot be read.
pub(super) async fn node_connector(
    files: &Folder<'_>,
    deployment: &Deployment,
    loaded: &mut Loaded,
) -> Result<Option<Connector>> {
    let layout = deployment.configuration.layout;
    if layout == FolderLayout::Deployer {
        return Ok(None);
    }
    let connector = read(files, files.path, "", loaded).await?;
    if connector.is_none() && layout == FolderLayout::Connector {
        let path = files.below(MANIFEST);
        let message = format!("the folder is not a connector: {path} does not exist");
        return Err(Error::new(Kind::Verification, message)
            .at(Place::file(path))
            .with_hint("check `folder` in [configuration], or leave `layout` out"));
    }
    Ok(connector)
}

/// The entities of the connector that the node folder is, with the node metadata that Sesam's tool uploads beside them.
pub(super) fn expand_node(
    connector: &Connector,
    deployment: &Deployment,
    loaded: &mut Loaded,
) -> Vec<Entity> {
    let settings = &deployment.configuration.connectors;
    let system = settings.system.clone().unwrap_or_else(|| {
        let message = format!(
            "the connector's system is named {DEFAULT_SYSTEM:?}, as by Sesam's tool; set `system` in [configuration]"
        );
        loaded.notes.push(Note::remark(message));
        DEFAULT_SYSTEM.to_owned()
    });
    let options = Options { system, shims: settings.shims.unwrap_or(true) };
    let mut entities = expand(connector, &options, loaded);
    match node_metadata(connector) {
        Ok(metadata) => entities.push(metadata),
        Err(problem) => loaded.problems.push(problem),
    }
    entities
}

/// The entities of the connectors beside the node folder.
pub(super) async fn expand_others(
    files: &Folder<'_>,
    deployment: &Deployment,
    loaded: &mut Loaded,
) -> Vec<Entity> {
    let settings = &deployment.configuration.connectors;
    let mut entities = Vec::new();
    for folder in &settings.folders {
        let folder = folder.trim_matches('/');
        let connector = match read(files, folder, folder, loaded).await {
            Ok(Some(connector)) => connector,
            Ok(None) => {
                let path = join(folder, MANIFEST);
                let message = format!("{folder:?} is not a connector: {path} does not exist");
                loaded.problems.push(
                    Error::new(Kind::Verification, message)
                        .at(Place::file(path))
                        .with_hint("folders of connectors are relative to the root of the source"),
                );
                continue;
            }
            Err(problem) => {
                loaded.problems.push(problem);
                continue;
            }
        };
        let options = Options { system: system_of(folder), shims: settings.shims.unwrap_or(false) };
        entities.extend(expand(&connector, &options, loaded));
    }
    entities
}

/// The system name of a connector among others: its folder's name up to the first dash.
fn system_of(folder: &str) -> String {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    name.split('-').next().unwrap_or(name).to_owned()
}

fn expand(connector: &Connector, options: &Options, loaded: &mut Loaded) -> Vec<Entity> {
    let mut expansion = connector.expand(options);
    loaded.problems.append(&mut expansion.problems);
    loaded.notes.append(&mut expansion.notes);
    expansion.entities
}

/// Reads a connector with all its templates. `shown` is the folder in messages.
async fn read(
    files: &Folder<'_>,
    folder: &str,
    shown: &str,
    loaded: &mut Loaded,
) -> Result<Option<Connector>> {
    let manifest = files.at(&join(folder, MANIFEST), &join(shown, MANIFEST)).await?;
    let Some(manifest) = manifest else { return Ok(None) };
    let mut connector = Connector::read(&manifest)?;
    loop {
        let paths = connector.missing();
        if paths.is_empty() {
            return Ok(Some(connector));
        }
        let below: Vec<String> = paths.iter().map(|path| join(folder, path)).collect();
        for (path, answer) in paths.into_iter().zip(files.snapshot.read(&below).await) {
            let text = answer.and_then(|bytes| {
                let read = |bytes| deployer_core::document::SourceText::from_bytes(join(shown, &path), bytes);
                bytes.map(read).transpose()
            });
            let given = match text {
                Ok(text) => connector.give(path, text),
                Err(problem) => connector.give(path, None).and(Err(problem)),
            };
            if let Err(problem) = given {
                loaded.problems.push(problem);
            }
        }
    }
}
