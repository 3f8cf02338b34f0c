//! Where files are: below the root of the repository, for annotations, and from the current folder, for people.

use std::path::{Component, Path, PathBuf};

use deployer_core::error::Place;

/// Finds the files that places name: below the node folder, below the root of the configuration, or from the current folder.
#[derive(Debug, Clone)]
pub(super) struct Locator {
    folders: Vec<PathBuf>,
}

impl Locator {
    /// A locator for a configuration. `root` is its folder, `node` the node folder below it.
    pub(super) fn new(root: &Path, node: &str) -> Self {
        Self { folders: vec![root.join(node), root.to_owned(), PathBuf::new()] }
    }

    /// The place with the file's path from the root of its repository, if the file exists.
    ///
    /// `workspace` is the folder that the pipeline keeps its files in, for a checkout without a `.git`.
    pub(super) fn in_repository(&self, place: &Place, workspace: Option<&Path>) -> Place {
        let Some(path) = self.found(place) else { return place.clone() };
        let repository = path.ancestors().skip(1).find(|folder| folder.join(".git").exists());
        let workspace = workspace.and_then(|folder| folder.canonicalize().ok());
        let Some(root) = repository.or(workspace.as_deref()) else { return place.clone() };
        match path.strip_prefix(root) {
            Ok(relative) => Place { file: with_slashes(relative).into(), ..place.clone() },
            Err(_) => place.clone(),
        }
    }
}

impl Locator {
    /// The place with the file's path from the current folder, if the file exists and is below it.
    pub(super) fn seen_from_here(&self, place: &Place) -> Place {
        let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
        let (Some(path), Ok(here)) = (self.found(place), here) else { return place.clone() };
        let file = path.strip_prefix(here).unwrap_or(&path);
        Place { file: file.to_string_lossy().into(), ..place.clone() }
    }

    /// The file of a place.
    fn found(&self, place: &Place) -> Option<PathBuf> {
        let candidates = self.folders.iter().map(|folder| folder.join(&*place.file));
        candidates.filter(|path| path.exists()).find_map(|path| path.canonicalize().ok())
    }
}

impl Default for Locator {
    fn default() -> Self {
        Self { folders: vec![PathBuf::new()] }
    }
}

fn with_slashes(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = folder.path();
        let root = workspace.join("repository/configuration");
        for file in ["node/pipes/a.conf.json", "extra_nodes/x/node-metadata.conf.json"] {
            let file = root.join(file);
            std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("writable");
            std::fs::write(file, "{}").expect("writable");
        }
        let located = |file: &str| {
            let place = Locator::new(&root, "node").in_repository(&Place::new(file, 3, 7), Some(workspace));
            place.to_string()
        };
        assert_eq!(located("pipes/a.conf.json"), "repository/configuration/node/pipes/a.conf.json:3:7");
        std::fs::create_dir(workspace.join("repository/.git")).expect("writable");
        assert_eq!(located("pipes/a.conf.json"), "configuration/node/pipes/a.conf.json:3:7");
        assert_eq!(
            located("extra_nodes/x/node-metadata.conf.json"),
            "configuration/extra_nodes/x/node-metadata.conf.json:3:7"
        );
        assert_eq!(
            located("the settings of the environment variables"),
            "the settings of the environment variables:3:7"
        );
    }
}
