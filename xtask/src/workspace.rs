//! The packages of the workspace, as `cargo metadata` tells them.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::shell::{Result, Shell, read};

/// The package of the program.
pub(crate) const PROGRAM: &str = "sesam-deployer";

/// A package of the workspace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its folder, relative to the root: `plugins/store-vault`.
    pub(crate) folder: PathBuf,
    pub(crate) description: String,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency on another package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether only tests and benchmarks use it.
    pub(crate) dev: bool,
}

/// The folder that cargo builds into.
pub(crate) fn target_folder(shell: &Shell) -> Result<PathBuf> {
    Ok(PathBuf::from(text(&metadata(shell)?["target_directory"])))
}

fn metadata(shell: &Shell) -> Result<Value> {
    let text = read(shell.cargo(&["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))
}

/// Reads all packages of the workspace.
pub(crate) fn packages(shell: &Shell) -> Result<Vec<Package>> {
    let metadata = metadata(shell)?;
    let packages = list(&metadata["packages"]).iter();
    Ok(packages.map(|package| self::package(package, shell.root())).collect())
}

fn package(package: &Value, root: &Path) -> Package {
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let folder = manifest.parent().unwrap_or(&manifest);
    let own = list(&package["dependencies"]).iter().filter(|dependency| dependency["path"].is_string());
    let features = package["features"].as_object().into_iter().flatten();
    Package {
        name: text(&package["name"]).to_owned(),
        version: text(&package["version"]).to_owned(),
        folder: folder.strip_prefix(root).unwrap_or(folder).to_owned(),
        description: text(&package["description"]).to_owned(),
        features: features
            .map(|(name, parts)| {
                (name.clone(), list(parts).iter().map(|part| text(part).to_owned()).collect())
            })
            .collect(),
        dependencies: own
            .map(|dependency| Dependency {
                name: text(&dependency["name"]).to_owned(),
                dev: dependency["kind"] == "dev",
            })
            .collect(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A path without `.` and `..`.
pub(crate) fn normalised(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
        plain
    })
}

impl Package {
    /// The name of the plugin's folder, when this is a plugin: `store-vault`.
    pub(crate) fn plugin(&self) -> Option<&str> {
        self.folder.strip_prefix("plugins").ok()?.to_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        for (path, expected) in [("/a/./b/../c", "/a/c"), ("/a/..", "/"), ("a/../b", "b")] {
            assert_eq!(normalised(Path::new(path)), Path::new(expected));
        }
    }
}
