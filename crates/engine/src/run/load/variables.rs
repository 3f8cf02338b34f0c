//! The variables to verify against, and the variables to upload.

use std::collections::BTreeMap;

use super::folder::{Folder, join};
use super::loaded::Loaded;
use crate::run::deployment::{Deployment, FolderLayout};
use deployer_connector::{ADDITIONAL_PARAMETERS, Connector, variables_without_profile};
use deployer_core::document::SourceText;
use deployer_core::error::{Note, Place, Result};
use deployer_core::model::Variables;

/// Reads the files of variables. `connector` is the connector that the node folder is.
pub(super) async fn variables(
    files: &Folder<'_>,
    deployment: &Deployment,
    connector: Option<&Connector>,
    loaded: &mut Loaded,
) {
    let configuration = &deployment.configuration;
    let upload = configuration.upload_variables.as_deref();
    let more = additional_parameters(files, deployment, connector.is_some(), loaded).await;
    let mut read: BTreeMap<&str, Option<Variables>> = BTreeMap::new();
    for path in configuration.variables.iter().map(String::as_str).chain(upload) {
        if read.contains_key(path) {
            continue;
        }
        let variables = match (profile(files, path, connector, loaded).await, &more) {
            (Ok(mut variables), more) => {
                variables.merge(more.clone().unwrap_or_default());
                Some(variables)
            }
            (Err(problem), _) => {
                if is_needed(deployment, path) {
                    loaded.problems.push(problem);
                }
                None
            }
        };
        read.insert(path, variables);
    }
    for path in &configuration.variables {
        match read.get(path.as_str()) {
            Some(Some(variables)) => loaded.variables.merge(variables.clone()),
            _ => loaded.variables_unknown = true,
        }
        loaded.variables_files.push(files.below(path));
    }
    loaded.upload_variables = match upload {
        Some(upload) => read.remove(upload).flatten().unwrap_or_default(),
        None => loaded.variables.clone(),
    };
}

/// The variables of a file. A connector without one has the variables that Sesam's tool makes up.
async fn profile(
    files: &Folder<'_>,
    path: &str,
    connector: Option<&Connector>,
    loaded: &mut Loaded,
) -> Result<Variables> {
    let Some(connector) = connector else {
        return parsed(&files.required(path, "the variables file").await?);
    };
    let below = files.below(path);
    if let Some(source) = files.at(&below, &below).await? {
        return parsed(&source);
    }
    let variables = variables_without_profile(connector);
    let empty = connector.additional_parameters();
    let empty = match empty {
        [] => String::new(),
        names => format!(", and these variables are empty: {}", names.join(", ")),
    };
    let message = format!("the variables file {below} does not exist: `node-env` is \"test\"{empty}");
    loaded.notes.push(Note::warning(message).at_all([Place::file(below)]));
    Ok(variables)
}

/// `.additional_parameters.json`: of a connector in its own folder, of a plain folder in the folder above it.
async fn additional_parameters(
    files: &Folder<'_>,
    deployment: &Deployment,
    is_connector: bool,
    loaded: &mut Loaded,
) -> Option<Variables> {
    let path = match (is_connector, deployment.configuration.layout, files.path) {
        (true, ..) => files.below(ADDITIONAL_PARAMETERS),
        (false, FolderLayout::SesamPy, folder) if !folder.is_empty() => {
            let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
            join(above, ADDITIONAL_PARAMETERS)
        }
        _ => return None,
    };
    match files.at(&path, &path).await.and_then(|source| source.as_ref().map(parsed).transpose()) {
        Ok(variables) => variables,
        Err(problem) => {
            loaded.problems.push(problem);
            None
        }
    }
}

/// Whether a variables file that cannot be read is a problem: not if it is neither verified against nor uploaded.
fn is_needed(deployment: &Deployment, path: &str) -> bool {
    let configuration = &deployment.configuration;
    let verified = deployment.verify.variables && configuration.variables.iter().any(|file| file == path);
    let uploaded = deployment.nodes.iter().any(|node| node.upload_variables);
    verified || (uploaded && configuration.upload_variables.as_deref().is_none_or(|upload| upload == path))
}

fn parsed(source: &SourceText) -> Result<Variables> {
    Variables::from_document(&source.parse()?.root, source)
}
