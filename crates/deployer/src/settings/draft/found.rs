//! What lies in a folder that holds a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_core::document::SourceText;
use deployer_core::model::MASTER;
use deployer_core::{Error, Kind, Result};
use deployer_engine::stages::{Strictness, read_entities};

use crate::settings::file::{environment_name, escaped};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The node folder: `node`, `.`, or the one folder that looks like it.
    pub(super) folder: String,
    /// The environment of a run that names none.
    pub(super) environment: String,
    /// The other environments that there are files for.
    pub(super) others: Vec<String>,
    /// The variables files, with `{environment}` in their path.
    pub(super) variables: Option<String>,
    /// The environments that have a whitelist.
    pub(super) whitelists: BTreeSet<String>,
    /// The extra nodes: those that entities belong to, and those with templates, with the folder of these.
    pub(super) extras: BTreeMap<String, Option<String>>,
    /// Whether an entity names a secret.
    pub(super) names_secrets: bool,
    /// The system name, if the folder is a connector of Sesam's own command-line tool: its name up to the first dash.
    pub(super) connector: Option<String>,
    /// Whether there is a file of Sesam's own command-line tool.
    pub(super) has_syncconfig: bool,
}

/// Where variables files may lie below the node folder: this program's way and that of Sesam's own command-line tool.
const VARIABLES: [(&str, &str, &str); 2] = [("variables/", "variables-", ".json"), ("", "", "-env.json")];

impl Found {
    /// Looks at a folder.
    ///
    /// # Errors
    /// `Settings` when it holds no configuration.
    pub(super) fn look(root: &Path, asked: Option<&str>) -> Result<Self> {
        let folder = node_folder(root)?;
        let node = root.join(&folder);
        let mut found = Self {
            folder: if folder.is_empty() { ".".to_owned() } else { escaped(&folder) },
            whitelists: named(&node.join("deployment"), "whitelist-", ".txt"),
            has_syncconfig: root.join(".syncconfig").is_file() || node.join(".syncconfig").is_file(),
            connector: connector_system(&node),
            ..Self::default()
        };
        let files =
            VARIABLES.map(|(below, start, end)| (named(&node.join(below), start, end), below, start, end));
        let mut environments = found.whitelists.clone();
        if let Some((named, below, start, end)) = files.into_iter().find(|(named, ..)| !named.is_empty()) {
            found.variables = Some(format!("{below}{start}{{environment}}{end}"));
            environments = named;
        }
        found.environment = match (asked, environments.first()) {
            (Some(asked), _) => asked.to_owned(),
            (None, Some(first)) if !environments.contains(USUAL) => first.clone(),
            (None, _) => USUAL.to_owned(),
        };
        environments.remove(&found.environment);
        found.others = environments.into_iter().collect();
        if found.connector.is_some() {
            found.names_secrets = texts(&node.join("templates")).any(|(_, text)| text.contains(SECRET));
        } else {
            ["pipes", "systems"].iter().for_each(|kind| found.entities(&node.join(kind)));
        }
        for name in names(&root.join("extra_nodes")) {
            let path = format!("extra_nodes/{name}");
            if names(&root.join(&path)).iter().any(|file| file.ends_with(".json")) {
                found.extras.insert(name, Some(path));
            }
        }
        found.extras.remove(MASTER);
        Ok(found)
    }

    /// Whether it is laid out as Sesam's own command-line tool does it.
    pub(super) fn is_of_sesam_py(&self) -> bool {
        let [_, (_, _, end)] = VARIABLES;
        self.folder == "."
            && self.whitelists.is_empty()
            && self.variables.as_ref().is_none_or(|path| path.ends_with(end))
    }

    /// Notes which nodes the entities of a folder belong to. `check` reports files that cannot be read.
    fn entities(&mut self, folder: &Path) {
        for (name, text) in texts(folder).filter(|(name, _)| name.ends_with(".conf.json")) {
            self.names_secrets |= text.contains(SECRET);
            let read = read_entities(&[SourceText::new(name, text)], Strictness::Lenient);
            let owners = read.entities.iter().map(|entity| entity.owner().to_owned());
            self.extras.extend(owners.filter(|owner| !owner.trim().is_empty()).map(|owner| (owner, None)));
        }
    }
}

/// The environment that is taken where there are several, or none.
const USUAL: &str = "test";

/// The folder that holds the entities, below the root.
fn node_folder(root: &Path) -> Result<String> {
    let holds_entities = |folder: &Path| {
        ["pipes", "systems"].iter().any(|kind| folder.join(kind).is_dir()) || folder.join(MANIFEST).is_file()
    };
    let folders = names(root).into_iter().filter(|name| root.join(name).is_dir());
    let candidates: Vec<String> = folders.filter(|name| holds_entities(&root.join(name))).collect();
    match candidates.as_slice() {
        _ if candidates.iter().any(|name| name == "node") => Ok("node".to_owned()),
        _ if holds_entities(root) => Ok(String::new()),
        [folder] => Ok(folder.clone()),
        _ => Err(Error::new(Kind::Settings, format!("there is no configuration in {}", root.display()))
            .with_detail(
                "looked for `node/`, and for `pipes/`, `systems/` or `manifest.json` here or in one of its folders",
            )
            .with_hint(
                "go to the folder that contains node/, or name it: `init --settings PATH/deployer.toml`",
            )),
    }
}

/// How a text names a secret.
const SECRET: &str = "$SECRET(";

/// The file that makes a folder a connector.
const MANIFEST: &str = "manifest.json";

fn connector_system(folder: &Path) -> Option<String> {
    let whole = folder.canonicalize().ok().filter(|folder| folder.join(MANIFEST).is_file())?;
    whole.file_name()?.to_string_lossy().split('-').next().map(str::to_owned)
}

/// The readable files of a folder, with their texts.
fn texts(folder: &Path) -> impl Iterator<Item = (String, String)> {
    let files = names(folder).into_iter();
    files.filter_map(|name| Some((name.clone(), std::fs::read_to_string(folder.join(name)).ok()?)))
}

/// The environments that files of a folder are named after.
fn named(folder: &Path, start: &str, end: &str) -> BTreeSet<String> {
    let names = names(folder).into_iter().filter(|name| folder.join(name).is_file());
    let environments = names.filter_map(|name| Some(name.strip_prefix(start)?.strip_suffix(end)?.to_owned()));
    environments.filter(|name| environment_name(name).is_ok()).collect()
}

/// The sorted UTF-8 names in a folder; empty if the folder does not exist.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().to_str().map(str::to_owned)).collect();
    names.sort_unstable();
    names
}
