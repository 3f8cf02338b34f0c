//! The files that are deployed.

use std::collections::{BTreeSet, HashSet};

use super::folder::Folder;
use super::loaded::Loaded;
use crate::run::deployment::{Deployment, FolderLayout};
use crate::stages::{Listed, is_configuration, whitelist};
use deployer_connector::{JINJA_VARS, JinjaVars};
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Note, Place, Result, nearest};
use deployer_core::model::Entity;

/// What the whitelist chooses.
pub(super) struct Selected {
    /// The plain files, in order.
    pub(super) files: Vec<Listed>,
    /// The expanded entities of connectors.
    pub(super) entities: Vec<Entity>,
}

/// Chooses the plain files and the entities of connectors. `expanded` are the latter; `plain` is whether plain files count.
pub(super) async fn select(
    files: &Folder<'_>,
    deployment: &Deployment,
    plain: bool,
    expanded: Vec<Entity>,
    loaded: &mut Loaded,
) -> Result<Selected> {
    let whitelist = &deployment.configuration.whitelist;
    let listed = listed(files, &whitelist.lists, loaded).await?;
    let paths: BTreeSet<String> = expanded.iter().map(Entity::file_path).collect();
    // A list may name entities of connectors, so that the plain files must be known too.
    let is_needed = plain && (whitelist.asks_for_files() || !paths.is_empty());
    let plain_files = if is_needed { configuration(files, deployment).await? } else { Vec::new() };
    let known: Vec<&str> = plain_files.iter().chain(&paths).map(String::as_str).collect();
    let (chosen, notes) = whitelist.choose(listed, &known);
    loaded.notes.extend(notes);
    if chosen.is_empty() && loaded.problems.is_empty() {
        let lists = whitelist.lists.iter().map(|path| Place::file(files.below(path)));
        let note = Note::warning("the whitelist chooses no file, so nothing is deployed");
        loaded.notes.push(note.at_all(lists));
    }
    let names: HashSet<&str> = chosen.iter().map(|listed| listed.path.as_str()).collect();
    let entities = expanded.into_iter().filter(|entity| names.contains(&*entity.file_path())).collect();
    let is_file = |listed: &Listed| !paths.contains(&listed.path) || plain_files.contains(&listed.path);
    let mut files: Vec<Listed> = chosen.into_iter().filter(is_file).collect();
    if !plain {
        absent_lines(&files, loaded);
        files.clear();
    }
    Ok(Selected { files, entities })
}

/// What lists name, one list after the other.
async fn listed(files: &Folder<'_>, lists: &[String], loaded: &mut Loaded) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    let mut unreadable = Vec::new();
    for path in lists {
        match files.required(path, "the whitelist").await {
            Ok(source) => match whitelist(&source) {
                Ok(mut more) => listed.append(&mut more),
                Err(problem) => loaded.problems.push(problem),
            },
            Err(problem) if path.contains(['*', '?', '[']) => unreadable
                .push(problem.with_hint("globs are written as `whitelist = { include = [\"pipes/**\"] }`")),
            Err(problem) => unreadable.push(problem),
        }
    }
    if unreadable.is_empty() {
        return Ok(listed);
    }
    Err(Error::together(Kind::Verification, "whitelists cannot be read", unreadable))
}

/// The files of the configuration, below the node folder.
async fn configuration(files: &Folder<'_>, deployment: &Deployment) -> Result<Vec<String>> {
    let prefix = files.below("");
    let paths = files.files().await?;
    let has_connectors = !deployment.configuration.connectors.folders.is_empty();
    if paths.is_empty() && !has_connectors {
        let message = format!("the folder {:?} of the configuration does not exist or is empty", files.path);
        return Err(Error::new(Kind::Verification, message)
            .with_hint("check `folder` in [configuration]; `folder = \".\"` is the root itself"));
    }
    let templates = deployment.nodes.iter().filter_map(|node| node.templates.as_deref());
    let connectors = deployment.configuration.connectors.folders.iter().map(String::as_str);
    let others = templates.chain(connectors);
    let others: Vec<&str> = others.filter_map(|path| path.trim_matches('/').strip_prefix(&prefix)).collect();
    Ok(paths.into_iter().filter(|path| is_configuration(path, &others)).collect())
}

/// The texts of the selected files. A missing or unreadable file is a problem at the whitelist's line.
pub(super) async fn texts(
    files: &Folder<'_>,
    deployment: &Deployment,
    selected: &[Listed],
    loaded: &mut Loaded,
) -> Vec<SourceText> {
    let paths: Vec<String> = selected.iter().map(|listed| files.below(&listed.path)).collect();
    let answers = files.snapshot.read(&paths).await;
    let mut absent = Vec::new();
    let mut texts = Vec::with_capacity(answers.len());
    for (listed, answer) in selected.iter().zip(answers) {
        match answer {
            Ok(Some(bytes)) => match SourceText::from_bytes(listed.path.as_str(), bytes) {
                Ok(text) => texts.push(text),
                Err(problem) => loaded.problems.push(problem),
            },
            Ok(None) => absent.push(listed.clone()),
            Err(problem) => loaded.problems.push(problem.at(listed.place.clone())),
        }
    }
    if deployment.configuration.layout != FolderLayout::Deployer {
        absent_lines(&absent, loaded);
        return fill_marks(files, texts, loaded).await;
    }
    if !absent.is_empty() {
        let known = files.files().await.unwrap_or_default();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut problems: Vec<Error> = absent.iter().map(|listed| absent_file(listed, &known)).collect();
        if let Some(last) = problems.pop() {
            problems.push(last.with_hint(OTHER_WAYS));
        }
        loaded.problems.append(&mut problems);
    }
    texts
}

/// Fills in the marks of `.jinja_vars` in pipes and systems.
async fn fill_marks(files: &Folder<'_>, texts: Vec<SourceText>, loaded: &mut Loaded) -> Vec<SourceText> {
    let vars = files.at(&files.below(JINJA_VARS), JINJA_VARS).await;
    let vars = match vars.and_then(|vars| vars.as_ref().map(JinjaVars::read).transpose()) {
        Ok(vars) => vars.unwrap_or_default(),
        Err(problem) => {
            loaded.problems.push(problem);
            return texts;
        }
    };
    loaded.notes.extend(vars.notes.iter().cloned());
    let has_marks =
        |text: &SourceText| ["pipes/", "systems/"].iter().any(|start| text.file().starts_with(start));
    texts
        .into_iter()
        .map(|text| {
            if !has_marks(&text) {
                return text;
            }
            let (text, mut notes) = vars.fill(&text);
            loaded.notes.append(&mut notes);
            text
        })
        .collect()
}

/// For Sesam's tool a whitelist is a filter: lines whose files do not exist do nothing.
fn absent_lines(absent: &[Listed], loaded: &mut Loaded) {
    if absent.is_empty() {
        return;
    }
    let message = match absent {
        [one] => format!("the whitelist names {}, which does not exist and is ignored", one.path),
        several => format!("the whitelist names {} files that do not exist and are ignored", several.len()),
    };
    let places = absent.iter().take(SHOWN).map(|listed| listed.place.clone());
    loaded.notes.push(Note::warning(message).at_all(places));
}

/// How many places the warning about absent files shows.
const SHOWN: usize = 5;

fn absent_file(listed: &Listed, known: &[&str]) -> Error {
    let message = format!("the whitelist names {:?}, which does not exist", listed.path);
    let error = Error::new(Kind::Verification, message).at(listed.place.clone());
    match nearest(&listed.path, known.iter().copied()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error.with_hint("create the file, or remove the line from the whitelist"),
    }
}

/// What else chooses files.
const OTHER_WAYS: &str = "patterns choose files too: `whitelist = { include = [\"pipes/**\"] }`; with `layout = \"sesam-py\"` a whitelist is a filter";
