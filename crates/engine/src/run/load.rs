//! Reading the configuration from its source: what is selected, once.

use std::collections::BTreeMap;

use super::call::Runner;
use super::deployment::Deployment;
use super::files::Limited;
use super::progress::Part;
use crate::connect::{EntityTemplate, TemplateKind, Templates};
use crate::stages::{Listed, is_configuration, read_entities, whitelist};
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind, Note, Place, Result, nearest};
use deployer_core::model::{Entity, NodeName, Origin, Revision, Variables};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) revision: Option<Revision>,
    pub(super) entities: Vec<Entity>,
    pub(super) templates: BTreeMap<NodeName, Templates>,
    /// The variables to verify against, merged.
    pub(super) variables: Variables,
    /// The files they came from, for messages.
    pub(super) variables_files: Vec<String>,
    /// Whether one of them could not be read, so that nobody can tell which variables are missing.
    pub(super) variables_unknown: bool,
    /// The variables that are uploaded.
    pub(super) upload_variables: Variables,
    pub(super) problems: Vec<Error>,
    pub(super) notes: Vec<Note>,
}

const PART: &str = "read the configuration";

pub(super) async fn load(deployment: &Deployment, runner: &Runner) -> Result<Loaded> {
    let _part = Part::begin(&*runner.progress, PART, None);
    let source = &deployment.source;
    let snapshot = runner.read(PART, || source.fetch()).await?;
    let limited = Limited { snapshot: &*snapshot, runner };
    let files = Files { snapshot: limited, folder: deployment.configuration.folder.trim_matches('/') };
    let mut loaded = Loaded { revision: snapshot.revision(), ..Loaded::default() };

    let selected = files.selected(deployment, &mut loaded).await?;
    files.variables(deployment, &mut loaded).await;
    if deployment.configuration.split {
        for node in deployment.nodes.iter().skip(1) {
            let templates = files.templates(node.templates.as_deref(), &mut loaded).await;
            loaded.templates.insert(node.name.clone(), templates);
        }
    }
    let texts = files.texts(&selected, &mut loaded).await;
    let read = read_entities(&texts, deployment.configuration.strictness);
    loaded.entities = read.entities;
    loaded.problems.extend(read.problems);
    loaded.notes.extend(read.notes);
    if runner.is_interrupted() { Err(Runner::interrupted()) } else { Ok(loaded) }
}

/// The files of a snapshot, seen from the node folder.
struct Files<'a> {
    snapshot: Limited<'a>,
    folder: &'a str,
}

impl Files<'_> {
    fn below_folder(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// The files to deploy: their paths below the node folder, and where a list names them.
    async fn selected(&self, deployment: &Deployment, loaded: &mut Loaded) -> Result<Vec<Listed>> {
        let whitelist = &deployment.configuration.whitelist;
        let listed = self.listed(&whitelist.lists, loaded).await?;
        let files = match whitelist.asks_for_files() {
            true => self.configuration(deployment).await?,
            false => Vec::new(),
        };
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (chosen, notes) = whitelist.choose(listed, &files);
        loaded.notes.extend(notes);
        if chosen.is_empty() && loaded.problems.is_empty() {
            let lists = whitelist.lists.iter().map(|path| Place::file(self.below_folder(path)));
            loaded
                .notes
                .push(Note::warning("the whitelist chooses no file, so nothing is deployed").at_all(lists));
        }
        Ok(chosen)
    }

    /// What lists name, one list after the other.
    async fn listed(&self, lists: &[String], loaded: &mut Loaded) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        let mut unreadable = Vec::new();
        for path in lists {
            match self.required(path, "the whitelist").await {
                Ok(source) => match whitelist(&source) {
                    Ok(mut more) => listed.append(&mut more),
                    Err(problem) => loaded.problems.push(problem),
                },
                Err(problem) if path.contains(['*', '?', '[']) => unreadable.push(
                    problem.with_hint("globs are written as `whitelist = { include = [\"pipes/**\"] }`"),
                ),
                Err(problem) => unreadable.push(problem),
            }
        }
        if unreadable.is_empty() {
            return Ok(listed);
        }
        Err(Error::together(Kind::Verification, "whitelists cannot be read", unreadable))
    }

    /// The files of the configuration, below the node folder.
    async fn configuration(&self, deployment: &Deployment) -> Result<Vec<String>> {
        let prefix = self.below_folder("");
        let files = self.snapshot.list(self.folder).await?;
        if files.is_empty() {
            let message = format!("the configuration has no folder {:?}, or nothing is in it", self.folder);
            return Err(Error::new(Kind::Verification, message)
                .with_hint("check `folder` in [configuration]; `folder = \".\"` is the root itself"));
        }
        let templates = deployment.nodes.iter().filter_map(|node| node.templates.as_deref());
        let templates: Vec<&str> =
            templates.filter_map(|path| path.trim_matches('/').strip_prefix(&prefix)).collect();
        let paths = files.iter().filter_map(|file| file.strip_prefix(&prefix));
        Ok(paths.filter(|path| is_configuration(path, &templates)).map(str::to_owned).collect())
    }

    /// The texts of the selected files; what is missing or unreadable becomes a problem at the whitelist's line.
    async fn texts(&self, selected: &[Listed], loaded: &mut Loaded) -> Vec<SourceText> {
        let paths: Vec<String> = selected.iter().map(|listed| self.below_folder(&listed.path)).collect();
        let answers = self.snapshot.read(&paths).await;
        let mut absent = Vec::new();
        let mut texts = Vec::with_capacity(answers.len());
        for (listed, answer) in selected.iter().zip(answers) {
            match answer {
                Ok(Some(bytes)) => match SourceText::from_bytes(listed.path.as_str(), bytes) {
                    Ok(text) => texts.push(text),
                    Err(problem) => loaded.problems.push(problem),
                },
                Ok(None) => absent.push(listed),
                Err(problem) => loaded.problems.push(problem.at(listed.place.clone())),
            }
        }
        if !absent.is_empty() {
            let known = self.snapshot.list(self.folder).await.unwrap_or_default();
            let prefix = self.below_folder("");
            let known: Vec<&str> = known.iter().filter_map(|path| path.strip_prefix(&prefix)).collect();
            loaded.problems.extend(absent.into_iter().map(|listed| absent_file(listed, &known)));
        }
        texts
    }

    /// The variables to verify against and the variables to upload.
    async fn variables(&self, deployment: &Deployment, loaded: &mut Loaded) {
        let upload = deployment.configuration.upload_variables.as_deref();
        let mut read: BTreeMap<&str, Option<Variables>> = BTreeMap::new();
        for path in deployment.configuration.variables.iter().map(String::as_str).chain(upload) {
            if !read.contains_key(path) {
                let variables = match self
                    .required(path, "the variables file")
                    .await
                    .and_then(|source| variables(&source))
                {
                    Ok(variables) => Some(variables),
                    Err(problem) => {
                        if is_needed(deployment, path) {
                            loaded.problems.push(problem);
                        }
                        None
                    }
                };
                read.insert(path, variables);
            }
        }
        for path in &deployment.configuration.variables {
            match read.get(path.as_str()) {
                Some(Some(variables)) => loaded.variables.merge(variables.clone()),
                _ => loaded.variables_unknown = true,
            }
            loaded.variables_files.push(self.below_folder(path));
        }
        loaded.upload_variables = match upload {
            Some(upload) => read.remove(upload).flatten().unwrap_or_default(),
            None => loaded.variables.clone(),
        };
    }

    /// The templates of an extra node. A template that is absent or broken matters only when it is needed or present.
    async fn templates(&self, folder: Option<&str>, loaded: &mut Loaded) -> Templates {
        let Some(folder) = folder else { return Templates::default() };
        let mut templates = Templates::new(folder);
        let paths = templates.paths();
        let answers = self.snapshot.read(&paths).await;
        if answers.iter().all(|answer| matches!(answer, Ok(None))) {
            let message =
                format!("the template folder {folder:?} holds no template and no {}", Templates::METADATA);
            loaded.problems.push(Error::new(Kind::Verification, message).with_hint(
                "check the folder's name: it is relative to the root of the configuration, as extra_nodes/name",
            ));
        }
        for (at, (path, answer)) in paths.iter().zip(answers).enumerate() {
            let parsed = match answer {
                Ok(None) => continue,
                Ok(Some(bytes)) => SourceText::from_bytes(path.as_str(), bytes).and_then(|source| {
                    let root = source.parse()?.root;
                    Ok((source, root))
                }),
                Err(problem) => Err(problem),
            };
            match (parsed, TemplateKind::ALL.get(at)) {
                (Err(problem), _) => loaded.problems.push(problem),
                (Ok((source, root)), Some(kind)) => {
                    templates.files.insert(*kind, EntityTemplate { source, root });
                }
                (Ok((source, root)), None) => {
                    let (entities, mut problems) = Entity::all_of(root, &Origin::File(source));
                    templates.metadata = entities;
                    loaded.problems.append(&mut problems);
                }
            }
        }
        templates
    }

    /// A file of the node folder that must exist.
    async fn required(&self, path: &str, what: &str) -> Result<SourceText> {
        let path = self.below_folder(path);
        let answer =
            self.snapshot.read(std::slice::from_ref(&path)).await.into_iter().next().unwrap_or(Ok(None))?;
        let bytes = answer.ok_or_else(|| {
            Error::new(Kind::Verification, format!("{what} does not exist"))
                .at(Place::file(path.as_str()))
                .with_hint("check the name of the environment and the folder of the configuration")
        })?;
        SourceText::from_bytes(path, bytes)
    }
}

/// Whether a variables file that cannot be read is a problem: not when it is neither verified against nor uploaded.
fn is_needed(deployment: &Deployment, path: &str) -> bool {
    let verified =
        deployment.verify.variables && deployment.configuration.variables.iter().any(|file| file == path);
    let uploaded = deployment.nodes.iter().any(|node| node.upload_variables);
    verified
        || (uploaded
            && deployment.configuration.upload_variables.as_deref().is_none_or(|upload| upload == path))
}

fn variables(source: &SourceText) -> Result<Variables> {
    Variables::from_document(&source.parse()?.root, source)
}

fn absent_file(listed: &Listed, known: &[&str]) -> Error {
    let error = Error::new(
        Kind::Verification,
        format!("the whitelist names {:?}, which does not exist", listed.path),
    )
    .at(listed.place.clone());
    match nearest(&listed.path, known.iter().copied()) {
        Some(near) => error.with_hint(format!("did you mean {near:?}?")),
        None => error.with_hint("create the file, or remove the line from the whitelist"),
    }
}
